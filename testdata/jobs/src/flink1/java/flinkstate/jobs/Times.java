package flinkstate.jobs;

import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.time.Time;

/** Flink 1.18 takes its own Time, Flink 2 only a Duration. */
final class Times {
    static StateTtlConfig expiry() {
        return StateTtlConfig.newBuilder(org.apache.flink.api.common.time.Time.days(36_500)).build();
    }

    static TumblingEventTimeWindows tumbling(long seconds) {
        return TumblingEventTimeWindows.of(Time.seconds(seconds));
    }

    static EventTimeSessionWindows sessions(long gapSeconds) {
        return EventTimeSessionWindows.withGap(Time.seconds(gapSeconds));
    }

    private Times() {}
}
