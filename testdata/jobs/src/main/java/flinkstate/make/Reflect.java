package flinkstate.make;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;

/** What Flink's serializers know and don't tell. */
final class Reflect {
    @SuppressWarnings("unchecked")
    static <T> T field(Object object, String name) {
        return (T) get(find(object, name), object);
    }

    static void setField(Object object, String name, Object value) {
        Field field = find(object, name);
        try {
            field.setAccessible(true);
            field.set(object, value);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Field find(Object object, String name) {
        for (Class<?> type = object.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    return field;
                }
            }
        }
        throw new IllegalArgumentException(object.getClass() + " has no field " + name);
    }

    static Object get(Field field, Object object) {
        try {
            field.setAccessible(true);
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("unchecked")
    static <T, A> T call(Object object, String name, Class<A> parameter, A argument) {
        try {
            Method method = object.getClass().getDeclaredMethod(name, parameter);
            method.setAccessible(true);
            return (T) method.invoke(object, argument);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A public method; the arguments are of exactly the types of its parameters. */
    @SuppressWarnings("unchecked")
    static <T> T call(Object object, String name, Object... arguments) {
        Class<?>[] parameters = Arrays.stream(arguments).map(Object::getClass).toArray(Class[]::new);
        try {
            Method method = object.getClass().getMethod(name, parameters);
            method.setAccessible(true);
            return (T) method.invoke(object, arguments);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private Reflect() {}
}
