package flinkstate.make;

import flinkstate.jobs.Job;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Starts jobs from one snapshot, all of which they must take, and gathers what they found in it. */
final class Restoration {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Cluster cluster;
    private final Snapshot snapshot;
    private final SavepointRestoreSettings settings;
    private final Configuration configuration = new Configuration();

    Restoration(Cluster cluster, Snapshot snapshot, String pointer) {
        this.cluster = cluster;
        this.snapshot = snapshot;
        this.settings = SavepointRestoreSettings.forPath(pointer, false);
    }

    Restoration into(String backend) {
        configuration.setString("state.backend.type", backend);
        return this;
    }

    /** By the {@link GenericJob}; a parallelism of null is that of the snapshot. */
    List<String> generic(Map<String, String> uids, Integer parallelism) throws Exception {
        Rows rows = new Rows(uids, snapshot.schemas);
        StreamExecutionEnvironment env = cluster.environment(configuration, 1, graph -> {});
        StreamGraph graph = new GenericJob(env, snapshot, uids, parallelism).graph();
        graph.setSavepointRestoreSettings(settings);
        JobClient client = env.executeAsync(graph);
        client.getJobExecutionResult().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        return rows.sorted();
    }

    /** By a job with its own operators; a parallelism of null is the largest of the snapshot. */
    List<String> real(Job job, Path folder, Integer parallelism, Integer maxParallelism) throws Exception {
        AtomicReference<Rows> rows = new AtomicReference<>();
        StreamExecutionEnvironment env =
                cluster.environment(
                        configuration,
                        parallelism == null ? snapshot.parallelism() : parallelism,
                        graph -> {
                            rows.set(new Rows(Cluster.uids(graph), snapshot.schemas));
                            Probe.into(graph);
                            if (maxParallelism != null) {
                                for (StreamNode node : graph.getStreamNodes()) {
                                    graph.setMaxParallelism(node.getId(), maxParallelism);
                                }
                            }
                            graph.setSavepointRestoreSettings(settings);
                        });
        JobClient client = job.start(env, folder);
        try {
            cluster.awaitRunning(client, LIMIT);
            job.awaitRows();
            return rows.get().sorted();
        } finally {
            if (!client.getJobStatus().get().isGloballyTerminalState()) {
                cluster.cancel(client);
            }
        }
    }
}
