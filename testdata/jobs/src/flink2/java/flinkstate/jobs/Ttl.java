package flinkstate.jobs;

import org.apache.flink.api.common.state.StateTtlConfig;

import java.time.Duration;

/** Flink 1.18 takes its own Time, Flink 2 only a Duration. */
final class Ttl {
    static StateTtlConfig days(long days) {
        return StateTtlConfig.newBuilder(Duration.ofDays(days)).build();
    }

    private Ttl() {}
}
