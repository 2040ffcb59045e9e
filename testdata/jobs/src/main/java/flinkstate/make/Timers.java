package flinkstate.make;

import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.runtime.state.HeapPriorityQueuesManager;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.RegisteredPriorityQueueStateBackendMetaInfo;
import org.apache.flink.runtime.state.heap.HeapKeyedStateBackend;
import org.apache.flink.runtime.state.heap.HeapPriorityQueueSnapshotRestoreWrapper;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.apache.flink.util.CloseableIterator;

import java.io.IOException;
import java.util.Map;

/**
 * The timers in a backend. Those in RocksDB are read out of their column family, since Flink's own iterator
 * over them is a cache that can leave out some from before 1970.
 */
@SuppressWarnings({"unchecked", "rawtypes"})
final class Timers {
    interface Found {
        void accept(
                String state,
                TimerSerializer<Object, Object> serializer,
                TimerHeapInternalTimer<Object, Object> timer);
    }

    static void forEach(KeyedStateBackend<?> backend, Found found) throws Exception {
        if (backend instanceof HeapKeyedStateBackend) {
            onHeap(Reflect.field(backend, "priorityQueuesManager"), found);
            return;
        }
        HeapPriorityQueuesManager onHeap = Reflect.field(backend, "heapPriorityQueuesManager");
        if (onHeap != null) {
            onHeap(onHeap, found);
        }
        // Timers that came as raw keyed state may not have reached the database.
        Reflect.call(Reflect.field(backend, "writeBatchWrapper"), "flush");
        Map<String, Object> states = Reflect.field(backend, "kvStateInformation");
        for (Map.Entry<String, Object> state : states.entrySet()) {
            Object metaInfo = Reflect.field(state.getValue(), "metaInfo");
            if (metaInfo instanceof RegisteredPriorityQueueStateBackendMetaInfo) {
                inDatabase(
                        backend,
                        state.getKey(),
                        Reflect.field(state.getValue(), "columnFamilyHandle"),
                        serializer((RegisteredPriorityQueueStateBackendMetaInfo<?>) metaInfo),
                        found);
            }
        }
    }

    static void onHeap(HeapPriorityQueuesManager queues, Found found) throws Exception {
        for (Map.Entry<String, HeapPriorityQueueSnapshotRestoreWrapper<?>> queue :
                queues.getRegisteredPQStates().entrySet()) {
            TimerSerializer<Object, Object> serializer = serializer(queue.getValue().getMetaInfo());
            try (CloseableIterator<?> timers = queue.getValue().getPriorityQueue().iterator()) {
                while (timers.hasNext()) {
                    found.accept(queue.getKey(), serializer, (TimerHeapInternalTimer) timers.next());
                }
            }
        }
    }

    private static void inDatabase(
            KeyedStateBackend<?> backend,
            String state,
            Object family,
            TimerSerializer<Object, Object> serializer,
            Found found)
            throws IOException {
        int prefix = Reflect.field(backend, "keyGroupPrefixBytes");
        int groups = Reflect.field(backend, "numberOfKeyGroups");
        for (BackendDatabase.Entry entry : BackendDatabase.entries(Reflect.field(backend, "db"), family)) {
            DataInputDeserializer in = new DataInputDeserializer(entry.key);
            int group = prefix == 1 ? in.readUnsignedByte() : in.readUnsignedShort();
            TimerHeapInternalTimer<Object, Object> timer = serializer.deserialize(in);
            if (group != KeyGroupRangeAssignment.assignToKeyGroup(timer.getKey(), groups)) {
                throw new IllegalStateException("outside of its key group in " + state + ": " + timer);
            }
            found.accept(state, serializer, timer);
        }
    }

    private static TimerSerializer<Object, Object> serializer(RegisteredPriorityQueueStateBackendMetaInfo<?> queue) {
        return (TimerSerializer) queue.getElementSerializer();
    }

    private Timers() {}
}
