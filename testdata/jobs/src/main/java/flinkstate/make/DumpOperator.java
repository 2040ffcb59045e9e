package flinkstate.make;

import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonOptionsKeys;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonSerializerKeys;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

import java.util.Map;

/** Takes the place of an operator: registers its states, and writes down what was restored into them. */
@SuppressWarnings("unchecked")
final class DumpOperator extends AbstractStreamOperator<Long> implements OneInputStreamOperator<Long, Long> {
    private final String id;

    DumpOperator(String id) {
        this.id = id;
    }

    @Override
    public void processElement(StreamRecord<Long> element) {}

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        for (StateMetaInfoSnapshot state : schema().lists.values()) {
            ListStateDescriptor<?> descriptor =
                    new ListStateDescriptor<>(
                            state.getName(), Schema.serializer(state, CommonSerializerKeys.VALUE_SERIALIZER));
            if (state.getOption(CommonOptionsKeys.OPERATOR_STATE_DISTRIBUTION_MODE).equals("UNION")) {
                getOperatorStateBackend().getUnionListState(descriptor);
            } else {
                getOperatorStateBackend().getListState(descriptor);
            }
        }
        for (StateMetaInfoSnapshot state : schema().broadcasts.values()) {
            getOperatorStateBackend()
                    .getBroadcastState(
                            new MapStateDescriptor<>(
                                    state.getName(),
                                    Schema.serializer(state, CommonSerializerKeys.KEY_SERIALIZER),
                                    Schema.serializer(state, CommonSerializerKeys.VALUE_SERIALIZER)));
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        for (Map.Entry<String, TypeSerializer<?>> service : schema().rawTimers.entrySet()) {
            getInternalTimerService(service.getKey(), (TypeSerializer<Object>) service.getValue(), new NoTrigger());
        }
        new SubtaskDump(id, this).run();
    }

    private Schema schema() {
        return Rows.current().schema(id);
    }

    /** A timer whose time has come is in the snapshot all the same. */
    static final class NoTrigger implements Triggerable<Object, Object> {
        @Override
        public void onEventTime(InternalTimer<Object, Object> timer) {}

        @Override
        public void onProcessingTime(InternalTimer<Object, Object> timer) {}
    }
}
