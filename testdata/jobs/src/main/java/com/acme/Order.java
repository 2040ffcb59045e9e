package com.acme;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** One field of every type that a POJO is likely to have. */
public class Order {
    public boolean paid;
    public byte priority;
    public short warehouse;
    public char letter;
    public int count;
    public long id;
    public float weight;
    public double total;
    public Integer rating;
    public String note;
    public Kind kind;
    public Address address;
    public List<String> tags;
    public List<Line> lines;
    public Map<String, Long> points;
    public Map<Integer, String> steps;
    public BigDecimal price;
    public BigInteger serial;
    public Instant createdAt;
    public LocalDate day;
    public LocalTime time;
    public LocalDateTime moment;
    public java.sql.Timestamp sqlTimestamp;
    public java.sql.Date sqlDate;
    public java.sql.Time sqlTime;
    public Date date;
    public UUID uuid;
    public byte[] bytes;
    public long[] longs;
    public double[] doubles;
    public String[] words;
    public Line[] extras;
    public Animal pet;
    /** Added later: only {@link #typeWithChannel()} knows it. */
    public String channel;

    /** With the collections declared: Flink 1 would leave them to Kryo. */
    public static TypeInformation<Order> type() {
        return Types.POJO(Order.class, fields());
    }

    public static TypeInformation<Order> typeWithChannel() {
        Map<String, TypeInformation<?>> fields = fields();
        fields.put("channel", Types.STRING);
        return Types.POJO(Order.class, fields);
    }

    private static Map<String, TypeInformation<?>> fields() {
        Map<String, TypeInformation<?>> fields = new HashMap<>();
        fields.put("paid", Types.BOOLEAN);
        fields.put("priority", Types.BYTE);
        fields.put("warehouse", Types.SHORT);
        fields.put("letter", Types.CHAR);
        fields.put("count", Types.INT);
        fields.put("id", Types.LONG);
        fields.put("weight", Types.FLOAT);
        fields.put("total", Types.DOUBLE);
        fields.put("rating", Types.INT);
        fields.put("note", Types.STRING);
        fields.put("kind", Types.ENUM(Kind.class));
        fields.put("address", Types.POJO(Address.class));
        fields.put("tags", Types.LIST(Types.STRING));
        fields.put("lines", Types.LIST(Types.POJO(Line.class)));
        fields.put("points", Types.MAP(Types.STRING, Types.LONG));
        fields.put("steps", Types.MAP(Types.INT, Types.STRING));
        fields.put("price", Types.BIG_DEC);
        fields.put("serial", Types.BIG_INT);
        fields.put("createdAt", Types.INSTANT);
        fields.put("day", Types.LOCAL_DATE);
        fields.put("time", Types.LOCAL_TIME);
        fields.put("moment", Types.LOCAL_DATE_TIME);
        fields.put("sqlTimestamp", Types.SQL_TIMESTAMP);
        fields.put("sqlDate", Types.SQL_DATE);
        fields.put("sqlTime", Types.SQL_TIME);
        fields.put("date", TypeInformation.of(Date.class));
        fields.put("uuid", Types.GENERIC(UUID.class));
        fields.put("bytes", Types.PRIMITIVE_ARRAY(Types.BYTE));
        fields.put("longs", Types.PRIMITIVE_ARRAY(Types.LONG));
        fields.put("doubles", Types.PRIMITIVE_ARRAY(Types.DOUBLE));
        fields.put("words", TypeInformation.of(String[].class));
        fields.put("extras", Types.OBJECT_ARRAY(Types.POJO(Line.class)));
        fields.put("pet", Types.POJO(Animal.class));
        return fields;
    }
}
