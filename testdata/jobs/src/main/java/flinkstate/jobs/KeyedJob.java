package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

import java.nio.file.Path;

/** Keyed state of every kind, under keys of three types. */
public final class KeyedJob implements Job {
    @Override
    public String name() {
        return "keyed";
    }

    /** Each key comes once, and after a pause (for a first checkpoint) once more. */
    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        env.setParallelism(2).setMaxParallelism(128);
        DataStream<Long> numbers =
                env.fromSource(
                                HeldSequence.paused(2 * Keys.COUNT - 1, Keys.COUNT),
                                WatermarkStrategy.noWatermarks(),
                                "held")
                        .uid("numbers")
                        .setParallelism(1);
        numbers.keyBy(n -> Keys.name(n % Keys.COUNT), Types.STRING)
                .process(new AllKinds())
                .uid("by-name");
        numbers.keyBy(
                        n -> Tuple3.of(Keys.name(n % Keys.COUNT), (int) (n % 5) - 1, n % 2 == 0),
                        Types.TUPLE(Types.STRING, Types.INT, Types.BOOLEAN))
                .process(new ByTuple())
                .uid("by-tuple");
        numbers.keyBy(n -> Keys.number(n % Keys.COUNT), Types.LONG)
                .process(new ByNumber())
                .uid("by-number")
                // Above 128 the key group takes two bytes.
                .setMaxParallelism(1000);
        return env.executeAsync("keyed");
    }
}
