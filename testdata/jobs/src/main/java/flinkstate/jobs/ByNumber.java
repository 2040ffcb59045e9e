package flinkstate.jobs;

import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

import java.math.BigDecimal;
import java.time.LocalDate;

/** Keys with an encoding of fixed length, unless the job has changed them. */
final class ByNumber<K> extends KeyedProcessFunction<K, Long, Void> implements CheckpointedFunction {
    private transient ValueState<String> label;
    private transient ListState<byte[]> blobs;
    private transient MapState<LocalDate, BigDecimal> prices;

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        label = context.getKeyedStateStore().getState(new ValueStateDescriptor<>("label", Types.STRING));
        blobs =
                context.getKeyedStateStore()
                        .getListState(new ListStateDescriptor<>("blobs", BytePrimitiveArraySerializer.INSTANCE));
        prices =
                context.getKeyedStateStore()
                        .getMapState(new MapStateDescriptor<>("prices", Types.LOCAL_DATE, Types.BIG_DEC));
    }

    @Override
    public void processElement(Long number, Context context, Collector<Void> out) throws Exception {
        int n = number.intValue() % Keys.COUNT;
        label.update("number " + n);
        blobs.add(new byte[] {(byte) n, ',', -128});
        blobs.add(new byte[0]);
        prices.put(LocalDate.of(2000 + n, 2, 28), new BigDecimal("0.00").add(BigDecimal.valueOf(number, 3)));
        if (n % 8 == 0) {
            label.clear();
        }
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {}
}
