package flinkstate.jobs;

import java.util.Locale;

/** What a job does differently from the one that wrote the snapshot, once its snapshot has been rewritten. */
enum Change {
    /** The POJO in the state {@code order} has one more field, {@code channel}. */
    ORDER_WITH_CHANNEL,
    /** The value of the state {@code count} is a STRING instead of a LONG. */
    COUNT_AS_STRING,
    /** The state {@code tags} has the name {@code labels}. */
    TAGS_AS_LABELS,
    /** The state {@code notes} is gone. */
    WITHOUT_NOTES,
    /** A new state {@code score}, a value of DOUBLE. */
    WITH_SCORE,
    /** The operator {@code by-number} has keys of STRING instead of LONG: their decimal digits. */
    NUMBER_AS_STRING,
    /** The operator {@code by-name} has the uid {@code by-customer}. */
    BY_NAME_AS_BY_CUSTOMER,
    /** The operator {@code by-tuple} is gone. */
    WITHOUT_BY_TUPLE,
    /** A new operator {@code by-parity}: keys of INT, a state {@code numbers}, a list of LONG. */
    WITH_BY_PARITY,
    /** The source has the uid {@code origin}. */
    SOURCE_AS_ORIGIN,
    /** The job {@code unaligned} tells what it has counted once it has processed the records in flight. */
    RECORDS_PROCESSED;

    static Change of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
