package flinkstate.make;

import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.StateObjectCollection;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A copy of an unaligned checkpoint for the dump, less the records that were on their way: they come in
 * pieces that only the whole of the first job could put together again.
 */
final class WithoutChannels {
    static String copy(CheckpointMetadata metadata, String pointer) throws IOException {
        boolean changed = false;
        for (OperatorState operator : metadata.getOperatorStates()) {
            Map<Integer, OperatorSubtaskState> subtasks = Map.copyOf(operator.getSubtaskStates());
            for (int subtask : subtasks.keySet()) {
                OperatorSubtaskState state = subtasks.get(subtask);
                if (!state.getInputChannelState().isEmpty() || !state.getResultSubpartitionState().isEmpty()) {
                    operator.putState(
                            subtask,
                            state.toBuilder()
                                    .setInputChannelState(StateObjectCollection.empty())
                                    .setResultSubpartitionState(StateObjectCollection.empty())
                                    .build());
                    changed = true;
                }
            }
        }
        if (!changed) {
            return pointer;
        }
        Path folder = Files.createTempDirectory(Path.of(URI.create(pointer)).getParent().getParent(), "copy");
        try (OutputStream out = Files.newOutputStream(folder.resolve("_metadata"))) {
            Checkpoints.storeCheckpointMetadata(metadata, out);
        }
        return folder.toUri().toString();
    }

    private WithoutChannels() {}
}
