package flinkstate.jobs;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The jobs by their names. */
public final class Jobs {
    /** The name of a job, and after each {@code +} a {@link Change} of it: {@code keyed+count-as-string}. */
    public static Job of(String text) {
        List<String> parts = Arrays.asList(text.split("\\+"));
        Set<Change> changes = EnumSet.noneOf(Change.class);
        parts.stream().skip(1).map(Change::of).forEach(changes::add);
        String name = parts.get(0);
        if (name.equals("keyed")) {
            return new KeyedJob(changes);
        }
        if (name.equals("source") && Set.of(Change.SOURCE_AS_ORIGIN).containsAll(changes)) {
            return new SourceJob(changes);
        }
        if (name.equals("unaligned") && Set.of(Change.RECORDS_PROCESSED).containsAll(changes)) {
            return new UnalignedJob(!changes.isEmpty());
        }
        if (!changes.isEmpty()) {
            throw new IllegalArgumentException("the job " + name + " has none of " + changes);
        }
        return unchanged(name);
    }

    private static Job unchanged(String name) {
        switch (name) {
            case "all-in-one":
                return new AllInOneJob();
            case "avro":
                return new AvroJob();
            case "big":
                return new BigJob();
            case "history":
                return new HistoryJob();
            case "key-types":
                return new KeyTypesJob();
            case "namespaces":
                return new NamespacesJob();
            case "operator-state":
                return new OperatorStateJob();
            case "sql":
                return new SqlJob();
            case "subclass":
                return new SubclassJob();
            case "windows":
                return new WindowsJob();
            default:
                throw new IllegalArgumentException("no job " + name);
        }
    }

    private Jobs() {}
}
