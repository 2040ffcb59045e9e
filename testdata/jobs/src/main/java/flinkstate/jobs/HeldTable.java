package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

import java.util.Set;

/** The connector {@code held}: a table with {@code count} rows that then never ends. */
public final class HeldTable implements DynamicTableSourceFactory {
    private static final ConfigOption<Long> COUNT = ConfigOptions.key("count").longType().noDefaultValue();

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        return new Source(
                context.getObjectIdentifier().getObjectName(),
                helper.getOptions().get(COUNT),
                (RowType) context.getPhysicalRowDataType().getLogicalType());
    }

    @Override
    public String factoryIdentifier() {
        return "held";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(COUNT);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    private static final class Source implements ScanTableSource, DataStreamScanProvider {
        private final String table;
        private final long count;
        private final RowType type;

        Source(String table, long count, RowType type) {
            this.table = table;
            this.count = count;
            this.type = type;
        }

        @Override
        public DataStream<RowData> produceDataStream(ProviderContext context, StreamExecutionEnvironment env) {
            String name = table;
            DataStreamSource<Long> numbers =
                    env.fromSource(HeldSequence.all(count - 1), WatermarkStrategy.noWatermarks(), "held " + name);
            context.generateUid("held").ifPresent(numbers::uid);
            return numbers.setParallelism(1)
                    .map(n -> HeldRows.row(name, n.intValue()))
                    .returns(InternalTypeInfo.of(type))
                    .setParallelism(1)
                    .uid(context.generateUid("rows").orElse("rows-" + name));
        }

        @Override
        public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
            return this;
        }

        @Override
        public ChangelogMode getChangelogMode() {
            return ChangelogMode.insertOnly();
        }

        @Override
        public boolean isBounded() {
            return false;
        }

        @Override
        public DynamicTableSource copy() {
            return new Source(table, count, type);
        }

        @Override
        public String asSummaryString() {
            return "held";
        }
    }
}
