package flinkstate.make;

import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RawValueData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.conversion.DataStructureConverter;
import org.apache.flink.table.data.conversion.DataStructureConverters;
import org.apache.flink.table.runtime.typeutils.ExternalSerializer;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RawType;
import org.apache.flink.table.types.logical.RowType;

import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The internal values of Table and SQL, which only their logical type explains. */
final class RowDataJson {
    static Map<String, Object> row(RowDataSerializer serializer, RowData row) {
        LogicalType[] types = Reflect.field(serializer, "types");
        List<Object> fields = new ArrayList<>();
        for (LogicalType type : types) {
            fields.add(field(row, fields.size(), type));
        }
        Map<String, Object> object = Json.positions(fields);
        object.put("$row_kind", row.getRowKind().shortString());
        return object;
    }

    static Object external(ExternalSerializer<?, ?> serializer, Object value) {
        DataType type = Reflect.field(serializer, "dataType");
        if (Reflect.<Boolean>field(serializer, "isInternalInput")) {
            return of(type.getLogicalType(), value);
        }
        DataStructureConverter<Object, Object> converter = DataStructureConverters.getConverter(type);
        converter.open(RowDataJson.class.getClassLoader());
        return of(type.getLogicalType(), converter.toInternal(value));
    }

    private static Object field(RowData row, int position, LogicalType type) {
        return of(type, RowData.createFieldGetter(type, position).getFieldOrNull(row));
    }

    @SuppressWarnings("unchecked")
    private static Object of(LogicalType type, Object value) {
        if (value == null) {
            return null;
        }
        switch (type.getTypeRoot()) {
            case CHAR:
            case VARCHAR:
                return value.toString();
            case DECIMAL:
                return Json.plain(((DecimalData) value).toBigDecimal());
            case DATE:
                return Json.plain(LocalDate.ofEpochDay((Integer) value));
            case TIME_WITHOUT_TIME_ZONE:
                return Json.plain(LocalTime.ofNanoOfDay((Integer) value * 1_000_000L));
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                return Json.plain(((TimestampData) value).toLocalDateTime());
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                return Json.plain(((TimestampData) value).toInstant());
            case ARRAY:
                return array(((ArrayType) type).getElementType(), (ArrayData) value);
            case MAP:
                return map((MapType) type, (MapData) value);
            case ROW:
                return named((RowType) type, (RowData) value);
            case RAW:
                return Json.plain(((RawValueData<Object>) value).toBytes(((RawType<Object>) type).getTypeSerializer()));
            default:
                return Json.plain(value);
        }
    }

    private static List<Object> array(LogicalType type, ArrayData array) {
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(type);
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            list.add(of(type, getter.getElementOrNull(array, i)));
        }
        return list;
    }

    private static Object map(MapType type, MapData map) {
        List<Object> keys = array(type.getKeyType(), map.keyArray());
        List<Object> values = array(type.getValueType(), map.valueArray());
        Map<Object, Object> entries = new LinkedHashMap<>();
        for (int i = 0; i < map.size(); i++) {
            entries.put(keys.get(i), values.get(i));
        }
        return Json.entries(entries);
    }

    private static Map<String, Object> named(RowType type, RowData row) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (RowType.RowField field : type.getFields()) {
            object.put(field.getName(), field(row, object.size(), field.getType()));
        }
        return object;
    }

    private RowDataJson() {}
}
