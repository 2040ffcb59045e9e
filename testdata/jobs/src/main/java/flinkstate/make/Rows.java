package flinkstate.make;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The rows that the operators of one job find, as lines of {@code expected.ndjson}. */
public final class Rows {
    /** Operators reach it in the same JVM: serializer snapshots can't travel with a job. */
    private static volatile Rows current;

    private final Map<String, String> uids;
    private final Map<String, Schema> schemas;
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    /** What every subtask holds a copy of, by state and subtask. */
    private final Map<String, Map<Integer, List<String>>> copies = new ConcurrentHashMap<>();

    /** From now on operators write to the new rows. */
    Rows(Map<String, String> uids, Map<String, Schema> schemas) {
        this.uids = uids;
        this.schemas = schemas;
        current = this;
    }

    static Rows current() {
        return current;
    }

    /** A row that an operator tells by itself. */
    public static void tell(String operator, String state, Map<String, Object> row) {
        current.add(operator, state, row);
    }

    /** What the snapshot says about an operator; empty if it doesn't know the operator. */
    Schema schema(String operator) {
        return schemas.getOrDefault(operator, Schema.EMPTY);
    }

    void add(String operator, String state, Map<String, Object> row) {
        lines.add(line(operator, state, row));
    }

    /** Rows that each subtask has for itself, once in the result. */
    void addCopy(String operator, String state, int subtask, List<Map<String, Object>> rows) {
        List<String> copy = new ArrayList<>();
        rows.forEach(row -> copy.add(line(operator, state, row)));
        Collections.sort(copy);
        copies.computeIfAbsent(operator + " " + state, key -> new ConcurrentHashMap<>()).put(subtask, copy);
    }

    /** The checkpoint of a source's enumerator, with the version of its serializer. */
    void addEnumerator(String operator, byte[] checkpoint) {
        add(operator, "$enumerator", Map.of("value", Json.plain(checkpoint)));
    }

    /** The splits of a source's reader, each with the version of its serializer. */
    void addSplits(String operator, int subtask, List<byte[]> splits) {
        for (int position = 0; position < splits.size(); position++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("subtask", subtask);
            row.put("position", position);
            row.put("value", Json.plain(splits.get(position)));
            add(operator, "SourceReaderState", row);
        }
    }

    private String line(String operator, String state, Map<String, Object> row) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("operator", uids.getOrDefault(operator, operator));
        line.put("operator_id", operator);
        line.put("state", state);
        line.put("row", row);
        return Json.line(line);
    }

    List<String> sorted() {
        List<String> rows = new ArrayList<>(lines);
        copies.forEach(
                (state, subtasks) -> {
                    List<String> first = subtasks.values().iterator().next();
                    if (!subtasks.values().stream().allMatch(first::equals)) {
                        throw new IllegalStateException("subtasks hold different copies of state " + state);
                    }
                    rows.addAll(first);
                });
        Collections.sort(rows);
        return rows;
    }
}
