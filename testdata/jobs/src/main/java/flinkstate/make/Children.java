package flinkstate.make;

import org.apache.flink.api.common.typeutils.CompositeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.GenericArraySerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.api.java.typeutils.runtime.EitherSerializer;
import org.apache.flink.api.java.typeutils.runtime.NullableSerializer;
import org.apache.flink.api.java.typeutils.runtime.PojoSerializer;
import org.apache.flink.api.java.typeutils.runtime.RowSerializer;
import org.apache.flink.api.java.typeutils.runtime.TupleSerializerBase;

import java.util.List;

/** The serializers that a serializer is made of. */
final class Children {
    static List<TypeSerializer<?>> of(TypeSerializer<?> serializer) {
        if (serializer instanceof PojoSerializer
                || serializer instanceof RowSerializer
                || serializer instanceof CompositeSerializer) {
            return List.of(Reflect.<TypeSerializer<?>[]>field(serializer, "fieldSerializers"));
        }
        if (serializer instanceof TupleSerializerBase) {
            return List.of(((TupleSerializerBase<?>) serializer).getFieldSerializers());
        }
        if (serializer instanceof ListSerializer) {
            return List.of(((ListSerializer<?>) serializer).getElementSerializer());
        }
        if (serializer instanceof MapSerializer) {
            MapSerializer<?, ?> map = (MapSerializer<?, ?>) serializer;
            return List.of(map.getKeySerializer(), map.getValueSerializer());
        }
        if (serializer instanceof EitherSerializer) {
            EitherSerializer<?, ?> either = (EitherSerializer<?, ?>) serializer;
            return List.of(either.getLeftSerializer(), either.getRightSerializer());
        }
        if (serializer instanceof GenericArraySerializer) {
            return List.of(((GenericArraySerializer<?>) serializer).getComponentSerializer());
        }
        if (serializer instanceof NullableSerializer) {
            return List.of(Reflect.<TypeSerializer<?>>field(serializer, "originalSerializer"));
        }
        return List.of();
    }

    private Children() {}
}
