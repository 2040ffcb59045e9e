package flinkstate.make;

import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.ttl.TtlValue;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The rows of one operator's keyed state. */
final class KeyedRows {
    private final Rows rows = Rows.current();
    private final String operator;
    private final int maxParallelism;
    private final TypeSerializer<?> keys;
    private final Json json;

    KeyedRows(String operator, int maxParallelism, TypeSerializer<?> keys, Json json) {
        this.operator = operator;
        this.maxParallelism = maxParallelism;
        this.keys = keys;
        this.json = json;
    }

    /** The start of every row of a key. */
    Map<String, Object> row(Object key, TypeSerializer<?> namespaces, Object namespace) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("key_group", KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism));
        row.put("key", json.of(keys, key));
        if (!(namespace instanceof VoidNamespace)) {
            row.put("namespace", json.of(namespaces, namespace));
        }
        return row;
    }

    void value(String name, Map<String, Object> row, TypeSerializer<?> values, Object value) {
        putValue(row, "value", values, found(name, row, value));
        rows.add(operator, name, row);
    }

    void list(String name, Map<String, Object> row, TypeSerializer<?> declared, Iterable<?> list) {
        TypeSerializer<?> element = Ttl.original(declared);
        List<Object> values = new ArrayList<>();
        List<Object> accesses = new ArrayList<>();
        for (Object value : found(name, row, list)) {
            if (Ttl.isSerializer(element)) {
                TtlValue<?> ttl = (TtlValue<?>) value;
                values.add(json.of(Ttl.userSerializer(element), ttl.getUserValue()));
                accesses.add(Json.timestamp(ttl.getLastAccessTimestamp()));
            } else {
                values.add(json.of(element, value));
            }
        }
        row.put("value", values);
        if (Ttl.isSerializer(element)) {
            row.put("last_access", accesses);
        }
        rows.add(operator, name, row);
    }

    void map(
            String name,
            Map<String, Object> row,
            TypeSerializer<?> userKeys,
            TypeSerializer<?> values,
            Iterable<? extends Map.Entry<?, ?>> entries) {
        int size = 0;
        for (Map.Entry<?, ?> entry : found(name, row, entries)) {
            Map<String, Object> mapRow = new LinkedHashMap<>(row);
            mapRow.put("map_key", json.of(userKeys, entry.getKey()));
            putValue(mapRow, "map_value", values, entry.getValue());
            rows.add(operator, name, mapRow);
            size++;
        }
        found(name, row, size == 0 ? null : row);
    }

    void timer(
            String state, TimerSerializer<Object, Object> serializer, TimerHeapInternalTimer<Object, Object> timer) {
        Map<String, Object> row = row(timer.getKey(), serializer.getNamespaceSerializer(), timer.getNamespace());
        row.put("timestamp", Json.timestamp(timer.getTimestamp()));
        rows.add(operator, state, row);
    }

    /** A key that is listed but has nothing lies in a key group that is not its own. */
    private static <T> T found(String name, Map<String, Object> row, T value) {
        if (value == null) {
            throw new IllegalStateException("outside of its key group in " + name + ": " + Json.line(row));
        }
        return value;
    }

    private void putValue(Map<String, Object> row, String column, TypeSerializer<?> declared, Object value) {
        TypeSerializer<?> serializer = Ttl.original(declared);
        if (Ttl.isSerializer(serializer)) {
            TtlValue<?> ttl = (TtlValue<?>) value;
            row.put(column, json.of(Ttl.userSerializer(serializer), ttl.getUserValue()));
            row.put("last_access", Json.timestamp(ttl.getLastAccessTimestamp()));
        } else {
            row.put(column, json.of(serializer, value));
        }
    }
}
