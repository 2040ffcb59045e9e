package flinkstate.jobs;

import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

import java.util.List;

/** Later rounds append to what earlier ones have written, overwrite it, delete it, and bring some of it back. */
final class History extends KeyedProcessFunction<String, Long, Void> implements CheckpointedFunction {
    private static final long YEAR_2200 = 7_258_118_400_000L;

    private transient ValueState<Long> count;
    private transient ValueState<String> note;
    private transient ListState<String> tags;
    private transient MapState<String, Long> totals;
    private transient ListState<String> visits;

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        KeyedStateStore store = context.getKeyedStateStore();
        count = store.getState(new ValueStateDescriptor<>("count", Types.LONG));
        note = store.getState(new ValueStateDescriptor<>("note", Types.STRING));
        tags = store.getListState(new ListStateDescriptor<>("tags", Types.STRING));
        totals = store.getMapState(new MapStateDescriptor<>("totals", Types.STRING, Types.LONG));
        ListStateDescriptor<String> expiring = new ListStateDescriptor<>("visits", Types.STRING);
        expiring.enableTimeToLive(Times.expiry());
        visits = store.getListState(expiring);
    }

    @Override
    public void processElement(Long number, Context context, Collector<Void> out) throws Exception {
        int n = (int) (number % HistoryJob.KEYS);
        TimerService timers = context.timerService();
        switch ((int) (number / HistoryJob.KEYS)) {
            case 0:
                create(n, timers);
                break;
            case 1:
                extend(n);
                break;
            case 2:
                deleteSome(n, timers);
                break;
            case 3:
                extendWhatWasDeleted(n, timers);
                break;
            case 4:
                deleteOthersAndRecreate(n, timers);
                break;
            default:
                extendAgain(n);
        }
    }

    private void create(int n, TimerService timers) throws Exception {
        count.update((long) n);
        note.update(("note " + n + " ").repeat(20));
        tags.add("first " + n);
        tags.add("");
        tags.add("comma, 🦀");
        totals.put("a", (long) n);
        totals.put("b", (long) -n);
        totals.put("", Long.MIN_VALUE);
        visits.add("one");
        timers.registerEventTimeTimer(YEAR_2200 + n);
        timers.registerProcessingTimeTimer(YEAR_2200 - n);
    }

    private void extend(int n) throws Exception {
        if (n % 2 == 0) {
            count.update(count.value() + 1000);
        }
        if (n % 3 == 0) {
            tags.add("second");
        } else {
            visits.add("two");
        }
        if (n % 4 == 0) {
            totals.remove("a");
        } else {
            totals.put("c", 3L * n);
        }
    }

    private void deleteSome(int n, TimerService timers) throws Exception {
        switch (n % 5) {
            case 1:
                delete(n, timers);
                break;
            case 2:
                tags.clear();
                tags.add("after clear");
                break;
            case 3:
                tags.update(List.of("replaced", "" + n));
                break;
            case 4:
                totals.clear();
                break;
            default:
                note.clear();
        }
    }

    private void extendWhatWasDeleted(int n, TimerService timers) throws Exception {
        if (n % 2 == 0) {
            tags.add("third");
            timers.deleteEventTimeTimer(YEAR_2200 + n);
        }
        if (n % 8 == 4) {
            totals.put("d", 4L * n);
            totals.remove("b");
        }
    }

    private void deleteOthersAndRecreate(int n, TimerService timers) throws Exception {
        if (n % 7 == 3) {
            delete(n, timers);
        }
        if (n % 15 == 6) {
            create(n, timers);
        }
    }

    private void extendAgain(int n) throws Exception {
        if (n % 6 == 0) {
            tags.add("last");
            visits.add("last");
        }
        if (n % 8 == 7) {
            totals.remove("b");
        }
    }

    private void delete(int n, TimerService timers) {
        count.clear();
        note.clear();
        tags.clear();
        totals.clear();
        visits.clear();
        timers.deleteEventTimeTimer(YEAR_2200 + n);
        timers.deleteProcessingTimeTimer(YEAR_2200 - n);
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {}
}
