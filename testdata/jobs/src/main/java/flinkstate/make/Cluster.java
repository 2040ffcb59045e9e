package flinkstate.make;

import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
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

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/** A Flink cluster in this JVM, and environments whose jobs run on it. */
final class Cluster implements AutoCloseable, PipelineExecutorServiceLoader, PipelineExecutorFactory, PipelineExecutor {
    private static final String NAME = "in-process";

    private final Configuration configuration;
    private final MiniCluster cluster;
    private Consumer<StreamGraph> prepare = graph -> {};
    private StreamGraph submitted;

    Cluster(Configuration configuration, int slots) throws Exception {
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
                                .setNumSlotsPerTaskManager(slots)
                                .build());
        cluster.start();
    }

    boolean isRunning() {
        return cluster.isRunning();
    }

    /** For one job, with settings of its own, whose graph may be changed before it is submitted. */
    StreamExecutionEnvironment environment(Configuration job, int parallelism, Consumer<StreamGraph> prepare) {
        this.prepare = prepare;
        Configuration all = new Configuration(configuration);
        all.addAll(job);
        StreamExecutionEnvironment env = new StreamExecutionEnvironment(this, all, null);
        env.setParallelism(parallelism).setMaxParallelism(128);
        return env;
    }

    /** The uids of the job submitted last, by operator ID. */
    Map<String, String> uids() {
        return uids(submitted);
    }

    static Map<String, String> uids(StreamGraph graph) {
        Map<Integer, byte[]> hashes = new StreamGraphHasherV2().traverseStreamGraphAndGenerateHashes(graph);
        Map<String, String> uids = new HashMap<>();
        for (StreamNode node : graph.getStreamNodes()) {
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
        while (Gate.held() < sources || !settled(job, finished -> finished == finishedTasks)) {
            Thread.sleep(20);
        }
    }

    /** Waits until every task has its state and runs, or had finished before its snapshot. */
    void awaitRunning(JobClient job, Duration limit) throws Exception {
        long end = System.nanoTime() + limit.toNanos();
        while (!settled(job, finished -> true)) {
            if (System.nanoTime() > end) {
                throw new TimeoutException("the job did not start within " + limit);
            }
            Thread.sleep(5);
        }
    }

    private boolean settled(JobClient job, IntPredicate finishedTasks) throws Exception {
        JobStatus status = job.getJobStatus().get();
        if (status.isGloballyTerminalState()) {
            job.getJobExecutionResult().get();
            throw new IllegalStateException("the job ended by itself");
        }
        // Before that there may be no tasks to wait for.
        if (status != JobStatus.RUNNING) {
            return false;
        }
        int finished = 0;
        for (AccessExecutionVertex vertex :
                cluster.getExecutionGraph(job.getJobID()).get().getAllExecutionVertices()) {
            if (vertex.getExecutionState() == ExecutionState.FINISHED) {
                finished++;
            } else if (vertex.getExecutionState() != ExecutionState.RUNNING) {
                return false;
            }
        }
        return finishedTasks.test(finished);
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
        prepare.accept(submitted);
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
