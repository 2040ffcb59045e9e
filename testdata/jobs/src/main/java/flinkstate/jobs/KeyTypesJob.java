package flinkstate.jobs;

import com.acme.Customer;

import flinkstate.make.HeldSequence;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Date;

/** An operator for each type of key whose hash is known, with one value. */
public final class KeyTypesJob implements Job {
    @Override
    public String name() {
        return "key-types";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        DataStream<Long> numbers =
                env.fromSource(HeldSequence.all(19), WatermarkStrategy.noWatermarks(), "held")
                        .uid("numbers")
                        .setParallelism(1);
        count(numbers, "boolean", Types.BOOLEAN, n -> n % 2 == 0);
        count(numbers, "byte", Types.BYTE, n -> (byte) (n * 37));
        count(numbers, "short", Types.SHORT, n -> (short) (n * -1001));
        count(numbers, "char", Types.CHAR, n -> (char) ('A' + n * 300));
        count(numbers, "int", Types.INT, n -> (int) (n * -123_456_789));
        count(numbers, "long", Types.LONG, Keys::number);
        count(numbers, "float", Types.FLOAT, n -> n / 3f - 1);
        count(numbers, "double", Types.DOUBLE, n -> n / -7.0);
        count(numbers, "string", Types.STRING, Keys::name);
        count(numbers, "big-int", Types.BIG_INT, n -> BigInteger.valueOf(-n).shiftLeft((int) (n * 9)));
        count(numbers, "big-dec", Types.BIG_DEC, n -> BigDecimal.valueOf(n * 1_000_003, (int) (n % 5)));
        count(numbers, "date", TypeInformation.of(Date.class), n -> new Date(n * -86_400_001));
        count(numbers, "sql-date", Types.SQL_DATE, n -> new java.sql.Date(n * 86_400_000));
        count(numbers, "sql-time", Types.SQL_TIME, n -> new java.sql.Time(n * 1_001));
        count(numbers, "sql-timestamp", Types.SQL_TIMESTAMP, n -> new java.sql.Timestamp(n * 1_600_000_001));
        count(numbers, "instant", Types.INSTANT, n -> Instant.ofEpochSecond(-n, n * 1_001));
        count(numbers, "local-date", Types.LOCAL_DATE, n -> LocalDate.ofEpochDay(n * -1_000));
        count(numbers, "local-time", Types.LOCAL_TIME, n -> LocalTime.ofNanoOfDay(n * 3_600_000_000_007L));
        count(
                numbers,
                "local-date-time",
                Types.LOCAL_DATE_TIME,
                n -> LocalDateTime.of(1969, 12, 31, 23, 59, n.intValue() % 60, n.intValue()));
        count(numbers, "tuple", Types.TUPLE(Types.STRING, Types.LONG), n -> Tuple2.of(Keys.name(n), -n));
        count(
                numbers,
                "row",
                Types.ROW_NAMED(new String[] {"name", "number"}, Types.STRING, Types.INT),
                n -> Row.of(n % 5 == 0 ? null : Keys.name(n), -n.intValue()));
        count(numbers, "pojo", Types.POJO(Customer.class), n -> new Customer(Keys.name(n), -n.intValue()));
        return env.executeAsync("key-types");
    }

    private static <K> void count(
            DataStream<Long> numbers, String type, TypeInformation<K> keys, KeySelector<Long, K> key) {
        numbers.keyBy(key, keys).process(new Count<>()).uid("by-" + type);
    }

    private static final class Count<K> extends KeyedProcessFunction<K, Long, Void> implements CheckpointedFunction {
        private transient ValueState<Long> count;

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            count = context.getKeyedStateStore().getState(new ValueStateDescriptor<>("count", Types.LONG));
        }

        @Override
        public void processElement(Long n, Context context, Collector<Void> out) throws Exception {
            count.update(count.value() == null ? 1 : count.value() + 1);
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {}
    }
}
