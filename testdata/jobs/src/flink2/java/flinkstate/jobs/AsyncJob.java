package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

import java.nio.file.Path;

/** Each kind of state of the asynchronous API, after rounds of additions, changes and deletions. */
public final class AsyncJob implements Job {
    static final int KEYS = 24;
    private static final int ROUNDS = 3;

    @Override
    public String name() {
        return "async";
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
                .keyBy(n -> HistoryJob.key(n % KEYS), Types.STRING)
                .enableAsyncState()
                .process(new AsyncHistory())
                .uid("async");
        return env.executeAsync("async");
    }
}
