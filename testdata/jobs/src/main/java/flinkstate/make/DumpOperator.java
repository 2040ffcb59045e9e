package flinkstate.make;

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.internal.InternalAppendingState;
import org.apache.flink.runtime.state.internal.InternalKvState;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.BackendStateType;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonOptionsKeys;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonSerializerKeys;
import org.apache.flink.runtime.state.ttl.TtlStateFactory.TtlSerializer;
import org.apache.flink.runtime.state.ttl.TtlValue;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.CloseableIterator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Takes the place of an operator: registers its states, and writes down what was restored into them. */
@SuppressWarnings({"unchecked", "rawtypes"})
final class DumpOperator extends AbstractStreamOperator<Long> implements OneInputStreamOperator<Long, Long> {
    /** The operators reach their target in the same JVM: serializer snapshots can't travel with the job. */
    private static final Map<String, Target> TARGETS = new ConcurrentHashMap<>();

    /** The operator to read and the rows that were found. */
    static final class Target {
        private final String uid;
        private final String id;
        private final Schema schema;
        private final Json json;
        private final Queue<String> rows = new ConcurrentLinkedQueue<>();

        Target(String uid, String id, Schema schema) {
            this.uid = uid;
            this.id = id;
            this.schema = schema;
            this.json = new Json(schema.serializers);
            TARGETS.put(id, this);
        }

        List<String> rows() {
            return List.copyOf(rows);
        }
    }

    private final String id;
    private transient Target target;
    private transient int subtask;

    DumpOperator(Target target) {
        this.id = target.id;
    }

    @Override
    public void processElement(StreamRecord<Long> element) {}

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        target = TARGETS.get(id);
        subtask = getContainingTask().getEnvironment().getTaskInfo().getIndexOfThisSubtask();
        for (StateMetaInfoSnapshot state : target.schema.lists.values()) {
            dumpList(state);
        }
        for (StateMetaInfoSnapshot state : target.schema.broadcasts.values()) {
            dumpBroadcast(state);
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        for (StateMetaInfoSnapshot state : target.schema.keyed.values()) {
            if (state.getBackendStateType() == BackendStateType.PRIORITY_QUEUE) {
                dumpTimers(state);
            } else {
                dumpKeyed(state);
            }
        }
        for (Map.Entry<String, TypeSerializer<?>> service : target.schema.rawTimers.entrySet()) {
            dumpRawTimers(service.getKey(), (TypeSerializer<Object>) service.getValue());
        }
    }

    private void dumpList(StateMetaInfoSnapshot state) throws Exception {
        String name = state.getName();
        TypeSerializer<Object> serializer = serializer(state, CommonSerializerKeys.VALUE_SERIALIZER);
        ListStateDescriptor<Object> descriptor = new ListStateDescriptor<>(name, serializer);
        boolean union = state.getOption(CommonOptionsKeys.OPERATOR_STATE_DISTRIBUTION_MODE).equals("UNION");
        ListState<Object> list =
                union
                        ? getOperatorStateBackend().getUnionListState(descriptor)
                        : getOperatorStateBackend().getListState(descriptor);
        if (union && subtask > 0) {
            return;
        }
        int position = 0;
        for (Object value : list.get()) {
            Map<String, Object> row = new LinkedHashMap<>();
            // Every subtask gets the whole of a union, in no order that tells where an element was.
            if (!union) {
                row.put("subtask", subtask);
                row.put("position", position++);
            }
            row.put("value", target.json.of(serializer, value));
            emit(name, row);
        }
    }

    private void dumpBroadcast(StateMetaInfoSnapshot state) throws Exception {
        TypeSerializer<Object> key = serializer(state, CommonSerializerKeys.KEY_SERIALIZER);
        TypeSerializer<Object> value = serializer(state, CommonSerializerKeys.VALUE_SERIALIZER);
        BroadcastState<Object, Object> map =
                getOperatorStateBackend().getBroadcastState(new MapStateDescriptor<>(state.getName(), key, value));
        if (subtask > 0) {
            return;
        }
        for (Map.Entry<Object, Object> entry : map.entries()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("map_key", target.json.of(key, entry.getKey()));
            row.put("map_value", target.json.of(value, entry.getValue()));
            emit(state.getName(), row);
        }
    }

