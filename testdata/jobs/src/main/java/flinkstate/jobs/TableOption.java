package flinkstate.jobs;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.ChecksumType;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.IndexType;

import java.util.List;
import java.util.function.BiConsumer;

/** One property of RocksDB's tables that a job's settings may change. */
public enum TableOption {
    /** Files stay as they were written: what lies on several levels, or waits to be merged, is there for sure. */
    NO_COMPACTION((family, tables) -> family.setDisableAutoCompactions(true)),
    SMALL_BLOCKS((family, tables) -> tables.setBlockSize(512).setMetadataBlockSize(128)),
    /** The oldest footer there is. */
    FORMAT_0((family, tables) -> tables.setFormatVersion(0)),
    /** Before blocks of the index had shortened handles. */
    FORMAT_3((family, tables) -> tables.setFormatVersion(3)),
    FIRST_KEY_INDEX((family, tables) -> tables.setIndexType(IndexType.kBinarySearchWithFirstKey)),
    TWO_LEVEL_INDEX((family, tables) -> tables.setIndexType(IndexType.kTwoLevelIndexSearch)),
    HASH_IN_BLOCKS(
            (family, tables) -> tables.setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)),
    NO_CHECKSUM((family, tables) -> tables.setChecksumType(ChecksumType.kNoChecksum)),
    XX_HASH((family, tables) -> tables.setChecksumType(ChecksumType.kxxHash)),
    XX_HASH_64((family, tables) -> tables.setChecksumType(ChecksumType.kxxHash64)),
    UNCOMPRESSED((family, tables) -> family.setCompressionType(CompressionType.NO_COMPRESSION)),
    ZLIB((family, tables) -> family.setCompressionType(CompressionType.ZLIB_COMPRESSION)),
    LZ4((family, tables) -> family.setCompressionType(CompressionType.LZ4_COMPRESSION)),
    LZ4HC((family, tables) -> family.setCompressionType(CompressionType.LZ4HC_COMPRESSION)),
    ZSTD((family, tables) -> family.setCompressionType(CompressionType.ZSTD_COMPRESSION));

    public static final ConfigOption<List<String>> SETTING =
            ConfigOptions.key("testdata.table-options").stringType().asList().noDefaultValue();

    private final BiConsumer<ColumnFamilyOptions, BlockBasedTableConfig> change;

    TableOption(BiConsumer<ColumnFamilyOptions, BlockBasedTableConfig> change) {
        this.change = change;
    }

    static ColumnFamilyOptions apply(List<String> names, ColumnFamilyOptions family) {
        BlockBasedTableConfig tables = (BlockBasedTableConfig) family.tableFormatConfig();
        names.forEach(name -> valueOf(name).change.accept(family, tables));
        return family.setTableFormatConfig(tables);
    }
}
