package flinkstate.make;

import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.stream.Stream;

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

    static Class<?> type(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /** By the constructor that takes the arguments. */
    @SuppressWarnings("unchecked")
    static <T> T make(String type, Object... arguments) {
        return (T) execute(null, type(type).getConstructors(), arguments);
    }

    /** By a public method that takes the arguments. */
    static <T> T callStatic(Class<?> type, String name, Object... arguments) {
        return callAny(type, null, name, arguments);
    }

    /** The arguments may be of narrower types than the method's parameters. */
    static <T> T callAny(Object object, String name, Object... arguments) {
        return callAny(object.getClass(), object, name, arguments);
    }

    @SuppressWarnings("unchecked")
    private static <T> T callAny(Class<?> type, Object object, String name, Object... arguments) {
        Stream<Method> named = Arrays.stream(type.getMethods()).filter(method -> method.getName().equals(name));
        return (T) execute(object, named.toArray(Executable[]::new), arguments);
    }

    private static Object execute(Object object, Executable[] overloads, Object... arguments) {
        for (Executable overload : overloads) {
            Class<?>[] parameters = MethodType.methodType(void.class, overload.getParameterTypes()).wrap().parameterArray();
            boolean fits = parameters.length == arguments.length;
            for (int i = 0; fits && i < parameters.length; i++) {
                fits = parameters[i].isInstance(arguments[i]);
            }
            if (!fits) {
                continue;
            }
            try {
                return overload instanceof Method
                        ? ((Method) overload).invoke(object, arguments)
                        : ((Constructor<?>) overload).newInstance(arguments);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalArgumentException("nothing takes " + Arrays.toString(arguments));
    }

    private Reflect() {}
}
