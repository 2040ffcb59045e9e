package flinkstate.jobs;

import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.CompiledPlan;
import org.apache.flink.table.api.PlanReference;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.planner.plan.nodes.exec.ExecNodeContext;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the SQL planner makes of aggregates, joins and Top-N. The compiled plan is put beside the snapshot, and one
 * that is there already is taken: another Flink version may give other uids to the same statements.
 */
public final class SqlJob implements Job {
    @Override
    public String name() {
        return "sql";
    }

    @Override
    public JobClient start(StreamExecutionEnvironment env, Path folder) throws Exception {
        // Node ids are in the uids, and would go on from the last plan of this JVM.
        ExecNodeContext.resetIdCounter();
        StreamTableEnvironment tables = StreamTableEnvironment.create(env);
        tables.executeSql(
                "CREATE TABLE orders (id BIGINT NOT NULL, customer STRING, amount DECIMAL(12, 2), item STRING,"
                        + " placed TIMESTAMP(3), address ROW<zip STRING, level INT>, tags ARRAY<STRING>,"
                        + " WATERMARK FOR placed AS placed - INTERVAL '1' DAY)"
                        + " WITH ('connector' = 'held', 'count' = '60')");
        tables.executeSql(
                "CREATE TABLE customers (customer STRING, city VARCHAR(30), since DATE)"
                        + " WITH ('connector' = 'held', 'count' = '12')");
        tables.executeSql(
                "CREATE TABLE totals (customer STRING, orders BIGINT, amount DECIMAL(38, 2), items BIGINT,"
                        + " latest TIMESTAMP(3)) WITH ('connector' = 'blackhole')");
        tables.executeSql(
                "CREATE TABLE located (id BIGINT, address ROW<zip STRING, level INT>, tags ARRAY<STRING>, city STRING)"
                        + " WITH ('connector' = 'blackhole')");
        tables.executeSql(
                "CREATE TABLE largest (customer STRING, id BIGINT, amount DECIMAL(12, 2), place BIGINT)"
                        + " WITH ('connector' = 'blackhole')");
        tables.executeSql(
                "CREATE TABLE hourly (start_at TIMESTAMP(3), item STRING, orders BIGINT)"
                        + " WITH ('connector' = 'blackhole')");
        Path file = folder.resolve("plan.json");
        if (Files.exists(file)) {
            return tables.loadPlan(PlanReference.fromFile(file)).execute().getJobClient().orElseThrow();
        }
        StatementSet statements = tables.createStatementSet();
        statements.addInsertSql(
                "INSERT INTO totals SELECT /*+ STATE_TTL('orders' = '36500d') */ customer, COUNT(*), SUM(amount),"
                        + " COUNT(DISTINCT item), MAX(placed) FROM orders GROUP BY customer");
        statements.addInsertSql(
                "INSERT INTO located SELECT o.id, o.address, o.tags, c.city FROM orders AS o"
                        + " LEFT JOIN customers AS c ON o.customer = c.customer");
        statements.addInsertSql(
                "INSERT INTO largest SELECT customer, id, amount, place FROM (SELECT *, ROW_NUMBER() OVER"
                        + " (PARTITION BY customer ORDER BY amount DESC) AS place FROM orders) WHERE place <= 2");
        statements.addInsertSql(
                "INSERT INTO hourly SELECT window_start, item, COUNT(*) FROM"
                        + " TABLE(TUMBLE(TABLE orders, DESCRIPTOR(placed), INTERVAL '1' HOUR))"
                        + " GROUP BY window_start, window_end, item");
        CompiledPlan plan = statements.compilePlan();
        plan.writeToFile(file);
        return plan.execute().getJobClient().orElseThrow();
    }
}
