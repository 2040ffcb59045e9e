package flinkstate.make;

import static flinkstate.jobs.TableOption.NO_COMPACTION;
import static flinkstate.jobs.TableOption.SMALL_BLOCKS;

import flinkstate.jobs.AvroJob;
import flinkstate.jobs.BigJob;
import flinkstate.jobs.HistoryJob;
import flinkstate.jobs.KeyedJob;
import flinkstate.jobs.NamespacesJob;
import flinkstate.jobs.OperatorStateJob;
import flinkstate.jobs.SourceJob;
import flinkstate.jobs.SqlJob;
import flinkstate.jobs.SubclassJob;
import flinkstate.jobs.UnalignedJob;
import flinkstate.jobs.WindowsJob;
import flinkstate.make.SnapshotSpec.Format;

import java.util.ArrayList;
import java.util.List;

/** The snapshots that there are. */
final class Catalogue {
    static List<SnapshotSpec> of(String line) {
        List<SnapshotSpec> specs = new ArrayList<>();
        histories(specs, line);
        if (line.equals("2.3")) {
            return specs;
        }
        specs.add(new SnapshotSpec(new KeyedJob(), "hashmap", Format.CANONICAL));
        specs.add(new SnapshotSpec(new KeyedJob(), "rocksdb", Format.NATIVE));
        if (line.equals("1.18")) {
            return specs;
        }
        specs.add(new SnapshotSpec(new KeyedJob(), "hashmap", Format.CHECKPOINT));
        specs.add(new SnapshotSpec(new KeyedJob(), "rocksdb", Format.CANONICAL).allInFiles());
        specs.add(new SnapshotSpec(new KeyedJob(), "rocksdb", Format.CHECKPOINT));
        specs.add(new SnapshotSpec(new NamespacesJob(), "rocksdb", Format.CANONICAL));
        specs.add(new SnapshotSpec(new NamespacesJob(), "rocksdb", Format.NATIVE));
        specs.add(new SnapshotSpec(new NamespacesJob(), "rocksdb", Format.CHECKPOINT).heapTimers());
        specs.add(new SnapshotSpec(new SubclassJob(), "hashmap", Format.CANONICAL));
        specs.add(new SnapshotSpec(new SubclassJob(), "rocksdb", Format.CANONICAL));
        specs.add(new SnapshotSpec(new OperatorStateJob(), "hashmap", Format.CANONICAL));
        specs.add(new SnapshotSpec(new OperatorStateJob(), "hashmap", Format.CHECKPOINT).compressed());
        specs.add(new SnapshotSpec(new WindowsJob(), "hashmap", Format.CANONICAL));
        specs.add(new SnapshotSpec(new SourceJob(), "hashmap", Format.CANONICAL));
        specs.add(new SnapshotSpec(new SqlJob(), "hashmap", Format.CANONICAL));
        specs.add(new SnapshotSpec(new AvroJob(), "hashmap", Format.CANONICAL));
        specs.add(new SnapshotSpec(new UnalignedJob(), "hashmap", Format.CHECKPOINT).unaligned());
        // What no Flink version writes differently is there once.
        if (line.equals("1.20")) {
            specs.add(new SnapshotSpec(new KeyedJob(), "hashmap", Format.NATIVE).allInFiles());
            specs.add(new SnapshotSpec(new KeyedJob(), "hashmap", Format.CANONICAL).compressed());
            specs.add(new SnapshotSpec(new KeyedJob(), "hashmap", Format.CHECKPOINT).compressed());
            specs.add(new SnapshotSpec(new NamespacesJob(), "hashmap", Format.CHECKPOINT));
            specs.add(new SnapshotSpec(new WindowsJob(), "hashmap", Format.CHECKPOINT));
            specs.add(new SnapshotSpec(new BigJob(), "hashmap", Format.CANONICAL).compressed());
        } else {
            specs.add(new SnapshotSpec(new NamespacesJob(), "hashmap", Format.CHECKPOINT).fileMerging().allInFiles());
            specs.add(new SnapshotSpec(new NamespacesJob(), "rocksdb", Format.CHECKPOINT).fileMerging().allInFiles());
            specs.add(new SnapshotSpec(new SqlJob(), "rocksdb", Format.NATIVE));
            specs.add(new SnapshotSpec(new BigJob(), "hashmap", Format.CHECKPOINT).compressed());
        }
        return specs;
    }

    /** One logical state in many layouts. */
    private static void histories(List<SnapshotSpec> specs, String line) {
        specs.add(new SnapshotSpec(new HistoryJob(), "hashmap", Format.CANONICAL));
        specs.add(history(Format.CHECKPOINT).runs(1).variant("not-compacted").tables(NO_COMPACTION, SMALL_BLOCKS));
        // Without compaction a range that was given away stays deleted below what has come back.
        specs.add(history(Format.CHECKPOINT).runs(1, 2, 1).variant("rescaled").tables(NO_COMPACTION));
        if (line.equals("2.3")) {
            return;
        }
        specs.add(history(Format.NATIVE).runs(1));
        if (!line.equals("1.18")) {
            specs.add(history(Format.CHECKPOINT).runs(1).full());
            specs.add(history(Format.NATIVE).runs(2, 3).variant("rescaled").full());
        }
        if (line.equals("2.2")) {
            specs.add(
                    history(Format.CHECKPOINT)
                            .runs(2, 1)
                            .variant("ingested")
                            .set("state.backend.rocksdb.use-ingest-db-restore-mode", "true"));
        }
    }

    private static SnapshotSpec history(Format format) {
        return new SnapshotSpec(new HistoryJob(), "rocksdb", format).allInFiles();
    }

    private Catalogue() {}
}
