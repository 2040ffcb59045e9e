package flinkstate.jobs;

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.state.v2.AggregatingState;
import org.apache.flink.api.common.state.v2.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.v2.ListState;
import org.apache.flink.api.common.state.v2.ListStateDescriptor;
import org.apache.flink.api.common.state.v2.MapState;
import org.apache.flink.api.common.state.v2.MapStateDescriptor;
import org.apache.flink.api.common.state.v2.ReducingState;
import org.apache.flink.api.common.state.v2.ReducingStateDescriptor;
import org.apache.flink.api.common.state.v2.State;
import org.apache.flink.api.common.state.v2.ValueState;
import org.apache.flink.api.common.state.v2.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

import java.util.List;

/** Later rounds append to what earlier ones have written, overwrite it, and delete some of it. */
final class AsyncHistory extends KeyedProcessFunction<String, Long, Void> {
    private static final long YEAR_2200 = 7_258_118_400_000L;

    private transient ValueState<Long> count;
    private transient ValueState<String> seen;
    private transient ListState<String> tags;
    private transient ListState<String> visits;
    private transient MapState<String, Long> totals;
    private transient MapState<Long, String> notes;
    private transient ReducingState<Long> most;
    private transient AggregatingState<Long, Long> average;

    @Override
    public void open(OpenContext context) {
        RuntimeContext states = getRuntimeContext();
        count = states.getState(new ValueStateDescriptor<>("count", Types.LONG));
        ValueStateDescriptor<String> expiringValue = new ValueStateDescriptor<>("seen", Types.STRING);
        expiringValue.enableTimeToLive(Times.expiry());
        seen = states.getState(expiringValue);
        tags = states.getListState(new ListStateDescriptor<>("tags", Types.STRING));
        ListStateDescriptor<String> expiringList = new ListStateDescriptor<>("visits", Types.STRING);
        expiringList.enableTimeToLive(Times.expiry());
        visits = states.getListState(expiringList);
        totals = states.getMapState(new MapStateDescriptor<>("totals", Types.STRING, Types.LONG));
        MapStateDescriptor<Long, String> expiringMap = new MapStateDescriptor<>("notes", Types.LONG, Types.STRING);
        expiringMap.enableTimeToLive(Times.expiry());
        notes = states.getMapState(expiringMap);
        most = states.getReducingState(new ReducingStateDescriptor<>("most", Math::max, Types.LONG));
        average =
                states.getAggregatingState(
                        new AggregatingStateDescriptor<>(
                                "average", new Average(), Types.TUPLE(Types.LONG, Types.LONG)));
    }

    @Override
    public void processElement(Long number, Context context, Collector<Void> out) {
        int n = (int) (number % AsyncJob.KEYS);
        switch ((int) (number / AsyncJob.KEYS)) {
            case 0:
                create(n, context.timerService());
                break;
            case 1:
                extend(n);
                break;
            default:
                deleteSome(n, context.timerService());
        }
    }

    private void create(int n, TimerService timers) {
        count.asyncUpdate((long) n);
        seen.asyncUpdate("first");
        tags.asyncAddAll(List.of("first " + n, "", "comma, 🦀"));
        visits.asyncAdd("one");
        totals.asyncPut("a", (long) n);
        totals.asyncPut("b", (long) -n);
        totals.asyncPut("", Long.MIN_VALUE);
        notes.asyncPut((long) n, "note " + n);
        most.asyncAdd((long) n);
        average.asyncAdd((long) n);
        timers.registerEventTimeTimer(YEAR_2200 + n);
        timers.registerProcessingTimeTimer(YEAR_2200 - n);
    }

    private void extend(int n) {
        count.asyncValue().thenCompose(value -> count.asyncUpdate(value + 1000));
        tags.asyncAdd("second");
        visits.asyncAdd("two");
        totals.asyncPut("c", 3L * n);
        totals.asyncRemove("a");
        notes.asyncPut(-1L, "negative");
        most.asyncAdd(10L);
        average.asyncAdd(100L);
    }

    private void deleteSome(int n, TimerService timers) {
        switch (n % 4) {
            case 1:
                List.of(count, seen, tags, visits, totals, notes, most, average).forEach(State::asyncClear);
                timers.deleteEventTimeTimer(YEAR_2200 + n);
                timers.deleteProcessingTimeTimer(YEAR_2200 - n);
                break;
            case 2:
                tags.asyncUpdate(List.of("replaced", "" + n));
                seen.asyncClear();
                break;
            case 3:
                totals.asyncRemove("b");
                notes.asyncRemove(-1L);
                timers.deleteEventTimeTimer(YEAR_2200 + n);
                break;
            default:
                tags.asyncAdd("third");
        }
    }

    private static final class Average implements AggregateFunction<Long, Tuple2<Long, Long>, Long> {
        @Override
        public Tuple2<Long, Long> createAccumulator() {
            return Tuple2.of(0L, 0L);
        }

        @Override
        public Tuple2<Long, Long> add(Long value, Tuple2<Long, Long> sum) {
            return Tuple2.of(sum.f0 + value, sum.f1 + 1);
        }

        @Override
        public Long getResult(Tuple2<Long, Long> sum) {
            return sum.f0 / sum.f1;
        }

        @Override
        public Tuple2<Long, Long> merge(Tuple2<Long, Long> a, Tuple2<Long, Long> b) {
            return Tuple2.of(a.f0 + b.f0, a.f1 + b.f1);
        }
    }
}
