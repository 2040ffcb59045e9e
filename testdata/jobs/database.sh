#!/bin/sh
# Prints every key and value of native snapshots in this repository, as the RocksDB or ForSt inside Flink finds them.
#   testdata/jobs/database.sh --flink 1.20 testdata/snapshots/1.20-history-rocksdb-native
# testdata/README.md says what a line is. Needs JDK 17 and Maven.
set -eu

if [ $# -lt 3 ] || [ "$1" != --flink ]; then
    echo "usage: $0 --flink 1.18|1.20|2.2|2.3|RELEASE SNAPSHOT… [--ignore-range-deletions]" >&2
    exit 2
fi
jobs=$(dirname "$0")
version=$("$jobs/release.sh" "$2")
shift 2
exec "$jobs/run.sh" "$version" flinkstate.make.Database "$@"
