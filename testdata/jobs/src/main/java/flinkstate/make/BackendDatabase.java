package flinkstate.make;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

    /** What a folder with the files of a database holds, by column family, with lists merged as Flink does. */
    static Map<String, List<Entry>> read(String backend, String folder, boolean ignoreRangeDeletions) {
        String classes = backend.equals("forst") ? "org.forstdb." : "org.rocksdb.";
        Class<?> databases = Reflect.type(classes + "RocksDB");
        Reflect.callStatic(databases, "loadLibrary");
        Object family = Reflect.make(classes + "ColumnFamilyOptions");
        Reflect.call(family, "setMergeOperatorName", "stringappendtest");
        Object reads = Reflect.make(classes + "ReadOptions");
        Reflect.callAny(reads, "setIgnoreRangeDeletions", ignoreRangeDeletions);
        List<Object> descriptors = new ArrayList<>();
        List<byte[]> names =
                Reflect.callStatic(databases, "listColumnFamilies", Reflect.make(classes + "Options"), folder);
        for (byte[] name : names) {
            descriptors.add(Reflect.make(classes + "ColumnFamilyDescriptor", name, family));
        }
        List<Object> handles = new ArrayList<>();
        Object settings = Reflect.make(classes + "DBOptions");
        Object database = Reflect.callStatic(databases, "openReadOnly", settings, folder, descriptors, handles);
        try {
            Map<String, List<Entry>> entries = new LinkedHashMap<>();
            for (Object handle : handles) {
                String name = new String(Reflect.<byte[]>call(handle, "getName"), StandardCharsets.UTF_8);
                entries.put(name, entries(Reflect.callAny(database, "newIterator", handle, reads)));
                Reflect.call(handle, "close");
            }
            return entries;
        } finally {
            Reflect.call(database, "close");
        }
    }

    static List<Entry> entries(Object database, Object family) {
        return entries(Reflect.call(database, "newIterator", family));
    }

    private static List<Entry> entries(Object iterator) {
        List<Entry> entries = new ArrayList<>();
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
