package flinkstate.make;

import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.util.FileUtils;

import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Opens every database of a snapshot by RocksDB itself, and prints all that an iterator over each column family
 * finds: key groups that no longer belong to the subtask too.
 */
public final class Database {
    public static void main(String[] args) throws Exception {
        boolean resurrect = args.length > 1 && args[1].equals("--ignore-range-deletions");
        Path folder = Path.of(args[0]).toRealPath();
        RocksDB.loadLibrary();
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        Path work = Files.createTempDirectory("database");
        Path link = linkFromOrigin(folder);
        try (ReadOptions options = new ReadOptions().setIgnoreRangeDeletions(resurrect)) {
            for (OperatorState operator : new Snapshot(pointer(folder)).metadata.getOperatorStates()) {
                for (Map.Entry<Integer, OperatorSubtaskState> subtask : operator.getSubtaskStates().entrySet()) {
                    for (KeyedStateHandle handle : subtask.getValue().getManagedKeyedState()) {
                        Map<String, Object> line = new LinkedHashMap<>();
                        line.put("operator_id", operator.getOperatorID().toString());
                        line.put("subtask", subtask.getKey());
                        Path copy = download((IncrementalRemoteKeyedStateHandle) handle, work);
                        print(copy.toString(), options, line, out);
                    }
                }
            }
        } finally {
            if (link != null) {
                Files.delete(link);
            }
            FileUtils.deleteDirectory(work.toFile());
        }
        out.flush();
    }

    /** Paths inside a checkpoint are absolute: they shall be found where it was written. */
    private static Path linkFromOrigin(Path folder) throws IOException {
        JsonNode root = new ObjectMapper().readTree(folder.resolve("snapshot.json").toFile()).get("root");
        if (root == null) {
            return null;
        }
        Path link = Path.of(root.asText());
        Files.createDirectories(link.getParent());
        return Files.createSymbolicLink(link, folder);
    }

    private static String pointer(Path folder) throws IOException {
        try (Stream<Path> found = Files.find(folder, 2, (path, is) -> path.endsWith("_metadata"))) {
            return found.findFirst().orElseThrow().getParent().toUri().toString();
        }
    }

    private static Path download(IncrementalRemoteKeyedStateHandle handle, Path work) throws IOException {
        Path database = Files.createTempDirectory(work, "handle");
        List<HandleAndLocalPath> files = new ArrayList<>(handle.getSharedState());
        files.addAll(handle.getPrivateState());
        for (HandleAndLocalPath file : files) {
            try (InputStream in = file.getHandle().openInputStream()) {
                Files.copy(in, database.resolve(file.getLocalPath()));
            }
        }
        return database;
    }

    private static void print(String database, ReadOptions options, Map<String, Object> line, PrintStream out)
            throws RocksDBException {
        try (ColumnFamilyOptions family = new ColumnFamilyOptions().setMergeOperatorName("stringappendtest");
                DBOptions settings = new DBOptions()) {
            List<ColumnFamilyDescriptor> families = new ArrayList<>();
            for (byte[] name : RocksDB.listColumnFamilies(new Options(), database)) {
                families.add(new ColumnFamilyDescriptor(name, family));
            }
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            try (RocksDB db = RocksDB.openReadOnly(settings, database, families, handles)) {
                for (ColumnFamilyHandle handle : handles) {
                    line.put("column_family", new String(handle.getName(), StandardCharsets.UTF_8));
                    try (RocksIterator entries = db.newIterator(handle, options)) {
                        for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                            line.put("key", Json.plain(entries.key()));
                            line.put("value", Json.plain(entries.value()));
                            out.println(Json.line(line));
                        }
                        entries.status();
                    }
                    handle.close();
                }
            }
        }
    }

    private Database() {}
}
