package flinkstate.make;

import org.apache.flink.api.common.JobID;
import org.apache.flink.api.dag.Pipeline;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.PipelineExecutor;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.core.execution.PipelineExecutorServiceLoader;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient.JobFinalizationBehavior;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamGraphHasherV2;
import org.apache.flink.streaming.api.graph.StreamNode;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** A Flink cluster in this JVM, and environments whose jobs run on it. */
final class Cluster implements AutoCloseable, PipelineExecutorServiceLoader, PipelineExecutorFactory, PipelineExecutor {
    private static final String NAME = "in-process";

    private final Configuration configuration;
    private final MiniCluster cluster;
    private StreamGraph submitted;

    Cluster(Configuration configuration) throws Exception {
        this.configuration = new Configuration(configuration);
        this.configuration.setString("execution.target", NAME);
        this.configuration.setString("rest.bind-port", "0");
        this.configuration.setString("restart-strategy", "none");
        this.configuration.setString("restart-strategy.type", "none");
        cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(this.configuration)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(2)
                                .build());
        cluster.start();
    }

    StreamExecutionEnvironment environment() {
        return new StreamExecutionEnvironment(this, configuration, null);
    }

    /** The uids of the job submitted last, by operator ID. */
    Map<String, String> uids() {
        Map<Integer, byte[]> hashes = new StreamGraphHasherV2().traverseStreamGraphAndGenerateHashes(submitted);
        Map<String, String> uids = new HashMap<>();
        for (StreamNode node : submitted.getStreamNodes()) {
            if (node.getTransformationUID() != null) {
                uids.put(new OperatorID(hashes.get(node.getId())).toString(), node.getTransformationUID());
            }
        }
        return uids;
    }

    /** Waits until every held source stands still and every task runs, or has finished where it should. */
    void awaitHeld(JobClient job, int finishedTasks) throws Exception {
        long sources =
                submitted.getStreamNodes().stream()
                        .filter(node -> node.getOperatorName().contains("held"))
                        .mapToInt(node -> node.getParallelism())
                        .sum();
        while (Gate.held() < sources || !settled(job.getJobID(), finishedTasks)) {
            if (job.getJobStatus().get().isGloballyTerminalState()) {
                job.getJobExecutionResult().get();
                throw new IllegalStateException("the job ended before its snapshot");
            }
            Thread.sleep(20);
        }
    }

    private boolean settled(JobID job, int finishedTasks) throws Exception {
        int finished = 0;
        for (AccessExecutionVertex vertex : cluster.getExecutionGraph(job).get().getAllExecutionVertices()) {
            if (vertex.getExecutionState() == ExecutionState.FINISHED) {
                finished++;
            } else if (vertex.getExecutionState() != ExecutionState.RUNNING) {
                return false;
            }
        }
        return finished == finishedTasks;
    }

    String checkpoint(JobClient job) throws Exception {
        return cluster.triggerCheckpoint(job.getJobID()).get();
    }

    void cancel(JobClient job) throws Exception {
        job.cancel().get();
        cluster.requestJobResult(job.getJobID()).get();
    }

    @Override
    public CompletableFuture<JobClient> execute(Pipeline pipeline, Configuration configuration, ClassLoader loader)
            throws Exception {
        submitted = (StreamGraph) pipeline;
        JobGraph graph = submitted.getJobGraph();
        JobID id = cluster.submitJob(graph).get().getJobID();
        return CompletableFuture.completedFuture(
                new MiniClusterJobClient(id, cluster, loader, JobFinalizationBehavior.NOTHING));
    }

    @Override
    public void close() throws Exception {
        cluster.close();
    }

    @Override
    public PipelineExecutorFactory getExecutorFactory(Configuration configuration) {
        return this;
    }

    @Override
    public Stream<String> getExecutorNames() {
        return Stream.of(NAME);
    }

    @Override
    public String getName() {
        return NAME;
    }

    @Override
    public boolean isCompatibleWith(Configuration configuration) {
        return true;
    }

    @Override
    public PipelineExecutor getExecutor(Configuration configuration) {
        return this;
    }
}
