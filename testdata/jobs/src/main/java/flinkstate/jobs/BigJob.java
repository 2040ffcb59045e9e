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
import java.util.Random;

/** Values larger than one chunk of a compressed stream, one that compresses and one that does not. */
public final class BigJob implements Job {
    private static final int LENGTH = 66_000;

    @Override
    public String name() {
        return "big";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        env.fromSource(HeldSequence.all(19), WatermarkStrategy.noWatermarks(), "held")
                .uid("numbers")
                .setParallelism(1)
                .keyBy(n -> n, Types.LONG)
                .process(new Texts())
                .uid("texts");
        return env.executeAsync("big");
    }

    private static final class Texts extends KeyedProcessFunction<Long, Long, Void> implements CheckpointedFunction {
        private transient ValueState<String> text;

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            text = context.getKeyedStateStore().getState(new ValueStateDescriptor<>("text", Types.STRING));
        }

        @Override
        public void processElement(Long n, Context context, Collector<Void> out) throws Exception {
            if (n == 7) {
                text.update(noise());
            } else if (n == 8) {
                text.update("0123456789".repeat(LENGTH / 10));
            } else {
                text.update("text " + n);
            }
        }

        private static String noise() {
            StringBuilder noise = new StringBuilder();
            new Random(7).ints(LENGTH, ' ', '~').forEach(c -> noise.append((char) c));
            return noise.toString();
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {}
    }
}
