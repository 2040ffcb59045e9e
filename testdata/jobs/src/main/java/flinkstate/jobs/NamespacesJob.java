package flinkstate.jobs;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

import java.nio.file.Path;
import java.util.List;

/** Namespaces of variable length under keys of variable length: composite keys then carry lengths. */
public final class NamespacesJob implements Job {
    @Override
    public String name() {
        return "namespaces";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        env.fromSource(HeldSequence.all(2 * Keys.COUNT - 1), WatermarkStrategy.noWatermarks(), "held")
                .uid("numbers")
                .setParallelism(1)
                .keyBy(n -> Keys.name(n % Keys.COUNT), Types.STRING)
                .transform("spaces", Types.LONG, new Spaces())
                .uid("spaces");
        return env.executeAsync("namespaces");
    }

    private static final class Spaces extends AbstractStreamOperator<Long>
            implements OneInputStreamOperator<Long, Long>, Triggerable<String, String> {
        private static final long YEAR_2200 = 7_258_118_400_000L;

        private static final ValueStateDescriptor<Long> VALUE = new ValueStateDescriptor<>("value", Types.LONG);
        private static final ListStateDescriptor<String> LIST = new ListStateDescriptor<>("list", Types.STRING);
        private static final MapStateDescriptor<Integer, String> MAP =
                new MapStateDescriptor<>("map", Types.INT, Types.STRING);

        private transient InternalTimerService<String> timers;

        @Override
        public void open() throws Exception {
            super.open();
            timers = getInternalTimerService("space-timers", StringSerializer.INSTANCE, this);
            for (StateDescriptor<? extends State, ?> state : List.of(VALUE, LIST, MAP)) {
                getOrCreateKeyedState(StringSerializer.INSTANCE, state);
            }
        }

        @Override
        public void processElement(StreamRecord<Long> element) throws Exception {
            long n = element.getValue();
            String namespace = n % 5 == 0 ? "" : "é ".repeat((int) n % 13 == 12 ? 100 : (int) n % 13);
            ValueState<Long> value = getPartitionedState(namespace, StringSerializer.INSTANCE, VALUE);
            ListState<String> list = getPartitionedState(namespace, StringSerializer.INSTANCE, LIST);
            MapState<Integer, String> map = getPartitionedState(namespace, StringSerializer.INSTANCE, MAP);
            value.update(n);
            list.add("a," + n);
            list.add("");
            map.put((int) n, "first");
            map.put(-1, null);
            timers.registerEventTimeTimer(namespace, n % 4 == 0 ? -n : YEAR_2200 + n);
            timers.registerProcessingTimeTimer(namespace, YEAR_2200);
        }

        @Override
        public void onEventTime(InternalTimer<String, String> timer) {}

        @Override
        public void onProcessingTime(InternalTimer<String, String> timer) {}
    }
}
