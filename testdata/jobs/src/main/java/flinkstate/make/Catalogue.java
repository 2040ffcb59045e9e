package flinkstate.make;

import flinkstate.jobs.AvroJob;
import flinkstate.jobs.BigJob;
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

    private Catalogue() {}
}
