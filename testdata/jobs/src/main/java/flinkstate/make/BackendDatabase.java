package flinkstate.make;

import java.util.ArrayList;
import java.util.List;

/** The entries of a backend's database: RocksDB and ForSt have the same methods, but not the same classes. */
final class BackendDatabase {
    static final class Entry {
        final byte[] key;
        final byte[] value;

        private Entry(byte[] key, byte[] value) {
            this.key = key;
            this.value = value;
        }
    }

    static List<Entry> entries(Object database, Object family) {
        List<Entry> entries = new ArrayList<>();
        Object iterator = Reflect.call(database, "newIterator", family);
        try {
            Reflect.call(iterator, "seekToFirst");
            while (Reflect.<Boolean>call(iterator, "isValid")) {
                entries.add(new Entry(Reflect.call(iterator, "key"), Reflect.call(iterator, "value")));
                Reflect.call(iterator, "next");
            }
            Reflect.call(iterator, "status");
        } finally {
            Reflect.call(iterator, "close");
        }
        return entries;
    }

    private BackendDatabase() {}
}
