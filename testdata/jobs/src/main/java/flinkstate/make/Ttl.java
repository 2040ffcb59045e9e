package flinkstate.make;

import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.internal.InternalKvState;

/** What lies below the layers that time to live adds. */
final class Ttl {
    /** The state that the backend made: the one around it hides times, and values that have expired. */
    static InternalKvState<Object, Object, ?> original(InternalKvState<Object, Object, ?> state) {
        return isTtl(state) ? Reflect.field(state, "original") : state;
    }

    /** Flink 2.2 puts a serializer that can switch time to live on and off around that of the state. */
    static TypeSerializer<?> original(TypeSerializer<?> serializer) {
        return serializer.getClass().getSimpleName().startsWith("TtlAware")
                ? Reflect.field(serializer, "typeSerializer")
                : serializer;
    }

    /** There is one for each of Flink's state APIs. */
    static boolean isSerializer(TypeSerializer<?> serializer) {
        return serializer.getClass().getSimpleName().equals("TtlSerializer");
    }

    static TypeSerializer<?> userSerializer(TypeSerializer<?> ttl) {
        return Reflect.<TypeSerializer<?>[]>field(ttl, "fieldSerializers")[1];
    }

    private static boolean isTtl(InternalKvState<?, ?, ?> state) {
        return state.getClass().getPackageName().equals("org.apache.flink.runtime.state.ttl");
    }

    private Ttl() {}
}
