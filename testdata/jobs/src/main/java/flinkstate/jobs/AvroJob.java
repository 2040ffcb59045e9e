package flinkstate.jobs;

import com.acme.Reading;

import flinkstate.make.HeldSequence;

import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.formats.avro.typeutils.AvroSerializer;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Avro records in state: generic ones, and a class by reflection. */
public final class AvroJob implements Job {
    private static final Schema PLACE =
            SchemaBuilder.record("Place")
                    .namespace("com.acme")
                    .fields()
                    .requiredDouble("lat")
                    .requiredDouble("lon")
                    .endRecord();

    private static final Schema EVENT =
            SchemaBuilder.record("Event")
                    .namespace("com.acme")
                    .fields()
                    .requiredLong("id")
                    .requiredInt("count")
                    .requiredString("name")
                    .optionalString("comment")
                    .requiredBoolean("active")
                    .requiredFloat("ratio")
                    .requiredBytes("payload")
                    .name("level")
                    .type(Schema.createEnum("Level", null, "com.acme", List.of("LOW", "HIGH")))
                    .noDefault()
                    .name("digest")
                    .type(Schema.createFixed("Digest", null, "com.acme", 4))
                    .noDefault()
                    .name("tags")
                    .type(Schema.createArray(Schema.create(Schema.Type.STRING)))
                    .noDefault()
                    .name("scores")
                    .type(Schema.createMap(Schema.create(Schema.Type.LONG)))
                    .noDefault()
                    .name("place")
                    .type(Schema.createUnion(Schema.create(Schema.Type.NULL), PLACE))
                    .noDefault()
                    .name("at")
                    .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
                    .noDefault()
                    .name("day")
                    .type(LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT)))
                    .noDefault()
                    .endRecord();

    @Override
    public String name() {
        return "avro";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        env.fromSource(HeldSequence.all(29), WatermarkStrategy.noWatermarks(), "held")
                .uid("numbers")
                .setParallelism(1)
                .keyBy(n -> n, Types.LONG)
                .process(new Records())
                .uid("records");
        return env.executeAsync("avro");
    }

    private static final class Records extends KeyedProcessFunction<Long, Long, Void> implements CheckpointedFunction {
        private transient ValueState<GenericRecord> event;
        private transient ListState<Reading> readings;

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            event =
                    context.getKeyedStateStore()
                            .getState(
                                    new ValueStateDescriptor<>(
                                            "event", new AvroSerializer<>(GenericRecord.class, EVENT)));
            readings =
                    context.getKeyedStateStore()
                            .getListState(new ListStateDescriptor<>("readings", new AvroSerializer<>(Reading.class)));
        }

        @Override
        public void processElement(Long n, Context context, Collector<Void> out) throws Exception {
            event.update(event(n.intValue()));
            readings.add(new Reading(-n, n / 3f, n % 2 == 0 ? null : "sensor " + n, 1, -2, n.intValue()));
            readings.add(new Reading(n, -0.5f, ""));
        }

        private static GenericRecord event(int n) {
            GenericRecord event = new GenericData.Record(EVENT);
            event.put("id", n * -1_000_000_007L);
            event.put("count", -n);
            event.put("name", Keys.name(n));
            event.put("comment", n % 3 == 0 ? null : "comment " + n);
            event.put("active", n % 2 == 0);
            event.put("ratio", n / 7f);
            event.put("payload", ByteBuffer.wrap(new byte[] {(byte) n, -1}));
            Schema level = EVENT.getField("level").schema();
            event.put("level", new GenericData.EnumSymbol(level, n % 2 == 0 ? "LOW" : "HIGH"));
            Schema digest = EVENT.getField("digest").schema();
            event.put("digest", new GenericData.Fixed(digest, new byte[] {1, 2, 3, (byte) n}));
            event.put("tags", n % 4 == 0 ? List.of() : List.of("tag " + n, ""));
            event.put("scores", Map.of("total", (long) n));
            event.put("place", n % 5 == 0 ? null : place(n));
            event.put("at", 1_700_000_000_000L + n);
            event.put("day", -n * 100);
            return event;
        }

        private static GenericRecord place(int n) {
            GenericRecord place = new GenericData.Record(PLACE);
            place.put("lat", n / 2.0);
            place.put("lon", -n / 2.0);
            return place;
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {}
    }
}
