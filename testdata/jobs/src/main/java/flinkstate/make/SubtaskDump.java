package flinkstate.make;

import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.BackendWritableBroadcastState;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.OperatorStateBackend;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.PartitionableListState;
import org.apache.flink.runtime.state.RegisteredBroadcastStateBackendMetaInfo;
import org.apache.flink.runtime.state.internal.InternalAppendingState;
import org.apache.flink.runtime.state.internal.InternalKvState;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.BackendStateType;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes down all that one subtask of an operator holds: states that the operator has registered with
 * its own serializers, those that it has left alone with the ones that the snapshot names.
 */
@SuppressWarnings({"unchecked", "rawtypes"})
final class SubtaskDump {
    private final Rows rows = Rows.current();
    private final String operator;
    private final int subtask;
    private final int maxParallelism;
    private final KeyedStateBackend<Object> keyed;
    private final OperatorStateBackend operatorState;
    private final Schema schema;
    private Json json;
    private KeyedRows keyedRows;

    /** {@code id} is that of the snapshot, which an operator with a {@code uidHash} doesn't know. */
    SubtaskDump(String id, AbstractStreamOperator<?> operator) {
        this.operator = id;
        TaskInfo task = operator.getContainingTask().getEnvironment().getTaskInfo();
        subtask = task.getIndexOfThisSubtask();
        maxParallelism = task.getMaxNumberOfParallelSubtasks();
        keyed = withoutChangelog(operator.getKeyedStateBackend());
        operatorState = operator.getOperatorStateBackend();
        schema = rows.schema(id);
    }

    /** A state that was restored from a changelog lies behind one more layer. */
    private static KeyedStateBackend<Object> withoutChangelog(KeyedStateBackend<Object> backend) {
        if (backend == null || !backend.getClass().getName().contains(".ChangelogMigrationRestoreTarget$")) {
            return backend;
        }
        return Reflect.field(backend, "val$keyedStateBackend");
    }

    void run() throws Exception {
        Map<String, PartitionableListState<Object>> lists = Reflect.field(operatorState, "registeredOperatorStates");
        Map<String, BackendWritableBroadcastState<Object, Object>> broadcasts =
                Reflect.field(operatorState, "registeredBroadcastStates");
        Map<String, InternalKvState<Object, Object, ?>> states = Map.of();
        if (keyed != null) {
            registerTheRest();
            states = Reflect.field(keyed, "keyValueStatesByName");
        }
        json = new Json(serializers(states, lists, broadcasts));
        if (keyed != null) {
            keyedRows = new KeyedRows(operator, maxParallelism, keyed.getKeySerializer(), json);
        }
        for (Map.Entry<String, PartitionableListState<Object>> list : lists.entrySet()) {
            list(list.getKey(), list.getValue());
        }
        for (Map.Entry<String, BackendWritableBroadcastState<Object, Object>> map : broadcasts.entrySet()) {
            broadcast(map.getKey(), map.getValue());
        }
        for (Map.Entry<String, InternalKvState<Object, Object, ?>> state : states.entrySet()) {
            keyed(state.getKey(), Ttl.original(state.getValue()));
        }
        if (keyed != null) {
            Timers.forEach(keyed, keyedRows::timer);
        }
    }

    private void registerTheRest() throws Exception {
        Map<String, InternalKvState<?, ?, ?>> registered = Reflect.field(keyed, "keyValueStatesByName");
        for (StateMetaInfoSnapshot state : schema.keyed.values()) {
            if (state.getBackendStateType() == BackendStateType.KEY_VALUE && !registered.containsKey(state.getName())) {
                keyed.getOrCreateKeyedState(Schema.namespaces(state), Schema.descriptor(state));
            }
        }
    }

    /** Those of the snapshot too: only they know which subclasses of a POJO other subtasks have met. */
    private List<TypeSerializer<?>> serializers(
            Map<String, InternalKvState<Object, Object, ?>> states,
            Map<String, PartitionableListState<Object>> lists,
            Map<String, BackendWritableBroadcastState<Object, Object>> broadcasts) {
        List<TypeSerializer<?>> serializers = new ArrayList<>(schema.serializers);
        if (keyed != null) {
            serializers.add(keyed.getKeySerializer());
        }
        for (InternalKvState<Object, Object, ?> state : states.values()) {
            serializers.add(state.getNamespaceSerializer());
            serializers.add(Ttl.original(Ttl.original(state).getValueSerializer()));
        }
        for (PartitionableListState<Object> list : lists.values()) {
            serializers.add(list.getStateMetaInfo().getPartitionStateSerializer());
        }
        for (BackendWritableBroadcastState<Object, Object> map : broadcasts.values()) {
            serializers.add(map.getStateMetaInfo().getKeySerializer());
            serializers.add(map.getStateMetaInfo().getValueSerializer());
        }
        return serializers;
    }

    private void list(String name, PartitionableListState<Object> list) {
        TypeSerializer<Object> serializer = list.getStateMetaInfo().getPartitionStateSerializer();
        // Every subtask gets the whole of a union, in no order that tells where an element was.
        boolean union = list.getStateMetaInfo().getAssignmentMode() == OperatorStateHandle.Mode.UNION;
        List<Map<String, Object>> found = new ArrayList<>();
        for (Object value : list.get()) {
            Map<String, Object> row = new LinkedHashMap<>();
            if (!union) {
                row.put("subtask", subtask);
                row.put("position", found.size());
            }
            row.put("value", json.of(serializer, value));
            found.add(row);
        }
        if (union) {
            rows.addCopy(operator, name, subtask, found);
        } else {
            found.forEach(row -> rows.add(operator, name, row));
        }
    }

    private void broadcast(String name, BackendWritableBroadcastState<Object, Object> map) throws Exception {
        RegisteredBroadcastStateBackendMetaInfo<Object, Object> serializers = map.getStateMetaInfo();
        List<Map<String, Object>> found = new ArrayList<>();
        for (Map.Entry<Object, Object> entry : map.entries()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("map_key", json.of(serializers.getKeySerializer(), entry.getKey()));
            row.put("map_value", json.of(serializers.getValueSerializer(), entry.getValue()));
            found.add(row);
        }
        rows.addCopy(operator, name, subtask, found);
    }

    private void keyed(String name, InternalKvState<Object, Object, ?> state) throws Exception {
        List<Tuple2<Object, Object>> entries;
        try (Stream<Tuple2<Object, Object>> stream = keyed.getKeysAndNamespaces(name)) {
            entries = stream.collect(Collectors.toList());
        }
        TypeSerializer<?> values = Ttl.original(state.getValueSerializer());
        for (Tuple2<Object, Object> entry : entries) {
            keyed.setCurrentKey(entry.f0);
            state.setCurrentNamespace(entry.f1);
            Map<String, Object> row = keyedRows.row(entry.f0, state.getNamespaceSerializer(), entry.f1);
            if (state instanceof MapState) {
                MapSerializer<?, ?> map = (MapSerializer<?, ?>) values;
                keyedRows.map(
                        name, row, map.getKeySerializer(), map.getValueSerializer(), ((MapState) state).entries());
            } else if (state instanceof ListState) {
                TypeSerializer<?> element = ((ListSerializer<?>) values).getElementSerializer();
                keyedRows.list(name, row, element, ((ListState<?>) state).get());
            } else {
                Object value =
                        state instanceof ValueState
                                ? ((ValueState<?>) state).value()
                                : ((InternalAppendingState<?, ?, ?, ?, ?>) state).getInternal();
                keyedRows.value(name, row, values, value);
            }
        }
    }
}
