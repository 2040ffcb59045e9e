package flinkstate.make;

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedBackendSerializationProxy;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.OperatorBackendSerializationProxy;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.changelog.ChangelogStateBackendHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonOptionsKeys;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonSerializerKeys;
import org.apache.flink.streaming.api.operators.InternalTimersSnapshot;
import org.apache.flink.streaming.api.operators.InternalTimersSnapshotReaderWriters;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the handles of one operator say about its states: enough to register every one of them again. */
final class Schema {
    private static final ClassLoader LOADER = Schema.class.getClassLoader();

    /** Of an operator that the snapshot doesn't know. */
    static final Schema EMPTY = new Schema();

    TypeSerializerSnapshot<?> key;
    final Map<String, StateMetaInfoSnapshot> keyed = new LinkedHashMap<>();
    final Map<String, StateMetaInfoSnapshot> lists = new LinkedHashMap<>();
    final Map<String, StateMetaInfoSnapshot> broadcasts = new LinkedHashMap<>();
    /** Namespace serializers of the timer services that lie in raw keyed state, by service. */
    final Map<String, TypeSerializer<?>> rawTimers = new LinkedHashMap<>();
    /** Of all states, as far as this Flink release can make them: 2.0 refuses much that Kryo has written. */
    final List<TypeSerializer<?>> serializers = new ArrayList<>();

    private Schema() {}

    Schema(OperatorState operator) throws IOException {
        for (OperatorSubtaskState subtask : operator.getStates()) {
            for (KeyedStateHandle handle : subtask.getManagedKeyedState()) {
                readKeyed(handle);
            }
            for (KeyedStateHandle handle : subtask.getRawKeyedState()) {
                readRawTimers((KeyGroupsStateHandle) handle);
            }
            for (OperatorStateHandle handle : subtask.getManagedOperatorState()) {
                readOperator(handle);
            }
        }
    }

    boolean isEmpty() {
        return key == null && lists.isEmpty() && broadcasts.isEmpty();
    }

    /** Whether its keyed state is that of the asynchronous API. */
    boolean isAsync() {
        return keyed.values().stream().anyMatch(state -> state.getBackendStateType().name().equals("KEY_VALUE_V2"));
    }

    private void readKeyed(KeyedStateHandle handle) throws IOException {
        if (handle instanceof ChangelogStateBackendHandle) {
            for (KeyedStateHandle base : ((ChangelogStateBackendHandle) handle).getMaterializedStateHandles()) {
                readKeyed(base);
            }
            return;
        }
        StreamStateHandle stream =
                handle instanceof IncrementalKeyedStateHandle
                        ? Reflect.field(handle, "metaStateHandle")
                        : ((KeyGroupsStateHandle) handle).getDelegateStateHandle();
        KeyedBackendSerializationProxy<?> header = new KeyedBackendSerializationProxy<>(LOADER);
        try (FSDataInputStream in = stream.openInputStream()) {
            header.read(new DataInputViewStreamWrapper(in));
        }
        key = header.getKeySerializerSnapshot();
        addSerializer(key);
        header.getStateMetaInfoSnapshots().forEach(state -> add(keyed, state));
    }

    private void readRawTimers(KeyGroupsStateHandle handle) throws IOException {
        try (FSDataInputStream in = handle.openInputStream()) {
            for (int group : handle.getKeyGroupRange()) {
                long offset = handle.getOffsetForKeyGroup(group);
                if (offset < 0) {
                    continue;
                }
                in.seek(offset + Integer.BYTES);
                DataInputViewStreamWrapper view = new DataInputViewStreamWrapper(in);
                int version = view.readInt();
                for (int service = view.readInt(); service > 0; service--) {
                    String name = view.readUTF();
                    InternalTimersSnapshot<?, ?> timers =
                            InternalTimersSnapshotReaderWriters.getReaderForVersion(version, LOADER)
                                    .readTimersSnapshot(view);
                    rawTimers.put(name, timers.getNamespaceSerializerSnapshot().restoreSerializer());
                }
            }
        }
    }

    private void readOperator(OperatorStateHandle handle) throws IOException {
        // With file merging an operator without states has a handle without a stream.
        if (handle.getStateNameToPartitionOffsets().isEmpty()) {
            return;
        }
        OperatorBackendSerializationProxy header = new OperatorBackendSerializationProxy(LOADER);
        try (FSDataInputStream in = handle.openInputStream()) {
            header.read(new DataInputViewStreamWrapper(in));
        }
        header.getOperatorStateMetaInfoSnapshots().forEach(state -> add(lists, state));
        header.getBroadcastStateMetaInfoSnapshots().forEach(state -> add(broadcasts, state));
    }

    private void add(Map<String, StateMetaInfoSnapshot> states, StateMetaInfoSnapshot state) {
        states.putIfAbsent(state.getName(), state);
        state.getSerializerSnapshotsImmutable().values().forEach(this::addSerializer);
    }

    private void addSerializer(TypeSerializerSnapshot<?> snapshot) {
        try {
            serializers.add(snapshot.restoreSerializer());
        } catch (RuntimeException e) {
            // Whoever needs this one will say so.
        }
    }

    static TypeSerializer<?> serializer(StateMetaInfoSnapshot state, CommonSerializerKeys which) {
        return state.getTypeSerializerSnapshot(which).restoreSerializer();
    }

    @SuppressWarnings("unchecked")
    static TypeSerializer<Object> namespaces(StateMetaInfoSnapshot state) {
        return (TypeSerializer<Object>) serializer(state, CommonSerializerKeys.NAMESPACE_SERIALIZER);
    }

    /** A descriptor that fits a keyed state, with the serializers that the snapshot names. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    static StateDescriptor<State, Object> descriptor(StateMetaInfoSnapshot state) {
        String name = state.getName();
        TypeSerializer<?> values = serializer(state, CommonSerializerKeys.VALUE_SERIALIZER);
        String kind = state.getOption(CommonOptionsKeys.KEYED_STATE_TYPE);
        switch (kind) {
            case "VALUE":
                return (StateDescriptor) new ValueStateDescriptor<>(name, values);
            case "LIST":
                return (StateDescriptor)
                        new ListStateDescriptor<>(name, ((ListSerializer<?>) values).getElementSerializer());
            case "MAP":
                MapSerializer<?, ?> map = (MapSerializer<?, ?>) values;
                return (StateDescriptor)
                        new MapStateDescriptor<>(name, map.getKeySerializer(), map.getValueSerializer());
            case "REDUCING":
                return new ReducingStateDescriptor(name, (a, b) -> a, values);
            case "AGGREGATING":
                return new AggregatingStateDescriptor(name, new NoAggregate(), values);
            default:
                throw new IllegalArgumentException("state " + name + " is of kind " + kind);
        }
    }

    /** Accumulators are read as they are. */
    static final class NoAggregate implements AggregateFunction<Object, Object, Object> {
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
}
