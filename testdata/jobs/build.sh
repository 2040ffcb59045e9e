#!/bin/sh
# Builds the jobs for one Flink release where sources have changed since.
#   testdata/jobs/build.sh 1.20.3
set -eu
jobs=$(cd "$(dirname "$0")" && pwd)
version=$1

target=$jobs/target/$version
if [ -z "$(find "$target/built" -newer "$jobs/pom.xml" 2>/dev/null)" ] ||
    [ -n "$(find "$jobs/src" -newer "$target/built")" ]; then
    mvn -q -B -f "$jobs/pom.xml" process-classes -Dflink.version="$version" -Dflink.major="${version%%.*}" >&2
    touch "$target/built"
fi
