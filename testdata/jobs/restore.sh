#!/bin/sh
# Restores savepoints with real Flink, and writes down what every operator then holds.
#   testdata/jobs/restore.sh --flink 1.20 CASES.ndjson
#   testdata/jobs/restore.sh --flink 1.20 --build          only builds the jobs for that release
# testdata/README.md says what a case is. Needs JDK 17 and Maven.
set -eu

if [ $# -ne 3 ] || [ "$1" != --flink ]; then
    echo "usage: $0 --flink 1.18|1.20|2.2|2.3|RELEASE CASES.ndjson|--build" >&2
    exit 2
fi
jobs=$(dirname "$0")
version=$("$jobs/release.sh" "$2")
if [ "$3" = --build ]; then
    exec "$jobs/build.sh" "$version"
fi
exec "$jobs/run.sh" "$version" flinkstate.make.Restore "$3"
