package flinkstate.make;

import org.apache.flink.api.common.state.v2.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.v2.ListState;
import org.apache.flink.api.common.state.v2.ListStateDescriptor;
import org.apache.flink.api.common.state.v2.MapState;
import org.apache.flink.api.common.state.v2.MapStateDescriptor;
import org.apache.flink.api.common.state.v2.ReducingStateDescriptor;
import org.apache.flink.api.common.state.v2.State;
import org.apache.flink.api.common.state.v2.StateDescriptor;
import org.apache.flink.api.common.state.v2.ValueState;
import org.apache.flink.api.common.state.v2.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.runtime.asyncprocessing.operators.AbstractAsyncStateStreamOperator;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.BackendStateType;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonOptionsKeys;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonSerializerKeys;
import org.apache.flink.runtime.state.v2.AbstractAggregatingState;
import org.apache.flink.runtime.state.v2.AbstractReducingState;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * As {@link DumpOperator}, for an operator whose keyed state is that of the asynchronous API. Its backend does not
 * list keys: they are read out of the database, and what the state holds under each by Flink itself.
 */
@SuppressWarnings({"unchecked", "rawtypes"})
final class AsyncDumpOperator extends AbstractAsyncStateStreamOperator<Long>
        implements OneInputStreamOperator<Long, Long> {
    private final String id;

    AsyncDumpOperator(String id) {
        this.id = id;
    }

    @Override
    public void processElement(StreamRecord<Long> element) {}

    @Override
    public void open() throws Exception {
        super.open();
        Schema schema = Rows.current().schema(id);
        for (Map.Entry<String, TypeSerializer<?>> service : schema.rawTimers.entrySet()) {
            getInternalTimerService(
                    service.getKey(), (TypeSerializer<Object>) service.getValue(), new DumpOperator.NoTrigger());
        }
        int maxParallelism = getContainingTask().getEnvironment().getTaskInfo().getMaxNumberOfParallelSubtasks();
        TypeSerializer<Object> keys = (TypeSerializer<Object>) schema.key.restoreSerializer();
        KeyedRows rows = new KeyedRows(id, maxParallelism, keys, new Json(schema.serializers));
        for (StateMetaInfoSnapshot state : schema.keyed.values()) {
            if (state.getBackendStateType() == BackendStateType.KEY_VALUE_V2) {
                dump(state, keys, maxParallelism, rows);
            }
        }
        drainStateRequests();
        Timers.onHeap(Reflect.field(getAsyncKeyedStateBackend(), "heapPriorityQueuesManager"), rows::timer);
    }

    private void dump(
            StateMetaInfoSnapshot meta, TypeSerializer<Object> keys, int maxParallelism, KeyedRows rows)
            throws Exception {
        TypeSerializer<Object> namespaces = Schema.namespaces(meta);
        StateDescriptor<Object> descriptor = descriptor(meta);
        State state = getOrCreateKeyedState(VoidNamespace.INSTANCE, (TypeSerializer) namespaces, descriptor);
        for (Object key : keys(meta.getName(), keys, namespaces, maxParallelism)) {
            asyncProcessWithKey(
                    key,
                    () -> {
                        Map<String, Object> row = rows.row(key, namespaces, VoidNamespace.INSTANCE);
                        dump(meta.getName(), row, state, descriptor, rows);
                    });
        }
    }

    private void dump(
            String name,
            Map<String, Object> row,
            State state,
            StateDescriptor<Object> descriptor,
            KeyedRows rows) {
        TypeSerializer<?> values = descriptor.getSerializer();
        if (state instanceof MapState) {
            TypeSerializer<?> userKeys = ((MapStateDescriptor<?, ?>) (StateDescriptor) descriptor).getUserKeySerializer();
            rows.map(name, row, userKeys, values, ((MapState<Object, Object>) state).entries());
        } else if (state instanceof ListState) {
            rows.list(name, row, values, ((ListState<?>) state).get());
        } else if (state instanceof ValueState) {
            rows.value(name, row, values, ((ValueState<?>) state).value());
        } else if (state instanceof AbstractReducingState) {
            rows.value(name, row, values, ((AbstractReducingState<?, ?, ?>) state).getInternal());
        } else {
            rows.value(name, row, values, ((AbstractAggregatingState<?, ?, ?, ?, ?>) state).getInternal());
        }
    }

    private Set<Object> keys(
            String state, TypeSerializer<Object> keys, TypeSerializer<Object> namespaces, int maxParallelism)
            throws IOException {
        AsyncKeyedStateBackend<?> backend = getAsyncKeyedStateBackend();
        Object family =
                Reflect.field(
                        Reflect.<Map<String, Object>>field(backend, "kvStateInformation").get(state),
                        "columnFamilyHandle");
        int prefix = CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(maxParallelism);
        boolean ambiguous = CompositeKeySerializationUtils.isAmbiguousKeyPossible(keys, namespaces);
        Set<Object> found = new LinkedHashSet<>();
        for (BackendDatabase.Entry entry : BackendDatabase.entries(Reflect.field(backend, "db"), family)) {
            DataInputDeserializer in = new DataInputDeserializer(entry.key);
            int group = CompositeKeySerializationUtils.readKeyGroup(prefix, in);
            Object key = CompositeKeySerializationUtils.readKey(keys, in, ambiguous);
            if (group != KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism)) {
                throw new IllegalStateException("outside of its key group in " + state + ": " + key);
            }
            if (!(CompositeKeySerializationUtils.readNamespace(namespaces, in, ambiguous) instanceof VoidNamespace)) {
                throw new UnsupportedOperationException("namespaces in " + state);
            }
            found.add(key);
        }
        return found;
    }

    private static StateDescriptor<Object> descriptor(StateMetaInfoSnapshot state) {
        String name = state.getName();
        TypeSerializer<Object> values =
                (TypeSerializer<Object>) Schema.serializer(state, CommonSerializerKeys.VALUE_SERIALIZER);
        String kind = state.getOption(CommonOptionsKeys.KEYED_STATE_TYPE);
        switch (kind) {
            case "VALUE":
                return new ValueStateDescriptor<>(name, values);
            case "LIST":
                return new ListStateDescriptor<>(name, values);
            case "MAP":
                return new MapStateDescriptor<>(
                        name, Schema.serializer(state, CommonSerializerKeys.USER_KEY_SERIALIZER), values);
            case "REDUCING":
                return new ReducingStateDescriptor<>(name, (a, b) -> a, values);
            case "AGGREGATING":
                return new AggregatingStateDescriptor<>(name, new Schema.NoAggregate(), values);
            default:
                throw new IllegalArgumentException("state " + name + " is of kind " + kind);
        }
    }
}
