package flinkstate.make;

import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.api.connector.source.lib.util.IteratorSourceEnumerator;
import org.apache.flink.api.connector.source.lib.util.IteratorSourceReader;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerialization;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.util.NumberSequenceIterator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Numbers, with every reader standing still at the same places in every run: before each multiple of
 * {@code round} until {@link Gate} opens, and for good after {@code stopAfter} records. It never ends, so that a
 * snapshot can be taken of a job that has seen exactly these records. To look at a restored job it emits
 * nothing at all, and writes down what its enumerator and its readers were given.
 */
public final class HeldSequence extends NumberSequenceSource {
    private final long round;
    private final long stopAfter;
    private final int splits;
    /** The operator ID under which the restored state is written down. */
    private String restored;

    private HeldSequence(long from, long to, long round, long stopAfter, int splits) {
        super(from, to);
        this.round = round;
        this.stopAfter = stopAfter;
        this.splits = splits;
    }

    /** As many rounds of {@code round} numbers, with a pause between them. */
    public static HeldSequence rounds(int rounds, long round) {
        return new HeldSequence(0, rounds * round - 1, round, Long.MAX_VALUE, 1);
    }

    public static HeldSequence all(long to) {
        return new HeldSequence(0, to, Long.MAX_VALUE, Long.MAX_VALUE, 1);
    }

    /** Splits that are partly read, not yet read, and not yet given to a reader. */
    public static HeldSequence unfinished(long to, long stopAfter, int splits) {
        return new HeldSequence(0, to, Long.MAX_VALUE, stopAfter, splits);
    }

    void writeDown(String operator) {
        restored = operator;
    }

    @Override
    public SplitEnumerator<NumberSequenceSplit, Collection<NumberSequenceSplit>> createEnumerator(
            SplitEnumeratorContext<NumberSequenceSplit> context) {
        return new IteratorSourceEnumerator<>(context, splitNumberRange(getFrom(), getTo(), splits));
    }

    @Override
    public SplitEnumerator<NumberSequenceSplit, Collection<NumberSequenceSplit>> restoreEnumerator(
            SplitEnumeratorContext<NumberSequenceSplit> context, Collection<NumberSequenceSplit> checkpoint) {
        if (restored != null) {
            Rows.current()
                    .addEnumerator(restored, versioned(getEnumeratorCheckpointSerializer(), checkpoint));
        }
        return super.restoreEnumerator(context, checkpoint);
    }

    private static <T> byte[] versioned(SimpleVersionedSerializer<T> serializer, T value) {
        try {
            return SimpleVersionedSerialization.writeVersionAndSerialize(serializer, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public SourceReader<Long, NumberSequenceSplit> createReader(SourceReaderContext context) {
        return new HeldReader(context);
    }

    private final class HeldReader
            extends IteratorSourceReader<Long, NumberSequenceIterator, NumberSequenceSplit> {
        private long emitted;
        /** The number that comes next, as long as there is one split only. */
        private long next;
        private long resumed;
        private CompletableFuture<Void> held;
        private boolean stopped;
        private final int subtask;

        HeldReader(SourceReaderContext context) {
            super(context);
            subtask = context.getIndexOfSubtask();
            if (restored != null) {
                stopped = true;
                held = new CompletableFuture<>();
            }
        }

        /** Asks for no splits that the snapshot doesn't give to this reader. */
        @Override
        public void start() {
            if (restored == null) {
                super.start();
            }
        }

        @Override
        public void addSplits(List<NumberSequenceSplit> splits) {
            super.addSplits(splits);
            if (!splits.isEmpty()) {
                next = splits.get(0).from();
                resumed = next;
            }
            if (restored != null) {
                Rows.current()
                        .addSplits(
                                restored,
                                subtask,
                                splits.stream()
                                        .map(split -> versioned(getSplitSerializer(), split))
                                        .collect(Collectors.toList()));
            }
        }

        @Override
        public InputStatus pollNext(ReaderOutput<Long> output) {
            if (stopped) {
                return InputStatus.NOTHING_AVAILABLE;
            }
            if (next % round == 0 && next > resumed && next <= getTo()) {
                resumed = next;
                held = Gate.pause();
            }
            if (held != null && !held.isDone()) {
                return InputStatus.NOTHING_AVAILABLE;
            }
            InputStatus status = emitted == stopAfter ? InputStatus.END_OF_INPUT : super.pollNext(output);
            if (status == InputStatus.END_OF_INPUT) {
                stopped = true;
                held = Gate.stop();
                return InputStatus.NOTHING_AVAILABLE;
            }
            if (status == InputStatus.MORE_AVAILABLE) {
                emitted++;
                next++;
            }
            return status;
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return held == null || held.isDone() ? super.isAvailable() : held;
        }
    }
}
