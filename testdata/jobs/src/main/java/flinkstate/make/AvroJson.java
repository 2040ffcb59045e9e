package flinkstate.make;

import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.reflect.ReflectData;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Avro data by its schema; logical types look like the dates and times they stand for. */
final class AvroJson {
    static Object of(Object record) {
        return of(ReflectData.get().getSchema(record.getClass()), record, ReflectData.get());
    }

    static Object of(Schema schema, Object value, GenericData model) {
        switch (schema.getType()) {
            case UNION:
                return of(schema.getTypes().get(model.resolveUnion(schema, value)), value, model);
            case NULL:
                return null;
            case RECORD:
                Map<String, Object> object = new LinkedHashMap<>();
                for (Schema.Field field : schema.getFields()) {
                    object.put(
                            field.name(), of(field.schema(), model.getField(value, field.name(), field.pos()), model));
                }
                return object;
            case ARRAY:
                return array(schema.getElementType(), value, model);
            case MAP:
                Map<Object, Object> entries = new LinkedHashMap<>();
                ((Map<?, ?>) value)
                        .forEach((key, item) -> entries.put(key.toString(), of(schema.getValueType(), item, model)));
                return entries;
            case STRING:
            case ENUM:
                return value.toString();
            case FIXED:
                return Json.plain(((GenericFixed) value).bytes());
            case BYTES:
                return Json.plain(((ByteBuffer) value).array());
            case INT:
                return schema.getLogicalType() instanceof LogicalTypes.Date
                        ? Json.plain(LocalDate.ofEpochDay((Integer) value))
                        : value;
            case LONG:
                return schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
                        ? Json.timestamp((Long) value)
                        : value;
            default:
                return Json.plain(value);
        }
    }

    private static List<Object> array(Schema element, Object value, GenericData model) {
        List<Object> list = new ArrayList<>();
        if (value instanceof Collection) {
            ((Collection<?>) value).forEach(item -> list.add(of(element, item, model)));
        } else {
            for (int i = 0; i < Array.getLength(value); i++) {
                list.add(of(element, Array.get(value, i), model));
            }
        }
        return list;
    }

    private AvroJson() {}
}
