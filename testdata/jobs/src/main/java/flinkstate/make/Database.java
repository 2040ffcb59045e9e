package flinkstate.make;

import org.apache.flink.core.fs.Path;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.filesystem.RelativeFileStateHandle;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.util.FileUtils;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Opens every database of snapshots by RocksDB or ForSt itself, and prints all that an iterator over each column
 * family finds: key groups that no longer belong to the subtask too.
 */
public final class Database {
    private static final String RESURRECT = "--ignore-range-deletions";

    private final java.nio.file.Path folder;
    private final boolean resurrect;
    private final PrintStream out;
    private final String backend;
    /** The start of paths inside a checkpoint, which are absolute: the folder in which it was written. */
    private final Pattern root;

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        // Nothing but lines may come between the lines.
        System.setOut(System.err);
        List<String> folders = new ArrayList<>(Arrays.asList(args));
        boolean resurrect = folders.remove(RESURRECT);
        for (String name : folders) {
            java.nio.file.Path folder = java.nio.file.Path.of(name).toRealPath();
            Map<String, Object> end = new LinkedHashMap<>();
            end.put("snapshot", folder.getFileName().toString());
            try {
                end.put("entries", new Database(folder, resurrect, out).print());
            } catch (Exception | LinkageError failure) {
                failure.printStackTrace();
                end.put("error", failure.toString());
            }
            out.println(Json.line(end));
        }
        out.flush();
    }

    private Database(java.nio.file.Path folder, boolean resurrect, PrintStream out) throws IOException {
        this.folder = folder;
        this.resurrect = resurrect;
        this.out = out;
        JsonNode description = new ObjectMapper().readTree(folder.resolve("snapshot.json").toFile());
        backend = description.get("backend").asText();
        root =
                description.has("root")
                        ? Pattern.compile(Pattern.quote(description.get("root").asText()))
                        : Pattern.compile("/tmp/flink-testdata/checkpoints/[^/]+/");
    }

    private int print() throws Exception {
        java.nio.file.Path work = Files.createTempDirectory("database");
        int entries = 0;
        try {
            for (OperatorState operator : Snapshot.metadata(pointer()).getOperatorStates()) {
                int prefix =
                        CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(
                                operator.getMaxParallelism());
                for (Map.Entry<Integer, OperatorSubtaskState> subtask : operator.getSubtaskStates().entrySet()) {
                    for (KeyedStateHandle handle : subtask.getValue().getManagedKeyedState()) {
                        Map<String, Object> line = new LinkedHashMap<>();
                        line.put("snapshot", folder.getFileName().toString());
                        line.put("operator_id", operator.getOperatorID().toString());
                        line.put("subtask", subtask.getKey());
                        String database = download((IncrementalRemoteKeyedStateHandle) handle, work);
                        entries += print(database, prefix, handle.getKeyGroupRange(), line);
                    }
                }
            }
        } finally {
            FileUtils.deleteDirectory(work.toFile());
        }
        return entries;
    }

    private int print(String database, int prefix, KeyGroupRange groups, Map<String, Object> line) throws IOException {
        Map<String, List<BackendDatabase.Entry>> families = BackendDatabase.read(backend, database, resurrect);
        int count = 0;
        for (Map.Entry<String, List<BackendDatabase.Entry>> family : families.entrySet()) {
            line.put("column_family", family.getKey());
            for (BackendDatabase.Entry entry : family.getValue()) {
                DataInputDeserializer key = new DataInputDeserializer(entry.key);
                int group = CompositeKeySerializationUtils.readKeyGroup(prefix, key);
                line.put("is_own", groups.contains(group));
                line.put("key", Json.plain(entry.key));
                line.put("value", Json.plain(entry.value));
                out.println(Json.line(line));
                count++;
            }
        }
        return count;
    }

    private String pointer() throws IOException {
        try (Stream<java.nio.file.Path> found = Files.find(folder, 2, (path, is) -> path.endsWith("_metadata"))) {
            return found.findFirst().orElseThrow().getParent().toUri().toString();
        }
    }

    private String download(IncrementalRemoteKeyedStateHandle handle, java.nio.file.Path work) throws IOException {
        java.nio.file.Path database = Files.createTempDirectory(work, "handle");
        List<HandleAndLocalPath> files = new ArrayList<>(handle.getSharedState());
        files.addAll(handle.getPrivateState());
        for (HandleAndLocalPath file : files) {
            StreamStateHandle stream = file.getHandle();
            relocate(stream);
            try (InputStream in = stream.openInputStream()) {
                Files.copy(in, database.resolve(file.getLocalPath()));
            }
        }
        return database.toString();
    }

    /** The file is where the snapshot is now. */
    private void relocate(StreamStateHandle stream) {
        boolean isSegment = stream.getClass().getSimpleName().equals("SegmentFileStateHandle");
        boolean isFile = stream instanceof FileStateHandle && !(stream instanceof RelativeFileStateHandle);
        if (!isSegment && !isFile) {
            return;
        }
        String path = Reflect.<Path>field(stream, "filePath").getPath();
        Matcher start = root.matcher(path);
        if (!start.lookingAt()) {
            throw new IllegalStateException(path + " is not in " + root);
        }
        Reflect.setField(stream, "filePath", new Path(folder.resolve(path.substring(start.end())).toUri()));
    }
}
