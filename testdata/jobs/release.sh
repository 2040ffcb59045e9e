#!/bin/sh
# The release that stands for a line of Flink: 1.20 -> 1.20.3.
case $1 in
    1.18) echo 1.18.1 ;;
    1.20) echo 1.20.3 ;;
    2.2) echo 2.2.1 ;;
    2.3) echo 2.3.0 ;;
    *) echo "$1" ;;
esac
