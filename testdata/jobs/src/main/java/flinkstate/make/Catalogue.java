package flinkstate.make;

import static flinkstate.jobs.TableOption.FIRST_KEY_INDEX;
import static flinkstate.jobs.TableOption.FORMAT_0;
import static flinkstate.jobs.TableOption.FORMAT_3;
import static flinkstate.jobs.TableOption.HASH_IN_BLOCKS;
import static flinkstate.jobs.TableOption.LZ4;
import static flinkstate.jobs.TableOption.LZ4HC;
import static flinkstate.jobs.TableOption.NO_CHECKSUM;
import static flinkstate.jobs.TableOption.NO_COMPACTION;
import static flinkstate.jobs.TableOption.SMALL_BLOCKS;
import static flinkstate.jobs.TableOption.TWO_LEVEL_INDEX;
import static flinkstate.jobs.TableOption.XX_HASH;
import static flinkstate.jobs.TableOption.XX_HASH_64;
import static flinkstate.jobs.TableOption.ZLIB;
import static flinkstate.jobs.TableOption.ZSTD;

import flinkstate.jobs.AvroJob;
import flinkstate.jobs.BigJob;
import flinkstate.jobs.HistoryJob;
import flinkstate.jobs.KeyedJob;
import flinkstate.jobs.NamespacesJob;
import flinkstate.jobs.OperatorStateJob;
import flinkstate.jobs.SourceJob;
import flinkstate.jobs.SqlJob;
import flinkstate.jobs.SubclassJob;
import flinkstate.jobs.TableOption;
import flinkstate.jobs.UnalignedJob;
import flinkstate.jobs.WindowsJob;
import flinkstate.make.SnapshotSpec.Format;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/** The snapshots that there are. */
final class Catalogue {
    static List<SnapshotSpec> of(String line) {
        List<SnapshotSpec> specs = new ArrayList<>();
        histories(specs, line);
        if (line.equals("2.3")) {
            specs.add(new SnapshotSpec(new UnalignedJob(), "rocksdb", Format.CHECKPOINT).unaligned());
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
            specs.add(new SnapshotSpec(new UnalignedJob(), "rocksdb", Format.CHECKPOINT).unaligned());
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
        if (line.startsWith("2.")) {
            specs.add(new SnapshotSpec(new HistoryJob(), "forst", Format.CHECKPOINT).allInFiles().runs(1));
            specs.add(new SnapshotSpec(AsyncState.job(), "forst", Format.CHECKPOINT).allInFiles());
        }
        if (line.equals("2.3")) {
            return;
        }
        specs.add(history(Format.NATIVE).runs(1));
        if (line.equals("1.18")) {
            return;
        }
        specs.add(heapHistory().runs(1, 2).changelog("filesystem"));
        specs.add(heapHistory().runs(1, 2, 1).changelog("memory"));
        specs.add(history(Format.CHECKPOINT).runs(1).full());
        specs.add(history(Format.NATIVE).runs(2, 3).variant("rescaled").full());
        specs.add(history(Format.CHECKPOINT).runs(1, 2, 1).changelog("filesystem"));
        specs.add(history(Format.NATIVE).runs(1).heapTimers());
        if (line.equals("1.20")) {
            specs.add(history(Format.CHECKPOINT).runs(1).fileMerging());
            specs.add(history(Format.CANONICAL).runs(1).heapTimers());
            specs.add(tables("format-0", FORMAT_0));
            specs.add(tables("format-3-lz4hc", FORMAT_3, LZ4HC, NO_CHECKSUM));
            specs.add(tables("two-level-lz4", TWO_LEVEL_INDEX, LZ4, XX_HASH_64));
            specs.add(tables("zlib", ZLIB, XX_HASH, HASH_IN_BLOCKS));
        } else {
            specs.add(
                    heapHistory()
                            .allInFiles()
                            .fileMerging()
                            .set("execution.checkpointing.file-merging.across-checkpoint-boundary", "true"));
            specs.add(
                    history(Format.CHECKPOINT)
                            .runs(2, 1)
                            .variant("ingested")
                            .set("state.backend.rocksdb.use-ingest-db-restore-mode", "true"));
            specs.add(tables("two-level-zstd", TWO_LEVEL_INDEX, ZSTD));
            specs.add(tables("first-key-lz4", FIRST_KEY_INDEX, LZ4));
        }
    }

    private static SnapshotSpec heapHistory() {
        return new SnapshotSpec(new HistoryJob(), "hashmap", Format.CHECKPOINT);
    }

    private static SnapshotSpec tables(String variant, TableOption... options) {
        SnapshotSpec spec = new SnapshotSpec(new HistoryJob(), "rocksdb", Format.NATIVE);
        return spec.allInFiles()
                .runs(1)
                .variant(variant)
                .tables(EnumSet.of(SMALL_BLOCKS, options).toArray(TableOption[]::new));
    }

    private static SnapshotSpec history(Format format) {
        return new SnapshotSpec(new HistoryJob(), "rocksdb", format).allInFiles();
    }

    private Catalogue() {}
}
