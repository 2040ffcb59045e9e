package flinkstate.make;

import flinkstate.jobs.Job;

import org.apache.flink.streaming.api.operators.OneInputStreamOperator;

/** The asynchronous API for state came with Flink 2. */
final class AsyncState {
    static Job job() {
        throw new UnsupportedOperationException("Flink 1 has no asynchronous state");
    }

    static OneInputStreamOperator<Long, Long> dumpOperator(String id) {
        throw new UnsupportedOperationException("Flink 1 has no asynchronous state");
    }

    private AsyncState() {}
}
