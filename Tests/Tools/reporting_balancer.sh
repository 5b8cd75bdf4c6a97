#!/bin/sh
# A balancer that waits for a word, says what stands in `reports` in its state directory, and ends at once.
while [ "$1" != --state-dir ]; do shift; done
read -r _ <&3
cat "$2/reports" >&3
exit 1
