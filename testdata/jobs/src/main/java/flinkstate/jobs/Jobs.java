package flinkstate.jobs;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The jobs by their names. */
public final class Jobs {
    /** The name of a job, and after each {@code +} a {@link Change} of it: {@code keyed+count-as-string}. */
    public static Job of(String text) {
        List<String> parts = Arrays.asList(text.split("\\+"));
        Set<Change> changes = EnumSet.noneOf(Change.class);
        parts.stream().skip(1).map(Change::of).forEach(changes::add);
        return Stream.of(
                        new AvroJob(),
                        new BigJob(),
                        new KeyedJob(changes),
                        new NamespacesJob(),
                        new OperatorStateJob(),
                        new SourceJob(changes),
                        new SqlJob(),
                        new SubclassJob(),
                        new UnalignedJob(),
                        new WindowsJob())
                .filter(job -> job.name().equals(parts.get(0)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no job " + parts.get(0)));
    }

    private Jobs() {}
}
