#!/bin/sh
# Makes testdata/snapshots again: all of it, or only the snapshots whose name contains $1.
#   testdata/jobs/make.sh
#   testdata/jobs/make.sh 2.2-keyed-rocksdb-native
set -eu
cd "$(dirname "$0")"

for version in 1.18.1 1.20.3 2.2.1; do
    line=${version%.*}
    case "${1:-}" in
        "$line"* | "" | [!0-9]*) ;;
        *) continue ;;
    esac
    mvn -q -B process-classes -Dflink.version="$version" -Dflink.major="${version%%.*}"
    # Java 17 hides what Kryo and Flink reach by reflection; these are the openings that
    # Flink's own distribution has in its configuration.
    java -Xmx1200m -ea -Duser.timezone=UTC \
        --add-opens=java.base/java.lang=ALL-UNNAMED \
        --add-opens=java.base/java.math=ALL-UNNAMED \
        --add-opens=java.base/java.net=ALL-UNNAMED \
        --add-opens=java.base/java.nio=ALL-UNNAMED \
        --add-opens=java.base/java.text=ALL-UNNAMED \
        --add-opens=java.base/java.time=ALL-UNNAMED \
        --add-opens=java.base/java.util=ALL-UNNAMED \
        --add-opens=java.base/java.util.concurrent=ALL-UNNAMED \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
        -cp "target/$version/classes:$(cat "target/$version/classpath")" \
        flinkstate.make.Make "$line" ../snapshots "${1:-}"
done
