package flinkstate.jobs;

import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;

/** The rows of the SQL job's tables. */
final class HeldRows {
    private static final long START = 1_700_000_000_000L;
    private static final int CUSTOMERS = 15;

    static RowData row(String table, int n) {
        return table.equals("orders") ? order(n) : customer(n);
    }

    private static RowData order(int n) {
        return GenericRowData.of(
                (long) n,
                n % 17 == 16 ? null : string("customer " + n % CUSTOMERS + (n % 2 == 0 ? " é" : "")),
                n % 13 == 12 ? null : DecimalData.fromUnscaledLong(n * 1_000_003L - 5, 12, 2),
                n % 11 == 10 ? null : string("item " + n % 4),
                TimestampData.fromEpochMillis(START + n * 100_001L),
                n % 7 == 6 ? null : GenericRowData.of(n % 3 == 0 ? null : string("1011" + n % 10), -n),
                new GenericArrayData(new Object[] {string("a"), null, string("🦀" + n)}));
    }

    private static RowData customer(int n) {
        return GenericRowData.of(
                string("customer " + n), n % 4 == 3 ? null : string("city number " + n), 19_000 - n * 1_000);
    }

    private static StringData string(String text) {
        return StringData.fromString(text);
    }

    private HeldRows() {}
}