    private void dumpKeyed(StateMetaInfoSnapshot state) throws Exception {
        KeyedStateBackend<Object> backend = getKeyedStateBackend();
        TypeSerializer<Object> namespaces = serializer(state, CommonSerializerKeys.NAMESPACE_SERIALIZER);
        TypeSerializer<Object> values = serializer(state, CommonSerializerKeys.VALUE_SERIALIZER);
        StateDescriptor<State, ?> descriptor =
                descriptor(state.getName(), state.getOption(CommonOptionsKeys.KEYED_STATE_TYPE), values);
        State restored = backend.getOrCreateKeyedState(namespaces, descriptor);
        List<Tuple2<Object, Object>> entries;
        try (Stream<Tuple2<Object, Object>> stream = backend.getKeysAndNamespaces(state.getName())) {
            entries = stream.collect(Collectors.toList());
        }
        for (Tuple2<Object, Object> entry : entries) {
            backend.setCurrentKey(entry.f0);
            ((InternalKvState<Object, Object, ?>) restored).setCurrentNamespace(entry.f1);
            Map<String, Object> row = keyRow(entry.f0, namespaces, entry.f1);
            if (restored instanceof MapState) {
                MapSerializer<Object, Object> map = (MapSerializer) values;
                for (Map.Entry<Object, Object> mapEntry : ((MapState<Object, Object>) restored).entries()) {
                    Map<String, Object> mapRow = new LinkedHashMap<>(row);
                    mapRow.put("map_key", target.json.of(map.getKeySerializer(), mapEntry.getKey()));
                    putValue(mapRow, "map_value", map.getValueSerializer(), mapEntry.getValue());
                    emit(state.getName(), mapRow);
                }
            } else {
                if (restored instanceof ListState) {
                    putList(row, ((ListSerializer) values).getElementSerializer(), ((ListState<?>) restored).get());
                } else if (restored instanceof ValueState) {
                    putValue(row, "value", values, ((ValueState) restored).value());
                } else {
                    putValue(row, "value", values, ((InternalAppendingState) restored).getInternal());
                }
                emit(state.getName(), row);
            }
        }
    }

    private StateDescriptor<State, ?> descriptor(String name, String kind, TypeSerializer<?> values) {
        StateDescriptor<?, ?> descriptor;
        switch (kind) {
            case "VALUE":
                descriptor = new ValueStateDescriptor<>(name, values);
                break;
            case "LIST":
                descriptor = new ListStateDescriptor<>(name, ((ListSerializer<?>) values).getElementSerializer());
                break;
            case "MAP":
                MapSerializer<?, ?> map = (MapSerializer<?, ?>) values;
                descriptor = new MapStateDescriptor<>(name, map.getKeySerializer(), map.getValueSerializer());
                break;
            case "REDUCING":
                descriptor = new ReducingStateDescriptor(name, (a, b) -> a, values);
                break;
            case "AGGREGATING":
                descriptor = new AggregatingStateDescriptor(name, new NoAggregate(), values);
                break;
            default:
                throw new IllegalArgumentException(kind);
        }
        return (StateDescriptor<State, ?>) descriptor;
    }

    private void putValue(Map<String, Object> row, String column, TypeSerializer<?> serializer, Object value) {
        if (serializer instanceof TtlSerializer) {
            TtlValue<?> ttl = (TtlValue<?>) value;
            row.put(column, target.json.of(userSerializer(serializer), ttl.getUserValue()));
            row.put("last_access", Json.timestamp(ttl.getLastAccessTimestamp()));
        } else {
            row.put(column, target.json.of(serializer, value));
        }
    }

