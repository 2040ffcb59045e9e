package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.util.Collector;

import java.nio.file.Path;

/** One operator with each kind of state: of keys, with timers, of subtasks, and broadcast. */
public final class AllInOneJob implements Job {
    private static final MapStateDescriptor<String, Double> LIMITS =
            new MapStateDescriptor<>("limits", Types.STRING, Types.DOUBLE);

    @Override
    public String name() {
        return "all-in-one";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        DataStream<Long> numbers =
                env.fromSource(HeldSequence.all(Keys.COUNT - 1), WatermarkStrategy.noWatermarks(), "held")
                        .uid("numbers")
                        .setParallelism(1);
        numbers.keyBy(Keys::name, Types.STRING)
                .connect(numbers.broadcast(LIMITS))
                .process(new Everything())
                .uid("everything");
        return env.executeAsync("all-in-one");
    }

    private static final class Everything extends KeyedBroadcastProcessFunction<String, Long, Long, Void>
            implements CheckpointedFunction {
        private transient ValueState<Long> last;
        private transient ListState<Long> seen;
        private transient ListState<String> pending;

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            KeyedStateStore keyed = context.getKeyedStateStore();
            last = keyed.getState(new ValueStateDescriptor<>("last", Types.LONG));
            seen = keyed.getListState(new ListStateDescriptor<>("seen", Types.LONG));
            keyed.getMapState(new MapStateDescriptor<>("by-day", Types.LOCAL_DATE, Types.INT));
            keyed.getReducingState(new ReducingStateDescriptor<>("largest", Math::max, Types.LONG));
            keyed.getAggregatingState(new AggregatingStateDescriptor<>("total", new Total(), Types.DOUBLE));
            OperatorStateStore subtask = context.getOperatorStateStore();
            pending = subtask.getListState(new ListStateDescriptor<>("pending", Types.STRING));
            subtask.getUnionListState(new ListStateDescriptor<>("offsets", Types.LONG));
        }

        @Override
        public void processElement(Long n, ReadOnlyContext context, Collector<Void> out) throws Exception {
            last.update(n);
            seen.add(n);
            pending.add("pending " + n);
            context.timerService().registerEventTimeTimer(n);
        }

        @Override
        public void processBroadcastElement(Long n, Context context, Collector<Void> out) throws Exception {
            context.getBroadcastState(LIMITS).put(Keys.name(n), n / 8.0);
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {}
    }

    private static final class Total implements AggregateFunction<Long, Double, Double> {
        @Override
        public Double createAccumulator() {
            return 0.0;
        }

        @Override
        public Double add(Long value, Double total) {
            return total + value;
        }

        @Override
        public Double getResult(Double total) {
            return total;
        }

        @Override
        public Double merge(Double a, Double b) {
            return a + b;
        }
    }
}
