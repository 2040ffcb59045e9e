package flinkstate.jobs;

import com.acme.Opaque;
import com.acme.Order;
import com.acme.Orders;

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.AggregatingState;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.runtime.NullableSerializer;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.types.Either;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;

import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Each kind of keyed state, with and without TTL, timers, and the value types that are more than a number.
 * With changes it can be restored, but sees no records.
 */
final class AllKinds extends KeyedProcessFunction<String, Long, Void> implements CheckpointedFunction {
    private static final long YEAR_2200 = 7_258_118_400_000L;

    private final Set<Change> changes;
    private transient ValueState<Long> count;
    private transient ListState<String> tags;
    private transient MapState<String, Long> totals;
    /** Of strings: Flink can't write a null long from a map into a savepoint. */
    private transient MapState<String, String> notes;
    private transient ReducingState<Long> sum;
    private transient AggregatingState<Long, Double> mean;
    private transient ValueState<String> ttlValue;
    private transient ListState<String> ttlList;
    private transient MapState<String, Long> ttlMap;
    private transient ValueState<Order> order;
    private transient ValueState<Row> row;
    private transient ValueState<Either<String, Long>> either;
    private transient ValueState<List<Integer>> nullable;
    private transient ValueState<Opaque> opaque;

    AllKinds(Set<Change> changes) {
        this.changes = changes;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        KeyedStateStore store = context.getKeyedStateStore();
        if (changes.contains(Change.COUNT_AS_STRING)) {
            store.getState(new ValueStateDescriptor<>("count", Types.STRING));
        } else {
            count = store.getState(new ValueStateDescriptor<>("count", Types.LONG));
        }
        String tagsName = changes.contains(Change.TAGS_AS_LABELS) ? "labels" : "tags";
        tags = store.getListState(new ListStateDescriptor<>(tagsName, Types.STRING));
        totals = store.getMapState(new MapStateDescriptor<>("totals", Types.STRING, Types.LONG));
        if (!changes.contains(Change.WITHOUT_NOTES)) {
            notes = store.getMapState(new MapStateDescriptor<>("notes", Types.STRING, Types.STRING));
        }
        if (changes.contains(Change.WITH_SCORE)) {
            store.getState(new ValueStateDescriptor<>("score", Types.DOUBLE));
        }
        sum = store.getReducingState(new ReducingStateDescriptor<>("sum", Long::sum, Types.LONG));
        mean =
                store.getAggregatingState(
                        new AggregatingStateDescriptor<>("mean", new Mean(), Types.TUPLE(Types.LONG, Types.LONG)));
        ttlValue = store.getState(expiring(new ValueStateDescriptor<>("ttl-value", Types.STRING)));
        ttlList = store.getListState(expiring(new ListStateDescriptor<>("ttl-list", Types.STRING)));
        ttlMap = store.getMapState(expiring(new MapStateDescriptor<>("ttl-map", Types.STRING, Types.LONG)));
        order =
                store.getState(
                        new ValueStateDescriptor<>(
                                "order",
                                changes.contains(Change.ORDER_WITH_CHANNEL) ? Order.typeWithChannel() : Order.type()));
        row =
                store.getState(
                        new ValueStateDescriptor<>(
                                "row",
                                Types.ROW_NAMED(
                                        new String[] {"name", "age", "inner"},
                                        Types.STRING,
                                        Types.INT,
                                        Types.ROW(Types.DOUBLE, Types.LOCAL_DATE))));
        either = store.getState(new ValueStateDescriptor<>("either", Types.EITHER(Types.STRING, Types.LONG)));
        nullable =
                store.getState(
                        new ValueStateDescriptor<>(
                                "nullable",
                                new ListSerializer<>(NullableSerializer.wrap(IntSerializer.INSTANCE, true))));
        opaque = store.getState(new ValueStateDescriptor<>("opaque", Types.GENERIC(Opaque.class)));
    }

    private static <D extends StateDescriptor<?, ?>> D expiring(D descriptor) {
        descriptor.enableTimeToLive(Times.expiry());
        return descriptor;
    }

    @Override
    public void processElement(Long number, Context context, Collector<Void> out) throws Exception {
        int n = (int) (number % Keys.COUNT);
        if (number < Keys.COUNT) {
            first(n, context.timerService());
        } else {
            second(n, context.timerService());
        }
    }

    private void first(int n, TimerService timers) throws Exception {
        count.update(n * -1_000_000_007L);
        tags.add("first " + n);
        tags.add("");
        tags.add("comma, 🦀");
        totals.put("a", (long) n);
        totals.put("", -1L);
        notes.put("null", null);
        notes.put("ünï", "note " + n);
        sum.add(40L);
        sum.add((long) n);
        mean.add((long) n);
        mean.add(10L);
        ttlValue.update("value " + n);
        ttlList.add("one");
        ttlList.add("two " + n);
        ttlMap.put("x", (long) n);
        ttlMap.put("", Long.MIN_VALUE);
        if (n % 3 != 1) {
            order.update(n == 5 ? Orders.empty() : Orders.full(n));
        }
        row.update(row(n));
        either.update(n % 2 == 0 ? Either.Left("left " + n) : Either.Right((long) n));
        nullable.update(Arrays.asList(n, null, n % 4 == 0 ? null : -n));
        opaque.update(new Opaque("opaque " + n, n, -n));
        timers.registerEventTimeTimer(YEAR_2200 + n);
        timers.registerProcessingTimeTimer(YEAR_2200 - n);
        if (n == 9) {
            timers.registerEventTimeTimer(Long.MAX_VALUE);
        }
    }

    /** What an earlier checkpoint holds is changed, added to and taken away. */
    private void second(int n, TimerService timers) throws Exception {
        if (n % 3 == 0) {
            tags.add("second " + n);
            ttlList.add("three");
            totals.remove("a");
            totals.put("b", 2L * n);
            mean.add(1L);
        }
        if (n % 4 == 0) {
            count.update(count.value() + 1);
            sum.add(100L);
        }
        if (n % 5 == 0) {
            row.clear();
            ttlValue.clear();
        }
        if (n % 7 == 0) {
            timers.deleteEventTimeTimer(YEAR_2200 + n);
        }
        if (n % 11 == 0) {
            tags.clear();
            totals.clear();
        }
    }

    private static Row row(int n) {
        Row row = Row.ofKind(RowKind.values()[n % 4], n % 3 == 0 ? null : "row " + n, n, null);
        if (n % 2 == 0) {
            row.setField(2, Row.of(n / 4.0, LocalDate.ofEpochDay(-n)));
        }
        return row;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {}

    private static final class Mean implements AggregateFunction<Long, Tuple2<Long, Long>, Double> {
        @Override
        public Tuple2<Long, Long> createAccumulator() {
            return Tuple2.of(0L, 0L);
        }

        @Override
        public Tuple2<Long, Long> add(Long value, Tuple2<Long, Long> sum) {
            return Tuple2.of(sum.f0 + value, sum.f1 + 1);
        }

        @Override
        public Double getResult(Tuple2<Long, Long> sum) {
            return sum.f0 / (double) sum.f1;
        }

        @Override
        public Tuple2<Long, Long> merge(Tuple2<Long, Long> a, Tuple2<Long, Long> b) {
            return Tuple2.of(a.f0 + b.f0, a.f1 + b.f1);
        }
    }
}
