package flinkstate.make;

import flinkstate.jobs.Jobs;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectReader;
import org.apache.flink.util.FileUtils;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Restores the savepoints of a list of cases, one after the other, and writes down what Flink then holds. */
public final class Restore {
    private static final int MOST_PARALLELISM = 16;
    private static final ObjectReader CASES =
            new ObjectMapper().readerFor(Case.class).with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** One line of the list; {@code testdata/README.md} says what the fields mean. */
    static final class Case {
        public String name;
        public Path savepoint;
        public String backend;
        public String job;
        public Path out;
        public Integer parallelism;
        public Integer max_parallelism;
        public Path plan;
        public Map<String, String> operators = Map.of();
    }

    public static void main(String[] args) throws Exception {
        PrintStream results = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        // Nothing but results may come between the results.
        System.setOut(System.err);
        List<String> cases = Files.readAllLines(Path.of(args[0]));
        Path work = Files.createTempDirectory("flink-restore");
        Cluster cluster = new Cluster(configuration(work), MOST_PARALLELISM);
        for (String line : cases) {
            if (line.isBlank()) {
                continue;
            }
            results.println(Json.line(result(cluster, line, work)));
            // An error that is more than a job's takes the cluster with it.
            if (!cluster.isRunning()) {
                cluster = new Cluster(configuration(work), MOST_PARALLELISM);
            }
        }
        cluster.close();
        FileUtils.deleteDirectory(work.toFile());
        // Flink leaves non-daemon threads behind.
        System.exit(0);
    }

    private static Configuration configuration(Path work) {
        Configuration configuration = new Configuration();
        SnapshotSpec.registerTypes(configuration, EnvironmentInformation.getVersion());
        configuration.setString("io.tmp.dirs", work.resolve("tmp").toString());
        // A job with more parallelism than that fails, and soon.
        configuration.setString("slot.request.timeout", "20000");
        configuration.setString("taskmanager.memory.managed.size", "256m");
        configuration.setString("taskmanager.memory.network.min", "128m");
        configuration.setString("taskmanager.memory.network.max", "128m");
        return configuration;
    }

    private static Map<String, Object> result(Cluster cluster, String line, Path work) {
        Map<String, Object> result = new LinkedHashMap<>();
        long start = System.nanoTime();
        try {
            Case restore = CASES.readValue(line);
            result.put("name", Objects.requireNonNull(restore.name, "name"));
            Files.deleteIfExists(Objects.requireNonNull(restore.out, "out"));
            List<String> rows = rows(cluster, restore, work);
            Files.write(restore.out, rows);
            result.put("ok", true);
            result.put("rows", rows.size());
        } catch (Throwable failure) {
            System.err.println(line);
            failure.printStackTrace();
            result.put("ok", false);
            result.put("error", firstCause(failure));
        }
        result.put("millis", (System.nanoTime() - start) / 1_000_000);
        return result;
    }

    private static List<String> rows(Cluster cluster, Case restore, Path work) throws Exception {
        Objects.requireNonNull(restore.job, "job");
        Objects.requireNonNull(restore.backend, "backend");
        Path savepoint = Objects.requireNonNull(restore.savepoint, "savepoint");
        String pointer = savepoint.toAbsolutePath().normalize().toUri().toString();
        Restoration restoration =
                new Restoration(cluster, new Snapshot(pointer), pointer).into(restore.backend);
        if (restore.job.equals("generic")) {
            Map<String, String> uids = new HashMap<>();
            restore.operators.forEach((uid, id) -> uids.put(id, uid));
            return restoration.generic(uids, restore.parallelism);
        }
        Path folder = Files.createTempDirectory(work, "job");
        if (restore.plan != null) {
            Files.copy(restore.plan, folder.resolve("plan.json"));
        }
        return restoration.real(Jobs.of(restore.job), folder, restore.parallelism, restore.max_parallelism);
    }

    private static String firstCause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.toString().lines().findFirst().orElse("");
    }

    private Restore() {}
}
