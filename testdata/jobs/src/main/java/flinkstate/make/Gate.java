package flinkstate.make;

import java.util.concurrent.CompletableFuture;

/** Where the readers of {@link HeldSequence}, in this same JVM, wait for the snapshots. */
final class Gate {
    private static CompletableFuture<Void> pause;
    private static int paused;
    private static int stopped;

    static synchronized void reset() {
        pause = new CompletableFuture<>();
        paused = 0;
        stopped = 0;
    }

    static synchronized CompletableFuture<Void> pause() {
        paused++;
        return pause;
    }

    static synchronized CompletableFuture<Void> stop() {
        stopped++;
        return new CompletableFuture<>();
    }

    static synchronized int held() {
        return paused + stopped;
    }

    /** Until the next pause. */
    static synchronized void open() {
        pause.complete(null);
        pause = new CompletableFuture<>();
        paused = 0;
    }

    private Gate() {}
}
