#!/bin/sh
# Makes testdata/snapshots again: all of it, or only the snapshots whose name contains $1.
#   testdata/jobs/make.sh
#   testdata/jobs/make.sh 2.2-keyed-rocksdb-native
set -eu
cd "$(dirname "$0")"

for version in 1.18.1 1.20.3 2.2.1 2.3.0; do
    line=${version%.*}
    case "${1:-}" in
        "$line"* | "" | [!0-9]*) ;;
        *) continue ;;
    esac
    ./run.sh "$version" flinkstate.make.Make "$line" ../snapshots "${1:-}"
done
