package flinkstate.make;

import flinkstate.make.SnapshotSpec.Format;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.util.FileUtils;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs the jobs, takes their snapshots, and writes down beside each what Flink restores from it. */
public final class Make {
    /** Paths of retained checkpoints are absolute, so they must be the same on every machine. */
    private static final Path WORK = Path.of("/tmp/flink-testdata");

    public static void main(String[] args) throws Exception {
        String line = args[0];
        Path snapshots = Path.of(args[1]).toAbsolutePath().normalize();
        String wanted = args.length > 2 ? args[2] : "";
        for (SnapshotSpec spec : Catalogue.of(line)) {
            String name = spec.name(line);
            if (name.contains(wanted)) {
                System.out.println(name);
                make(spec, line, snapshots.resolve(name));
            }
        }
        FileUtils.deleteDirectory(WORK.toFile());
        // Flink leaves non-daemon threads behind.
        System.exit(0);
    }

    private static void make(SnapshotSpec spec, String line, Path folder) throws Exception {
        FileUtils.deleteDirectory(WORK.toFile());
        FileUtils.deleteDirectory(folder.toFile());
        Files.createDirectories(folder);
        Configuration configuration = spec.configuration(line, WORK);
        Taken taken;
        try (Cluster cluster = new Cluster(configuration)) {
            taken = run(spec, cluster, folder);
        }
        // Before the move: the paths inside a retained checkpoint point to where it was written.
        List<String> rows;
        try (Cluster cluster = new Cluster(configuration)) {
            Dump dump = new Dump(cluster, taken.pointer, taken.uids);
            rows = dump.rows();
            Files.writeString(folder.resolve("snapshot.json"), dump.description(spec));
        }
        Files.write(folder.resolve("expected.ndjson"), rows, StandardCharsets.UTF_8);
        try (Stream<Path> entries = Files.list(taken.root)) {
            for (Path entry : entries.toArray(Path[]::new)) {
                Files.move(entry, folder.resolve(entry.getFileName()));
            }
        }
    }

    private static Taken run(SnapshotSpec spec, Cluster cluster, Path folder) throws Exception {
        Gate.reset();
        JobClient job = spec.job.start(cluster.environment(), folder);
        cluster.awaitHeld(job, spec.job.finishedTasks());
        boolean checkpoint = spec.format == Format.CHECKPOINT;
        if (checkpoint) {
            cluster.checkpoint(job);
        }
        Gate.open();
        cluster.awaitHeld(job, spec.job.finishedTasks());
        String pointer =
                checkpoint
                        ? cluster.checkpoint(job)
                        : job.triggerSavepoint(
                                        WORK.resolve("savepoints").toUri().toString(),
                                        SavepointFormatType.valueOf(spec.format.name()))
                                .get();
        cluster.cancel(job);
        Path path = Path.of(URI.create(pointer));
        return new Taken(pointer, checkpoint ? path.getParent() : path, cluster.uids());
    }

    private static final class Taken {
        final String pointer;
        /** The folder with everything that belongs to the snapshot. */
        final Path root;
        final Map<String, String> uids;

        Taken(String pointer, Path root, Map<String, String> uids) {
            this.pointer = pointer;
            this.root = root;
            this.uids = uids;
        }
    }

    private Make() {}
}
