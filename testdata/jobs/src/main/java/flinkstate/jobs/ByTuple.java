package flinkstate.jobs;

import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

import java.time.Instant;

/** A composite key; floating point numbers that are none. */
final class ByTuple extends KeyedProcessFunction<Tuple3<String, Integer, Boolean>, Long, Void>
        implements CheckpointedFunction {
    private static final double[] ODD = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, 1e-300};

    private transient ValueState<Double> ratio;
    private transient MapState<Long, Instant> seen;
    private transient ListState<Tuple2<String, Float>> pairs;

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        ratio = context.getKeyedStateStore().getState(new ValueStateDescriptor<>("ratio", Types.DOUBLE));
        seen =
                context.getKeyedStateStore()
                        .getMapState(new MapStateDescriptor<>("seen", Types.LONG, Types.INSTANT));
        pairs =
                context.getKeyedStateStore()
                        .getListState(
                                new ListStateDescriptor<>("pairs", Types.TUPLE(Types.STRING, Types.FLOAT)));
    }

    @Override
    public void processElement(Long number, Context context, Collector<Void> out) throws Exception {
        int n = number.intValue() % Keys.COUNT;
        ratio.update(n < ODD.length ? ODD[n] : n / 7.0);
        seen.put(number, Instant.ofEpochMilli(number * -86_400_001L));
        pairs.add(Tuple2.of("p" + number, number / 3f));
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {}
}
