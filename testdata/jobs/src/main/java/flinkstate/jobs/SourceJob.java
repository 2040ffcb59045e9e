package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

import java.nio.file.Path;
import java.util.Set;

/** A source in the middle of its splits, and beside it a pipeline that has come to its end. */
public final class SourceJob implements Job {
    private final Set<Change> changes;

    public SourceJob() {
        this(Set.of());
    }

    SourceJob(Set<Change> changes) {
        this.changes = changes;
    }

    @Override
    public String name() {
        return "source";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        env.fromSource(HeldSequence.unfinished(199, 30, 8), WatermarkStrategy.noWatermarks(), "held")
                .uid(changes.contains(Change.SOURCE_AS_ORIGIN) ? "origin" : "sequence")
                .map(n -> Tuple2.of(n % 20, 1L))
                .returns(Types.TUPLE(Types.LONG, Types.LONG))
                .uid("ones")
                .keyBy(pair -> pair.f0, Types.LONG)
                .sum(1)
                .uid("counter");
        env.fromSequence(0, 9)
                .uid("bounded")
                .setParallelism(1)
                .keyBy(n -> n % 2, Types.LONG)
                .reduce(Long::sum)
                .uid("bounded-sum")
                .setParallelism(1);
        return env.executeAsync("source");
    }

    @Override
    public int finishedTasks() {
        return 2;
    }
}
