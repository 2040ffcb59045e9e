package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

import java.nio.file.Path;

/**
 * The same few states after the same six rounds of additions, changes and deletions, however they are laid out: the
 * job may be stopped and rescaled between any two rounds.
 */
public final class HistoryJob implements Job {
    static final int KEYS = 32;
    private static final int ROUNDS = 6;

    @Override
    public String name() {
        return "history";
    }

    @Override
    public int rounds() {
        return ROUNDS;
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        env.fromSource(HeldSequence.rounds(ROUNDS, KEYS), WatermarkStrategy.noWatermarks(), "held")
                .uid("numbers")
                .setParallelism(1)
                .keyBy(n -> key(n % KEYS), Types.STRING)
                .process(new History())
                .uid("history");
        return env.executeAsync("history");
    }

    static String key(long n) {
        return n < Keys.COUNT ? Keys.name(n) : "key-" + n;
    }
}
