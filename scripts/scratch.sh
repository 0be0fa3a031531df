#!/bin/sh
# Runs a command with a temporary folder of its own, which is removed with all that
# is in it when the command ends, however it ends. What a run leaves that was
# itself killed with SIGKILL is removed by the next one.
set -eu
tmp=${TMPDIR:-/tmp}
for old in "$tmp"/castad-[0-9]*; do
	[ ! -d "$old" ] || [ -d "/proc/${old##*-}" ] || rm -rf "$old" 2>/dev/null || true # another user's stays
done
TMPDIR=$tmp/castad-$$
export TMPDIR
mkdir -m 700 "$TMPDIR"
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
"$@"
