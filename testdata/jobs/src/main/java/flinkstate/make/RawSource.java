package flinkstate.make;

import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** Takes the place of a source: writes down its enumerator's and its splits' bytes, and comes to its end. */
final class RawSource implements Source<Long, RawSource.Raw, RawSource.Raw> {
    private final String operator;

    RawSource(String operator) {
        this.operator = operator;
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.BOUNDED;
    }

    @Override
    public SplitEnumerator<Raw, Raw> createEnumerator(SplitEnumeratorContext<Raw> context) {
        return new Enumerator();
    }

    @Override
    public SplitEnumerator<Raw, Raw> restoreEnumerator(SplitEnumeratorContext<Raw> context, Raw checkpoint) {
        Rows.current().addEnumerator(operator, checkpoint.versioned);
        return new Enumerator();
    }

    @Override
    public SimpleVersionedSerializer<Raw> getSplitSerializer() {
        return new RawSerializer();
    }

    @Override
    public SimpleVersionedSerializer<Raw> getEnumeratorCheckpointSerializer() {
        return new RawSerializer();
    }

    @Override
    public SourceReader<Long, Raw> createReader(SourceReaderContext context) {
        return new Reader(context.getIndexOfSubtask());
    }

    /** A split or a checkpoint: version and length before the bytes, as Flink stores it. */
    static final class Raw implements SourceSplit {
        private final byte[] versioned;

        private Raw(int version, byte[] bytes) {
            versioned = ByteBuffer.allocate(8 + bytes.length).putInt(version).putInt(bytes.length).put(bytes).array();
        }

        @Override
        public String splitId() {
            return "raw";
        }
    }

    /** Reads every version; nothing is ever written. */
    private static final class RawSerializer implements SimpleVersionedSerializer<Raw> {
        @Override
        public int getVersion() {
            return 0;
        }

        @Override
        public byte[] serialize(Raw raw) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Raw deserialize(int version, byte[] bytes) {
            return new Raw(version, bytes);
        }
    }

    private static final class Enumerator implements SplitEnumerator<Raw, Raw> {
        @Override
        public void start() {}

        @Override
        public void handleSplitRequest(int subtask, String host) {}

        @Override
        public void addSplitsBack(List<Raw> splits, int subtask) {}

        @Override
        public void addReader(int subtask) {}

        @Override
        public Raw snapshotState(long checkpoint) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private final class Reader implements SourceReader<Long, Raw> {
        private final int subtask;

        Reader(int subtask) {
            this.subtask = subtask;
        }

        @Override
        public void addSplits(List<Raw> splits) {
            List<byte[]> bytes = splits.stream().map(raw -> raw.versioned).collect(Collectors.toList());
            Rows.current().addSplits(operator, subtask, bytes);
        }

        @Override
        public InputStatus pollNext(ReaderOutput<Long> output) {
            return InputStatus.END_OF_INPUT;
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void start() {}

        @Override
        public List<Raw> snapshotState(long checkpoint) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void notifyNoMoreSplits() {}

        @Override
        public void close() {}
    }
}
