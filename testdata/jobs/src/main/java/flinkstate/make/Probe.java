package flinkstate.make;

import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamGraphHasherV2;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.SourceOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperatorFactory;
import org.apache.flink.streaming.api.windowing.triggers.Trigger;
import org.apache.flink.streaming.runtime.operators.windowing.WindowOperator;

import java.io.Serializable;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Stands in front of an operator's factory, and then of the operator, with all their interfaces: once the
 * operator is open, and before it sees anything else, it writes down what the operator holds.
 */
final class Probe implements InvocationHandler, Serializable {
    private final Object target;

    private Probe(Object target) {
        this.target = target;
    }

    /** Puts probes into a job that is about to be restored, and keeps its sources still. */
    static void into(StreamGraph graph) {
        Map<Integer, byte[]> hashes = new StreamGraphHasherV2().traverseStreamGraphAndGenerateHashes(graph);
        for (StreamNode node : graph.getStreamNodes()) {
            StreamOperatorFactory<?> factory = node.getOperatorFactory();
            if (factory instanceof SourceOperatorFactory) {
                Source<?, ?, ?> source = Reflect.field(factory, "source");
                if (source instanceof HeldSequence) {
                    ((HeldSequence) source).writeDown(new OperatorID(hashes.get(node.getId())).toString());
                }
            } else {
                Reflect.setField(node, "operatorFactory", around(factory));
            }
        }
    }

    private static Object around(Object target) {
        return Proxy.newProxyInstance(
                Probe.class.getClassLoader(), interfaces(target.getClass()).toArray(Class[]::new), new Probe(target));
    }

    private static Set<Class<?>> interfaces(Class<?> type) {
        Set<Class<?>> found = new LinkedHashSet<>();
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            for (Class<?> implemented : at.getInterfaces()) {
                if (Modifier.isPublic(implemented.getModifiers())) {
                    found.add(implemented);
                }
            }
        }
        return found;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        Object result;
        try {
            result = method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
        if (method.getName().equals("createStreamOperator")) {
            return around(result);
        }
        if (method.getName().equals("open") && target instanceof AbstractStreamOperator) {
            AbstractStreamOperator<?> operator = (AbstractStreamOperator<?>) target;
            if (operator instanceof WindowOperator) {
                WindowOperator<?, ?, ?, ?, ?> windows = (WindowOperator<?, ?, ?, ?, ?>) operator;
                register(windows, windows.getTrigger());
            }
            new SubtaskDump(operator.getOperatorID().toString(), operator).run();
        }
        return result;
    }

    /** Triggers register their states when the first element comes. */
    private static void register(WindowOperator<?, ?, ?, ?, ?> operator, Trigger<?, ?> trigger) throws Exception {
        TypeSerializer<Object> windows = Reflect.field(operator, "windowSerializer");
        for (Field field : trigger.getClass().getDeclaredFields()) {
            Object value = Reflect.get(field, trigger);
            if (value instanceof StateDescriptor) {
                operator.getKeyedStateBackend()
                        .getOrCreateKeyedState(windows, Probe.<StateDescriptor<? extends State, ?>>cast(value));
            } else if (value instanceof Trigger) {
                register(operator, (Trigger<?, ?>) value);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> T cast(Object value) {
        return (T) value;
    }
}
