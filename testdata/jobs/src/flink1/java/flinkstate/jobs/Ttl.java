package flinkstate.jobs;

import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.time.Time;

/** Flink 1.18 takes its own Time, Flink 2 only a Duration. */
final class Ttl {
    static StateTtlConfig days(long days) {
        return StateTtlConfig.newBuilder(Time.days(days)).build();
    }

    private Ttl() {}
}
