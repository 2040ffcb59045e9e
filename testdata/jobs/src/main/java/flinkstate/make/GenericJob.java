package flinkstate.make;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.memory.ManagedMemoryUseCase;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;

import java.util.HashMap;
import java.util.Map;

/**
 * A job that needs no classes but those that the snapshot names: every operator is replaced by one that
 * writes down what it was given, every source by a {@link RawSource}. It ends by itself.
 */
final class GenericJob {
    private final StreamExecutionEnvironment env;
    private final Snapshot snapshot;
    private final Map<String, String> uids;
    /** Null: each operator as it was. */
    private final Integer parallelism;

    GenericJob(
            StreamExecutionEnvironment env, Snapshot snapshot, Map<String, String> uids, Integer parallelism) {
        this.env = env;
        this.snapshot = snapshot;
        this.uids = uids;
        this.parallelism = parallelism;
    }

    StreamGraph graph() {
        // With checkpoints tasks that come to their end wait for one more.
        env.getCheckpointConfig().disableCheckpointing();
        // Operators that had finished can't be in one task with others.
        env.disableOperatorChaining();
        DataStream<Long> nothing = env.fromSequence(0, 0).setParallelism(1).filter(n -> false).setParallelism(1);
        Map<SingleOutputStreamOperator<Long>, Schema> keyed = new HashMap<>();
        for (OperatorState operator : snapshot.metadata.getOperatorStates()) {
            Schema schema = snapshot.schemas.get(operator.getOperatorID().toString());
            if (operator.getCoordinatorState() != null) {
                source(operator);
            } else if (!schema.isEmpty()) {
                keyed.put(operator(nothing, operator), schema);
            }
        }
        StreamGraph graph = env.getStreamGraph();
        keyed.forEach(
                (dump, schema) -> {
                    if (schema.key != null) {
                        graph.getStreamNode(dump.getId()).setStateKeySerializer(schema.key.restoreSerializer());
                    }
                });
        return graph;
    }

    private void source(OperatorState operator) {
        String id = operator.getOperatorID().toString();
        place(env.fromSource(new RawSource(id), WatermarkStrategy.noWatermarks(), "source", Types.LONG), operator)
                .filter(n -> false)
                .setParallelism(1);
    }

    private SingleOutputStreamOperator<Long> operator(DataStream<Long> input, OperatorState operator) {
        String id = operator.getOperatorID().toString();
        OneInputStreamOperator<Long, Long> dumps =
                snapshot.schemas.get(id).isAsync() ? AsyncState.dumpOperator(id) : new DumpOperator(id);
        SingleOutputStreamOperator<Long> dump = place(input.transform("dump", Types.LONG, dumps), operator);
        dump.getTransformation().declareManagedMemoryUseCaseAtSlotScope(ManagedMemoryUseCase.STATE_BACKEND);
        return dump;
    }

    private SingleOutputStreamOperator<Long> place(SingleOutputStreamOperator<Long> stream, OperatorState operator) {
        String id = operator.getOperatorID().toString();
        // With the ID alone Flink restores tasks, but not the enumerator of a source.
        return (uids.containsKey(id) ? stream.uid(uids.get(id)) : stream.setUidHash(id))
                .setParallelism(parallelism == null ? operator.getParallelism() : parallelism)
                .setMaxParallelism(operator.getMaxParallelism());
    }
}
