package flinkstate.jobs;

import com.acme.Animal;
import com.acme.Cat;

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

/** POJOs whose subclass is not registered: the snapshot's header need not describe it. */
public final class SubclassJob implements Job {
    @Override
    public String name() {
        return "subclass";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        env.fromSource(HeldSequence.all(19), WatermarkStrategy.noWatermarks(), "held")
                .uid("numbers")
                .setParallelism(1)
                .keyBy(n -> n, Types.LONG)
                .process(new Pets())
                .uid("pets");
        return env.executeAsync("subclass");
    }

    private static final class Pets extends KeyedProcessFunction<Long, Long, Void> implements CheckpointedFunction {
        private transient ValueState<Animal> pet;

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            pet =
                    context.getKeyedStateStore()
                            .getState(new ValueStateDescriptor<>("pet", Types.POJO(Animal.class)));
        }

        @Override
        public void processElement(Long n, Context context, Collector<Void> out) throws Exception {
            int legs = n.intValue();
            pet.update(n % 3 == 0 ? new Cat("Cat " + n, 9) : new Animal("Animal " + n, legs));
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {}
    }
}
