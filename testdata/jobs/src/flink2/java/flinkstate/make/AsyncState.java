package flinkstate.make;

import flinkstate.jobs.AsyncJob;
import flinkstate.jobs.Job;

import org.apache.flink.streaming.api.operators.OneInputStreamOperator;

/** The asynchronous API for state, which came with Flink 2. */
final class AsyncState {
    static Job job() {
        return new AsyncJob();
    }

    static OneInputStreamOperator<Long, Long> dumpOperator(String id) {
        return new AsyncDumpOperator(id);
    }

    private AsyncState() {}
}
