package flinkstate.jobs;

import com.acme.Kind;
import com.acme.Rule;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

import java.nio.file.Path;

/** State that belongs to a subtask and not to a key: lists, unions and broadcast maps. */
public final class OperatorStateJob implements Job {
    @Override
    public String name() {
        return "operator-state";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        env.fromSource(HeldSequence.all(49), WatermarkStrategy.noWatermarks(), "held")
                .uid("numbers")
                .setParallelism(1)
                .partitionCustom((key, partitions) -> (int) (key % 5 == 0 ? 0 : 1), n -> n)
                .map(new Buffers())
                .uid("buffers");
        return env.executeAsync("operator-state");
    }

    private static final class Buffers implements MapFunction<Long, Long>, CheckpointedFunction {
        private transient ListState<Tuple2<Long, String>> pending;
        private transient ListState<String> offsets;

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            pending =
                    context.getOperatorStateStore()
                            .getListState(
                                    new ListStateDescriptor<>("pending", Types.TUPLE(Types.LONG, Types.STRING)));
            offsets =
                    context.getOperatorStateStore()
                            .getUnionListState(new ListStateDescriptor<>("offsets", Types.STRING));
            context.getOperatorStateStore().getListState(new ListStateDescriptor<>("unused", Types.INT));
            BroadcastState<String, Rule> rules =
                    context.getOperatorStateStore()
                            .getBroadcastState(
                                    new MapStateDescriptor<>("rules", Types.STRING, Types.POJO(Rule.class)));
            for (int n = 0; n < 20 && !context.isRestored(); n++) {
                rules.put(Keys.name(n), new Rule(n % 3 == 0 ? null : "pattern " + n, n / 8.0, Kind.values()[n % 3]));
            }
            context.getOperatorStateStore()
                    .getBroadcastState(new MapStateDescriptor<>("no-rules", Types.LONG, Types.STRING));
        }

        @Override
        public Long map(Long n) throws Exception {
            pending.add(Tuple2.of(-n, "pending " + n + ", 🦀"));
            if (n % 2 == 0) {
                offsets.add("partition-" + n);
            }
            return n;
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {}
    }
}
