package flinkstate.make;

import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.GenericArraySerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.api.java.tuple.Tuple;
import org.apache.flink.api.java.typeutils.runtime.EitherSerializer;
import org.apache.flink.api.java.typeutils.runtime.NullableSerializer;
import org.apache.flink.api.java.typeutils.runtime.PojoSerializer;
import org.apache.flink.api.java.typeutils.runtime.RowSerializer;
import org.apache.flink.api.java.typeutils.runtime.TupleSerializerBase;
import org.apache.flink.api.java.typeutils.runtime.kryo.KryoSerializer;
import org.apache.flink.formats.avro.typeutils.AvroSerializer;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.streaming.api.windowing.windows.GlobalWindow;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.ExternalSerializer;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.types.Either;
import org.apache.flink.types.Row;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Java values in the JSON form that {@code testdata/README.md} describes. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    /** Timestamps further from 1970 than this have no calendar date in many libraries. */
    private static final long LAST_YEAR = 262_000;

    private final Pojos pojos;

    Json(Collection<TypeSerializer<?>> serializers) {
        pojos = new Pojos(serializers);
    }

    static String line(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static String pretty(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static Object timestamp(long millis) {
        Instant instant = Instant.ofEpochMilli(millis);
        int year = instant.atOffset(ZoneOffset.UTC).getYear();
        return Math.abs(year) > LAST_YEAR ? (Object) millis : instant.toString();
    }

    /** The fields of a tuple, a row and the like, by their position. */
    static Map<String, Object> positions(List<Object> values) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (Object value : values) {
            object.put("f" + object.size(), value);
        }
        return object;
    }

    Object of(TypeSerializer<?> serializer, Object value) {
        if (value == null) {
            return null;
        }
        if (serializer instanceof NullableSerializer) {
            return of(Children.of(serializer).get(0), value);
        }
        if (serializer instanceof PojoSerializer) {
            return pojos.json(this, (PojoSerializer<?>) serializer, value);
        }
        if (serializer instanceof TupleSerializerBase) {
            List<Object> fields = new ArrayList<>();
            for (TypeSerializer<?> field : Children.of(serializer)) {
                fields.add(of(field, ((Tuple) value).getField(fields.size())));
            }
            return positions(fields);
        }
        if (serializer instanceof RowSerializer) {
            return row(Children.of(serializer), (Row) value);
        }
        if (serializer instanceof ListSerializer) {
            TypeSerializer<?> element = Children.of(serializer).get(0);
            List<Object> list = new ArrayList<>();
            ((List<?>) value).forEach(item -> list.add(of(element, item)));
            return list;
        }
        if (serializer instanceof GenericArraySerializer) {
            TypeSerializer<?> element = Children.of(serializer).get(0);
            List<Object> list = new ArrayList<>();
            for (Object item : (Object[]) value) {
                list.add(of(element, item));
            }
            return list;
        }
        if (serializer instanceof MapSerializer) {
            MapSerializer<?, ?> map = (MapSerializer<?, ?>) serializer;
            return map((Map<?, ?>) value, map.getKeySerializer(), map.getValueSerializer());
        }
        if (serializer instanceof EitherSerializer) {
            return either((EitherSerializer<?, ?>) serializer, (Either<?, ?>) value);
        }
        if (serializer instanceof RowDataSerializer) {
            return RowDataJson.row((RowDataSerializer) serializer, (RowData) value);
        }
        if (serializer instanceof ExternalSerializer) {
            return RowDataJson.external((ExternalSerializer<?, ?>) serializer, value);
        }
        if (value instanceof GenericRecord) {
            return AvroJson.of(((GenericRecord) value).getSchema(), value, GenericData.get());
        }
        if (serializer instanceof AvroSerializer) {
            return AvroJson.of(value);
        }
        if (serializer instanceof KryoSerializer && !value.getClass().getName().startsWith("java.")) {
            return Map.of("$kryo", value.getClass().getName());
        }
        return plain(value);
    }

    private Map<String, Object> row(List<TypeSerializer<?>> serializers, Row row) {
        List<Object> fields = new ArrayList<>();
        for (TypeSerializer<?> field : serializers) {
            fields.add(of(field, row.getField(fields.size())));
        }
        Map<String, Object> object = positions(fields);
        object.put("$row_kind", row.getKind().shortString());
        return object;
    }

    private Object map(Map<?, ?> map, TypeSerializer<?> keys, TypeSerializer<?> values) {
        Map<Object, Object> entries = new LinkedHashMap<>();
        map.forEach((key, value) -> entries.put(of(keys, key), of(values, value)));
        return map.keySet().stream().allMatch(key -> key instanceof String) ? entries : entries(entries);
    }

    /** A map whose keys are not strings, by the text of its keys. */
    static List<Object> entries(Map<Object, Object> map) {
        List<Object> list = new ArrayList<>();
        map.entrySet().stream()
                .sorted(Comparator.comparing(entry -> line(entry.getKey())))
                .forEach(
                        item -> {
                            Map<String, Object> entry = new LinkedHashMap<>();
                            entry.put("key", item.getKey());
                            entry.put("value", item.getValue());
                            list.add(entry);
                        });
        return list;
    }

    private Map<String, Object> either(EitherSerializer<?, ?> serializer, Either<?, ?> either) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("left", either.isLeft() ? of(serializer.getLeftSerializer(), either.left()) : null);
        object.put("right", either.isRight() ? of(serializer.getRightSerializer(), either.right()) : null);
        return object;
    }

    /** A value whose class alone says how it looks. */
    static Object plain(Object value) {
        if (value instanceof String || value instanceof Boolean) {
            return value;
        }
        if (value instanceof Byte || value instanceof Short || value instanceof Integer || value instanceof Long) {
            return value;
        }
        if (value instanceof Float || value instanceof Double) {
            return Double.isFinite(((Number) value).doubleValue()) ? value : value.toString();
        }
        if (value instanceof Character) {
            return (int) (Character) value;
        }
        if (value instanceof BigDecimal) {
            return ((BigDecimal) value).toPlainString();
        }
        if (value instanceof Enum) {
            return ((Enum<?>) value).name();
        }
        if (value instanceof BigInteger
                || value instanceof UUID
                || value instanceof Instant
                || value instanceof LocalDate) {
            return value.toString();
        }
        if (value instanceof LocalDateTime) {
            return dateTime((LocalDateTime) value);
        }
        if (value instanceof LocalTime) {
            return dateTime(((LocalTime) value).atDate(LocalDate.EPOCH)).substring("1970-01-01T".length());
        }
        if (value instanceof java.sql.Timestamp) {
            java.sql.Timestamp timestamp = (java.sql.Timestamp) value;
            return timestamp.toInstant().toString();
        }
        if (value instanceof java.util.Date) {
            return timestamp(((java.util.Date) value).getTime());
        }
        if (value instanceof byte[]) {
            return hex((byte[]) value);
        }
        if (value.getClass().isArray()) {
            List<Object> list = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) {
                Object item = Array.get(value, i);
                list.add(item == null ? null : plain(item));
            }
            return list;
        }
        if (value instanceof TimeWindow) {
            Map<String, Object> window = new LinkedHashMap<>();
            window.put("start", timestamp(((TimeWindow) value).getStart()));
            window.put("end", timestamp(((TimeWindow) value).getEnd()));
            return window;
        }
        if (value instanceof GlobalWindow) {
            return Map.of();
        }
        throw new IllegalArgumentException("no JSON form for " + value.getClass());
    }

    /** Instants print seconds always, and the fraction in groups of three digits. */
    private static String dateTime(LocalDateTime value) {
        String instant = value.toInstant(ZoneOffset.UTC).toString();
        return instant.substring(0, instant.length() - 1);
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(String.format("%02x", b));
        }
        return text.toString();
    }
}
