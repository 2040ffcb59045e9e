package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.ReduceFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.windows.Window;
import org.apache.flink.util.Collector;

import java.nio.file.Path;

/** Windows that are still open: no watermark ever passes. */
public final class WindowsJob implements Job {
    private static final long START = 1_700_000_000_000L;

    @Override
    public String name() {
        return "windows";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        KeyedStream<Long, String> numbers =
                env.fromSource(
                                HeldSequence.all(59),
                                WatermarkStrategy.<Long>noWatermarks()
                                        .withTimestampAssigner((n, ignored) -> time(n)),
                                "held")
                        .uid("numbers")
                        .setParallelism(1)
                        .keyBy(n -> Keys.name(n % 10), Types.STRING);
        ReduceFunction<Long> sum = Long::sum;
        numbers.window(Times.tumbling(10)).reduce(sum).uid("tumbling-reduce");
        numbers.window(Times.tumbling(30)).process(new Ignore<>()).uid("tumbling-list");
        numbers.window(Times.sessions(11)).reduce(sum).uid("sessions");
        numbers.countWindow(4).process(new Ignore<>()).uid("count");
        return env.executeAsync("windows");
    }

    /** A second apart, with a minute's pause before each new session. */
    private static long time(long n) {
        return START + n * 1_000 + n / 20 * 60_000;
    }

    private static final class Ignore<W extends Window> extends ProcessWindowFunction<Long, Void, String, W> {
        @Override
        public void process(String key, Context context, Iterable<Long> elements, Collector<Void> out) {}
    }
}
