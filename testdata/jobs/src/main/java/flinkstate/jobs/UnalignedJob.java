package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

import java.nio.file.Path;

/** Records that are still on their way when an unaligned checkpoint overtakes them. */
public final class UnalignedJob implements Job {
    @Override
    public String name() {
        return "unaligned";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        env.fromSource(HeldSequence.all(1999), WatermarkStrategy.noWatermarks(), "held")
                .uid("numbers")
                .setParallelism(1)
                .keyBy(n -> n % 20, Types.LONG)
                .process(new Slow())
                .uid("slow");
        return env.executeAsync("unaligned");
    }

    private static final class Slow extends KeyedProcessFunction<Long, Long, Void> implements CheckpointedFunction {
        private transient ValueState<Long> count;

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            count = context.getKeyedStateStore().getState(new ValueStateDescriptor<>("count", Types.LONG));
        }

        @Override
        public void processElement(Long n, Context context, Collector<Void> out) throws Exception {
            Thread.sleep(20);
            count.update(count.value() == null ? 1 : count.value() + 1);
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {}
    }
}
