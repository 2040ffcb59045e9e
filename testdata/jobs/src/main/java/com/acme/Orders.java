package com.acme;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** The same order for the same number. */
public final class Orders {
    private static final double[] DOUBLES = {
        0.1, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MIN_VALUE, Double.MAX_VALUE
    };

    /** Every field set; the values are odd on purpose. */
    public static Order full(int n) {
        Order order = new Order();
        order.paid = n % 2 == 0;
        order.priority = (byte) (n * 37);
        order.warehouse = (short) (n * -1001);
        order.letter = (char) ('A' + n * 300);
        order.count = n * -7_654_321;
        order.id = n * 1_234_567_890_123_456L;
        order.weight = n / 3f;
        order.total = DOUBLES[n % DOUBLES.length];
        order.rating = n % 5;
        order.note = "note " + n + " äöü 日本 🦀";
        order.kind = n % 2 == 0 ? Kind.RETAIL : Kind.WHOLESALE;
        order.address = new Address("Street " + n, n % 4 == 0 ? null : "1011" + n % 10, n - 3);
        order.tags = n % 6 == 0 ? List.of() : List.of("a", "", "tag,with,commas " + n);
        order.lines = List.of(line(n), line(n + 1));
        order.points = new TreeMap<>(Map.of("gold", (long) n));
        order.points.put("none", null);
        order.steps = new TreeMap<>(Map.of(n, "step", -n - 1, ""));
        order.price = new BigDecimal(BigInteger.valueOf(n * 99_999L - 5), n % 9);
        order.serial = BigInteger.valueOf(-n).shiftLeft(n * 3);
        order.createdAt = Instant.ofEpochSecond(1_700_000_000L + n, n * 1_000_003L);
        order.day = LocalDate.of(2023, 11, 14).plusDays(n * 100L);
        order.time = LocalTime.of(22, 13, n % 60, n % 3 == 0 ? 0 : n * 1_000);
        order.moment = LocalDateTime.of(1969, 12, 31, 23, 59, 0, n * 1_000_000);
        order.sqlTimestamp = new java.sql.Timestamp(1_600_000_000_000L + n);
        order.sqlTimestamp.setNanos(n * 1_001);
        order.sqlDate = new java.sql.Date(-86_400_000L * n);
        order.sqlTime = new java.sql.Time(1_000L * n + n);
        order.date = new Date(-62_135_596_800_000L + n);
        order.uuid = new UUID(0x1234_5678_9abc_4defL * (n + 1), -n);
        order.bytes = new byte[] {(byte) n, 0, -1};
        order.longs = new long[] {Long.MIN_VALUE, n, Long.MAX_VALUE};
        order.doubles = DOUBLES;
        order.words = new String[] {"w" + n, null, ""};
        order.extras = new Line[] {line(n)};
        order.pet = n % 3 == 0 ? new Dog("Rex " + n, n % 2 == 0) : new Animal("Pet " + n, n % 9);
        return order;
    }

    /** Every field that can be null is. */
    public static Order empty() {
        return new Order();
    }

    private static Line line(int n) {
        return new Line("article " + n, n % 11 - 5, n % 5 == 0 ? null : new BigDecimal("19.99"));
    }

    private Orders() {}
}
