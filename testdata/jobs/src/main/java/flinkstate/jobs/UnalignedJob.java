package flinkstate.jobs;

import flinkstate.make.HeldSequence;
import flinkstate.make.Rows;

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
import org.apache.flink.streaming.api.operators.StreamingRuntimeContext;
import org.apache.flink.util.Collector;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Records that are still on their way when an unaligned checkpoint overtakes them. */
public final class UnalignedJob implements Job {
    private static final int KEYS = 20;
    private static final int RECORDS = 2000;
    /** Keys of which not all records were processed yet. Operators reach it in the same JVM. */
    private static volatile CountDownLatch incomplete;

    private final boolean tells;

    public UnalignedJob() {
        this(false);
    }

    /** With rows {@code processed}: how many records there were of each key, once those in flight are among them. */
    UnalignedJob(boolean tells) {
        this.tells = tells;
    }

    @Override
    public String name() {
        return "unaligned";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        incomplete = new CountDownLatch(KEYS);
        env.fromSource(HeldSequence.all(RECORDS - 1), WatermarkStrategy.noWatermarks(), "held")
                .uid("numbers")
                .setParallelism(1)
                .keyBy(n -> n % KEYS, Types.LONG)
                .process(new Slow(tells))
                .uid("slow");
        return env.executeAsync("unaligned");
    }

    @Override
    public void awaitRows() throws Exception {
        if (tells && !incomplete.await(1, TimeUnit.MINUTES)) {
            throw new TimeoutException("records of " + incomplete.getCount() + " keys are missing");
        }
    }

    private static final class Slow extends KeyedProcessFunction<Long, Long, Void> implements CheckpointedFunction {
        private final boolean tells;
        private transient ValueState<Long> count;

        Slow(boolean tells) {
            this.tells = tells;
        }

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            count = context.getKeyedStateStore().getState(new ValueStateDescriptor<>("count", Types.LONG));
        }

        @Override
        public void processElement(Long n, Context context, Collector<Void> out) throws Exception {
            if (!tells) {
                Thread.sleep(20);
            }
            count.update(count.value() == null ? 1 : count.value() + 1);
            if (tells && count.value() == RECORDS / KEYS) {
                String operator = ((StreamingRuntimeContext) getRuntimeContext()).getOperatorUniqueID();
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("key", context.getCurrentKey());
                row.put("count", count.value());
                Rows.tell(operator, "processed", row);
                incomplete.countDown();
            }
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {}
    }
}
