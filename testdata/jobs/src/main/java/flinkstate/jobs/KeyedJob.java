package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

import java.nio.file.Path;
import java.util.Set;

/** Keyed state of every kind, under keys of three types. */
public final class KeyedJob implements Job {
    private final Set<Change> changes;

    public KeyedJob() {
        this(Set.of());
    }

    KeyedJob(Set<Change> changes) {
        this.changes = changes;
    }

    @Override
    public String name() {
        return "keyed";
    }

    /** Each key comes once, and after a pause (for a first checkpoint) once more. */
    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        DataStream<Long> numbers =
                env.fromSource(
                                HeldSequence.rounds(2, Keys.COUNT),
                                WatermarkStrategy.noWatermarks(),
                                "held")
                        .uid(changes.contains(Change.SOURCE_AS_ORIGIN) ? "origin" : "numbers")
                        .setParallelism(1);
        numbers.keyBy(n -> Keys.name(n % Keys.COUNT), Types.STRING)
                .process(new AllKinds(changes))
                .uid(changes.contains(Change.BY_NAME_AS_BY_CUSTOMER) ? "by-customer" : "by-name");
        if (!changes.contains(Change.WITHOUT_BY_TUPLE)) {
            numbers.keyBy(
                            n -> Tuple3.of(Keys.name(n % Keys.COUNT), (int) (n % 5) - 1, n % 2 == 0),
                            Types.TUPLE(Types.STRING, Types.INT, Types.BOOLEAN))
                    .process(new ByTuple())
                    .uid("by-tuple");
        }
        byNumber(numbers)
                .uid("by-number")
                // Above 128 the key group takes two bytes.
                .setMaxParallelism(1000);
        if (changes.contains(Change.WITH_BY_PARITY)) {
            numbers.keyBy(n -> (int) (n % 2), Types.INT).process(new ByParity()).uid("by-parity");
        }
        return env.executeAsync("keyed");
    }

    private SingleOutputStreamOperator<Void> byNumber(DataStream<Long> numbers) {
        if (changes.contains(Change.NUMBER_AS_STRING)) {
            return numbers.keyBy(n -> Long.toString(Keys.number(n % Keys.COUNT)), Types.STRING)
                    .process(new ByNumber<>());
        }
        return numbers.keyBy(n -> Keys.number(n % Keys.COUNT), Types.LONG).process(new ByNumber<>());
    }

    private static final class ByParity extends KeyedProcessFunction<Integer, Long, Void>
            implements CheckpointedFunction {
        private transient ListState<Long> numbers;

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            numbers =
                    context.getKeyedStateStore().getListState(new ListStateDescriptor<>("numbers", Types.LONG));
        }

        @Override
        public void processElement(Long n, Context context, Collector<Void> out) throws Exception {
            numbers.add(n);
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {}
    }
}
