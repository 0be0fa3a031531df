#!/bin/sh
# Runs `make demo` five times (or $1 times) and prints how long each took, with
# the median: the whole command, and from the order to the last post.
set -eu
n=${1:-5}
times=$(mktemp) run=$(mktemp)
trap 'rm -f "$times" "$run"' EXIT
i=0
while [ $i -lt "$n" ]; do
	i=$((i + 1))
	make -s demo >"$run" || { cat "$run"; exit 1; } # a run that fails is no figure
	sed -n 's/^done in \([0-9.]*\) s, of which \([0-9.]*\) s.*/\1 \2/p' "$run" | tee -a "$times"
done
for column in 1 2; do
	cut -d' ' -f$column "$times" | sort -n | awk -v c=$column '{v[NR]=$1}
		END {printf "%s: min %s, median %s, max %s s of %d runs\n", c == 1 ? "whole command" : "order to published", v[1], v[int((NR+1)/2)], v[NR], NR}'
done