    private void putList(Map<String, Object> row, TypeSerializer<?> element, Iterable<?> list) {
        List<Object> values = new ArrayList<>();
        List<Object> accesses = new ArrayList<>();
        for (Object value : list) {
            if (element instanceof TtlSerializer) {
                TtlValue<?> ttl = (TtlValue<?>) value;
                values.add(target.json.of(userSerializer(element), ttl.getUserValue()));
                accesses.add(Json.timestamp(ttl.getLastAccessTimestamp()));
            } else {
                values.add(target.json.of(element, value));
            }
        }
        row.put("value", values);
        if (element instanceof TtlSerializer) {
            row.put("last_access", accesses);
        }
    }

    private static TypeSerializer<?> userSerializer(TypeSerializer<?> ttl) {
        return Reflect.<TypeSerializer<?>[]>field(ttl, "fieldSerializers")[1];
    }

    private void dumpTimers(StateMetaInfoSnapshot state) throws Exception {
        TimerSerializer<Object, Object> serializer =
                (TimerSerializer) Schema.serializer(state, CommonSerializerKeys.VALUE_SERIALIZER);
        try (CloseableIterator<TimerHeapInternalTimer<Object, Object>> timers =
                getKeyedStateBackend().create(state.getName(), (TypeSerializer) serializer).iterator()) {
            while (timers.hasNext()) {
                InternalTimer<Object, Object> timer = timers.next();
                emitTimer(
                        state.getName(),
                        timer.getKey(),
                        serializer.getNamespaceSerializer(),
                        timer.getNamespace(),
                        timer.getTimestamp());
            }
        }
    }

    private void dumpRawTimers(String service, TypeSerializer<Object> namespaces) throws Exception {
        InternalTimerService<Object> timers = getInternalTimerService(service, namespaces, new NoTrigger());
        timers.forEachEventTimeTimer(
                (namespace, timestamp) ->
                        emitTimer("_timer_state/event_" + service, getCurrentKey(), namespaces, namespace, timestamp));
        timers.forEachProcessingTimeTimer(
                (namespace, timestamp) ->
                        emitTimer(
                                "_timer_state/processing_" + service,
                                getCurrentKey(),
                                namespaces,
                                namespace,
                                timestamp));
    }

    private void emitTimer(
            String state, Object key, TypeSerializer<Object> namespaces, Object namespace, long timestamp) {
        Map<String, Object> row = keyRow(key, namespaces, namespace);
        row.put("timestamp", Json.timestamp(timestamp));
        emit(state, row);
    }

    private Map<String, Object> keyRow(Object key, TypeSerializer<Object> namespaces, Object namespace) {
        Map<String, Object> row = new LinkedHashMap<>();
        int maxParallelism = getContainingTask().getEnvironment().getTaskInfo().getMaxNumberOfParallelSubtasks();
        row.put("key_group", KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism));
        row.put("key", target.json.of(target.schema.key, key));
        if (!(namespace instanceof VoidNamespace)) {
            row.put("namespace", target.json.of(namespaces, namespace));
        }
        return row;
    }

    private void emit(String state, Map<String, Object> row) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("operator", target.uid);
        line.put("operator_id", target.id);
        line.put("state", state);
        line.put("row", row);
        target.rows.add(Json.line(line));
    }

    private static TypeSerializer<Object> serializer(StateMetaInfoSnapshot state, CommonSerializerKeys which) {
        return (TypeSerializer<Object>) Schema.serializer(state, which);
    }

    /** Accumulators are read as they are. */
    private static final class NoAggregate implements AggregateFunction<Object, Object, Object> {
        @Override
        public Object createAccumulator() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Object add(Object value, Object accumulator) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Object getResult(Object accumulator) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Object merge(Object a, Object b) {
            throw new UnsupportedOperationException();
        }
    }

    /** A timer whose time has come is in the snapshot all the same. */
    private static final class NoTrigger implements Triggerable<Object, Object> {
        @Override
        public void onEventTime(InternalTimer<Object, Object> timer) {}

        @Override
        public void onProcessingTime(InternalTimer<Object, Object> timer) {}
    }
}
