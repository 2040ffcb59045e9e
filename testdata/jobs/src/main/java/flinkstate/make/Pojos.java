package flinkstate.make;

import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.typeutils.runtime.PojoSerializer;

import java.lang.reflect.Field;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** POJO types with the subclasses that any subtask has met, since they share one table. */
final class Pojos {
    private final Map<Class<?>, Map<Class<?>, PojoSerializer<?>>> subclasses = new HashMap<>();

    Pojos(Collection<TypeSerializer<?>> serializers) {
        serializers.forEach(this::collect);
    }

    private void collect(TypeSerializer<?> serializer) {
        if (serializer instanceof PojoSerializer) {
            Map<Class<?>, PojoSerializer<?>> known =
                    subclasses.computeIfAbsent(Reflect.field(serializer, "clazz"), key -> new LinkedHashMap<>());
            ownSubclasses((PojoSerializer<?>) serializer).forEach(known::putIfAbsent);
            ownSubclasses((PojoSerializer<?>) serializer).values().forEach(this::collect);
        }
        Children.of(serializer).forEach(this::collect);
    }

    private static Map<Class<?>, PojoSerializer<?>> ownSubclasses(PojoSerializer<?> serializer) {
        Map<Class<?>, PojoSerializer<?>> result = new LinkedHashMap<>();
        TypeSerializer<?>[] registered = Reflect.field(serializer, "registeredSerializers");
        Map<Class<?>, Integer> tags = Reflect.field(serializer, "registeredClasses");
        tags.forEach((type, tag) -> result.put(type, (PojoSerializer<?>) registered[tag]));
        Map<Class<?>, TypeSerializer<?>> met = Reflect.field(serializer, "subclassSerializerCache");
        met.forEach((type, subclass) -> result.put(type, (PojoSerializer<?>) subclass));
        return result;
    }

    /** The fields of {@code value}, then those that only subclasses have, and the class if there are any. */
    Map<String, Object> json(Json json, PojoSerializer<?> declared, Object value) {
        Class<?> base = Reflect.field(declared, "clazz");
        Map<Class<?>, PojoSerializer<?>> known = subclasses.get(base);
        PojoSerializer<?> actual = value.getClass() == base ? declared : known.get(value.getClass());
        if (actual == null) {
            // Not in any header: heap backends never list a subclass that isn't registered.
            actual = Reflect.call(declared, "getSubclassSerializer", Class.class, value.getClass());
        }
        Map<String, Object> object = new LinkedHashMap<>();
        TypeSerializer<?>[] serializers = Reflect.field(actual, "fieldSerializers");
        Field[] fields = Reflect.field(actual, "fields");
        for (int i = 0; i < fields.length; i++) {
            object.put(fields[i].getName(), json.of(serializers[i], Reflect.get(fields[i], value)));
        }
        for (PojoSerializer<?> subclass : known.values()) {
            for (Field field : Reflect.<Field[]>field(subclass, "fields")) {
                object.putIfAbsent(field.getName(), null);
            }
        }
        if (!known.isEmpty() || value.getClass() != base) {
            object.put("$class", value.getClass().getName());
        }
        return object;
    }
}
