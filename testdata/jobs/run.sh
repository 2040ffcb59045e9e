#!/bin/sh
# Builds the jobs for one Flink release where sources have changed since, and runs one of their classes.
#   testdata/jobs/run.sh 1.20.3 flinkstate.make.Make ARGUMENT…
set -eu
jobs=$(cd "$(dirname "$0")" && pwd)
version=$1
shift

target=$jobs/target/$version
"$jobs/build.sh" "$version"
# Java 17 hides what Kryo and Flink reach by reflection; these are the openings that
# Flink's own distribution has in its configuration.
exec java -Xmx1g -ea -Duser.timezone=UTC \
    --add-opens=java.base/java.lang=ALL-UNNAMED \
    --add-opens=java.base/java.math=ALL-UNNAMED \
    --add-opens=java.base/java.net=ALL-UNNAMED \
    --add-opens=java.base/java.nio=ALL-UNNAMED \
    --add-opens=java.base/java.text=ALL-UNNAMED \
    --add-opens=java.base/java.time=ALL-UNNAMED \
    --add-opens=java.base/java.util=ALL-UNNAMED \
    --add-opens=java.base/java.util.concurrent=ALL-UNNAMED \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
    -cp "$target/classes:$(cat "$target/classpath")" \
    "$@"
