package flinkstate.make;

import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.filesystem.AbstractFsCheckpointStorageAccess;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** What a snapshot's {@code _metadata} and the headers of its files say. */
final class Snapshot {
    final CheckpointMetadata metadata;
    /** By operator ID. */
    final Map<String, Schema> schemas = new HashMap<>();

    Snapshot(String pointer) throws IOException {
        metadata = metadata(pointer);
        for (OperatorState operator : metadata.getOperatorStates()) {
            schemas.put(operator.getOperatorID().toString(), new Schema(operator));
        }
    }

    static CheckpointMetadata metadata(String pointer) throws IOException {
        try (DataInputStream in =
                new DataInputStream(
                        AbstractFsCheckpointStorageAccess.resolveCheckpointPointer(pointer)
                                .getMetadataHandle()
                                .openInputStream())) {
            return Checkpoints.loadCheckpointMetadata(in, Snapshot.class.getClassLoader(), pointer);
        }
    }

    int parallelism() {
        return metadata.getOperatorStates().stream().mapToInt(OperatorState::getParallelism).max().orElse(1);
    }
}
