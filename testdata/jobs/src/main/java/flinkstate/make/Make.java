package flinkstate.make;

import flinkstate.make.SnapshotSpec.Format;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.FileUtils;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Runs the jobs, takes their snapshots, and writes down beside each what Flink restores from it. */
public final class Make {
    /** Paths of retained checkpoints are absolute, so they must be the same on every machine. */
    private static final Path WORK = Path.of("/tmp/flink-testdata");

    private static final int SLOTS = 3;

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
        try (Cluster cluster = new Cluster(configuration, SLOTS)) {
            taken = run(spec, cluster, folder);
        }
        // Before the move: the paths inside a retained checkpoint point to where it was written.
        List<String> rows;
        try (Cluster cluster = new Cluster(configuration, SLOTS)) {
            Snapshot snapshot = new Snapshot(taken.pointer);
            Files.writeString(folder.resolve("snapshot.json"), description(spec, snapshot, taken));
            String pointer = WithoutChannels.copy(snapshot.metadata, taken.pointer);
            rows = new Restoration(cluster, snapshot, pointer).generic(taken.uids, null);
            rows.removeIf(row -> row.contains("\"state\":\"$enumerator\""));
        }
        Files.write(folder.resolve("expected.ndjson"), rows, StandardCharsets.UTF_8);
        keepOnly(taken);
        try (Stream<Path> entries = Files.list(taken.root)) {
            for (Path entry : entries.toArray(Path[]::new)) {
                Files.move(entry, folder.resolve(entry.getFileName()));
            }
        }
    }

    /** Files of earlier checkpoints may still be needed, the checkpoints themselves are not. */
    private static void keepOnly(Taken taken) throws IOException {
        Path kept = Path.of(URI.create(taken.pointer)).resolve("_metadata");
        try (Stream<Path> found = Files.find(taken.root, 2, (path, is) -> path.endsWith("_metadata"))) {
            for (Path metadata : found.toArray(Path[]::new)) {
                if (!metadata.equals(kept)) {
                    Files.delete(metadata);
                }
            }
        }
    }

    private static Taken run(SnapshotSpec spec, Cluster cluster, Path folder) throws Exception {
        boolean checkpoint = spec.format == Format.CHECKPOINT;
        int rounds = spec.job.rounds();
        int runs = spec.parallelisms.length;
        String pointer = null;
        for (int run = 1; run <= runs; run++) {
            JobClient job = start(spec, run, pointer, cluster, folder);
            for (int round = 1; round < rounds / runs; round++) {
                // A savepoint doesn't depend on what was there before, unless there was much of it.
                if (checkpoint || rounds > 2) {
                    cluster.checkpoint(job);
                }
                Gate.open();
                cluster.awaitHeld(job, spec.job.finishedTasks());
            }
            pointer = checkpoint || run < runs ? cluster.checkpoint(job) : savepoint(spec, job);
            cluster.cancel(job);
        }
        Path path = Path.of(URI.create(pointer));
        return new Taken(pointer, checkpoint ? path.getParent() : path, cluster.uids());
    }

    private static JobClient start(SnapshotSpec spec, int run, String from, Cluster cluster, Path folder)
            throws Exception {
        Gate.reset();
        Configuration settings = new Configuration();
        if (from != null) {
            settings.addAll(spec.laterSettings);
            // The names before Flink 1.20, and since.
            settings.setString("execution.savepoint.path", from);
            settings.setString("execution.state-recovery.path", from);
        }
        StreamExecutionEnvironment env =
                cluster.environment(
                        settings,
                        spec.parallelisms[run - 1],
                        graph -> graph.setSavepointRestoreSettings(SavepointRestoreSettings.fromConfiguration(settings)));
        JobClient job = spec.job.start(env, folder);
        cluster.awaitHeld(job, spec.job.finishedTasks());
        return job;
    }

    private static String savepoint(SnapshotSpec spec, JobClient job) throws Exception {
        return job.triggerSavepoint(
                        WORK.resolve("savepoints").toUri().toString(),
                        SavepointFormatType.valueOf(spec.format.name()))
                .get();
    }

    /** The content of {@code snapshot.json}. */
    private static String description(SnapshotSpec spec, Snapshot snapshot, Taken taken) {
        Map<String, String> operators = new TreeMap<>();
        for (OperatorState operator : snapshot.metadata.getOperatorStates()) {
            String id = operator.getOperatorID().toString();
            operators.put(taken.uids.getOrDefault(id, id), id);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("flink_version", EnvironmentInformation.getVersion());
        fields.put("job", spec.job.name());
        fields.put("backend", spec.backend);
        fields.put("format", spec.format.name().toLowerCase());
        fields.put("compression", spec.isCompressed());
        fields.put("checkpoint_id", snapshot.metadata.getCheckpointId());
        if (spec.format == Format.CHECKPOINT) {
            fields.put("root", taken.root.toUri().getRawPath());
        }
        fields.put("operators", operators);
        return Json.pretty(fields) + "\n";
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
