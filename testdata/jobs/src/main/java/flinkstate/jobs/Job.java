package flinkstate.jobs;

import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

import java.nio.file.Path;

/** A job whose state after its last record is always the same. */
public interface Job {
    String name();

    /** Starts the job; a file that belongs beside the snapshot goes to {@code folder}. */
    JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception;

    /** How often it stands still, with a checkpoint or the snapshot to be taken each time. */
    default int rounds() {
        return 2;
    }

    /** Waits until a restored job has told the rows that come from more than its restored state. */
    default void awaitRows() throws Exception {}

    /** How many of its tasks end before the snapshot is taken. */
    default int finishedTasks() {
        return 0;
    }
}
