package flinkstate.jobs;

import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.state.rocksdb.ConfigurableRocksDBOptionsFactory;
import org.apache.flink.state.rocksdb.RocksDBOptionsFactory;

import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;

import java.util.Collection;
import java.util.List;

/** Hands {@link TableOption}s to RocksDB; the interface has moved to another package in Flink 2. */
public final class TableOptionsFactory implements ConfigurableRocksDBOptionsFactory {
    private List<String> names;

    @Override
    public RocksDBOptionsFactory configure(ReadableConfig configuration) {
        names = configuration.get(TableOption.SETTING);
        return this;
    }

    @Override
    public DBOptions createDBOptions(DBOptions options, Collection<AutoCloseable> handles) {
        return options;
    }

    @Override
    public ColumnFamilyOptions createColumnOptions(ColumnFamilyOptions options, Collection<AutoCloseable> handles) {
        return TableOption.apply(names, options);
    }
}
