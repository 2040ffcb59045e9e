package flinkstate.make;

import com.acme.Dog;

import flinkstate.jobs.Job;
import flinkstate.jobs.TableOption;
import flinkstate.jobs.TableOptionsFactory;

import org.apache.flink.configuration.Configuration;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** One snapshot to make: a job, the backend that holds its state, and the form it is written in. */
final class SnapshotSpec {
    enum Format {
        CANONICAL,
        NATIVE,
        CHECKPOINT
    }

    final Job job;
    final String backend;
    final Format format;
    final List<String> variants = new ArrayList<>();
    /** One for each time that the job runs; it is started again from its last checkpoint. */
    int[] parallelisms = {2};
    private final Configuration settings = new Configuration();
    /** Of all runs of the job but the first. */
    final Configuration laterSettings = new Configuration();

    SnapshotSpec(Job job, String backend, Format format) {
        this.job = job;
        this.backend = backend;
        this.format = format;
        set("state.backend.type", backend);
        set("state.backend.incremental", Boolean.toString(!backend.equals("hashmap")));
    }

    SnapshotSpec compressed() {
        variants.add("compressed");
        return set("execution.checkpointing.snapshot-compression", "true");
    }

    SnapshotSpec heapTimers() {
        variants.add("heap-timers");
        return set("state.backend.rocksdb.timer-service.factory", "HEAP");
    }

    SnapshotSpec fileMerging() {
        variants.add("file-merging");
        return set("execution.checkpointing.file-merging.enabled", "true");
    }

    SnapshotSpec variant(String name) {
        variants.add(name);
        return this;
    }

    /** The job runs once with each parallelism, its rounds shared out evenly. */
    SnapshotSpec runs(int... parallelisms) {
        this.parallelisms = parallelisms;
        return this;
    }

    /** Every checkpoint has all files of the database for itself. */
    SnapshotSpec full() {
        return variant("full").set("state.backend.incremental", "false");
    }

    /** Lays out the files of RocksDB's tables in another way than Flink does by itself. */
    SnapshotSpec tables(TableOption... options) {
        return set(TableOption.SETTING.key(), Arrays.stream(options).map(Enum::name).collect(Collectors.joining(";")))
                .set("state.backend.rocksdb.options-factory", TableOptionsFactory.class.getName());
    }

    /**
     * The first run writes no changelog, and what it leaves behind is the base of what the later ones write; then
     * nothing is moved into the base any more.
     */
    SnapshotSpec changelog(String storage) {
        laterSettings.setString("state.changelog.enabled", "true");
        // It only goes on with a checkpoint that it may keep using.
        for (String key : List.of("execution.savepoint-restore-mode", "execution.state-recovery.claim-mode")) {
            laterSettings.setString(key, "CLAIM");
        }
        return variant("changelog-" + storage)
                .set("state.checkpoints.create-subdir", "false")
                .set("state.changelog.storage", storage)
                .set("state.changelog.periodic-materialize.enabled", "false");
    }

    SnapshotSpec unaligned() {
        return set("execution.checkpointing.unaligned", "true")
                .set("execution.checkpointing.unaligned.enabled", "true")
                // Without an interval Flink promises no exactly-once, which only aligned or stored channels give.
                .set("execution.checkpointing.interval", "1 d")
                // Many small buffers, so that several are on their way.
                .set("taskmanager.memory.segment-size", "4kb");
    }

    /** Every piece of state becomes a file of its own, none is kept inside {@code _metadata}. */
    SnapshotSpec allInFiles() {
        return set("state.storage.fs.memory-threshold", "0b");
    }

    SnapshotSpec set(String key, String value) {
        settings.setString(key, value);
        return this;
    }

    boolean isCompressed() {
        return variants.contains("compressed");
    }

    String name(String line) {
        List<String> parts = new ArrayList<>(List.of(line, job.name(), backend, format.name().toLowerCase()));
        parts.addAll(variants);
        return String.join("-", parts);
    }

    Configuration configuration(String line, Path work) {
        Configuration configuration = new Configuration(settings);
        registerTypes(configuration, line);
        configuration.setString("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
        configuration.setString("io.tmp.dirs", work.resolve("tmp").toString());
        String checkpoints = work.resolve("checkpoints").toUri().toString();
        configuration.setString("state.checkpoints.dir", checkpoints);
        configuration.setString("dstl.dfs.base-path", checkpoints);
        return configuration;
    }

    /** What the jobs tell Flink about their classes. */
    static void registerTypes(Configuration configuration, String line) {
        if (line.startsWith("1.")) {
            configuration.setString("pipeline.registered-pojo-types", Dog.class.getName());
        } else {
            configuration.setString("pipeline.serialization-config", "[" + Dog.class.getName() + ": {type: pojo}]");
        }
    }
}
