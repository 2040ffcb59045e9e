package flinkstate.make;

import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.memory.ManagedMemoryUseCase;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.state.filesystem.AbstractFsCheckpointStorageAccess;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Everything that Flink holds after it has restored a snapshot. */
final class Dump {
    private final Cluster cluster;
    private final String pointer;
    private final Map<String, String> uids;
    private final CheckpointMetadata metadata;

    Dump(Cluster cluster, String pointer, Map<String, String> uids) throws IOException {
        this.cluster = cluster;
        this.uids = uids;
        try (DataInputStream in =
                new DataInputStream(
                        AbstractFsCheckpointStorageAccess.resolveCheckpointPointer(pointer)
                                .getMetadataHandle()
                                .openInputStream())) {
            metadata = Checkpoints.loadCheckpointMetadata(in, Dump.class.getClassLoader(), pointer);
        }
        this.pointer = WithoutChannels.copy(metadata, pointer);
    }

    /** The content of {@code snapshot.json}. */
    String description(SnapshotSpec spec) {
        Map<String, String> operators = new TreeMap<>();
        for (OperatorState operator : metadata.getOperatorStates()) {
            String id = operator.getOperatorID().toString();
            operators.put(uids.getOrDefault(id, id), id);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("flink_version", EnvironmentInformation.getVersion());
        fields.put("job", spec.job.name());
        fields.put("backend", spec.backend);
        fields.put("format", spec.format.name().toLowerCase());
        fields.put("compression", spec.isCompressed());
        fields.put("checkpoint_id", metadata.getCheckpointId());
        fields.put("operators", operators);
        return Json.pretty(fields) + "\n";
    }

    /** One line of JSON for each row of each state, sorted. */
    List<String> rows() throws Exception {
        List<String> rows = new ArrayList<>();
        for (OperatorState operator : metadata.getOperatorStates()) {
            Schema schema = new Schema(operator);
            if (!schema.isEmpty()) {
                rows.addAll(restore(operator, schema));
            }
        }
        Collections.sort(rows);
        return rows;
    }

    private List<String> restore(OperatorState operator, Schema schema) throws Exception {
        String id = operator.getOperatorID().toString();
        DumpOperator.Target target = new DumpOperator.Target(uids.getOrDefault(id, id), id, schema);
        StreamExecutionEnvironment env = cluster.environment();
        SingleOutputStreamOperator<Long> dump =
                env.fromSequence(0, 0)
                        .setParallelism(1)
                        .filter(number -> false)
                        .transform("dump", Types.LONG, new DumpOperator(target))
                        .setUidHash(id)
                        .setParallelism(operator.getParallelism())
                        .setMaxParallelism(operator.getMaxParallelism());
        dump.getTransformation().declareManagedMemoryUseCaseAtSlotScope(ManagedMemoryUseCase.STATE_BACKEND);
        StreamGraph graph = env.getStreamGraph();
        if (schema.key != null) {
            graph.getStreamNode(dump.getId()).setStateKeySerializer(schema.key);
        }
        graph.setSavepointRestoreSettings(SavepointRestoreSettings.forPath(pointer, true));
        JobClient job = env.executeAsync(graph);
        job.getJobExecutionResult().get();
        return target.rows();
    }
}
