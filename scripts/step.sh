#!/usr/bin/env bash
# step.sh NAME COMMAND…: runs a command, says every few seconds that it still does and at the end how long it took.
# What the command prints is shown if it fails. Everything goes to standard error.
set -euo pipefail
name="$1"
shift
log="$(mktemp)"
started=$SECONDS

tell() { echo "$name: $1" >&2; }
beat() {
  # Its `sleep` outlives it, and must not keep a pipe open.
  while sleep 8 >/dev/null 2>&1; do tell "$((SECONDS - started)) s … $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-70)"; done
}
tell "begins"
beat &
beating=$!
trap 'kill "$beating" 2>/dev/null; rm -f "$log"' EXIT

status=0
"$@" >"$log" 2>&1 </dev/null || status=$?
if [ "$status" != 0 ]; then
  cat "$log" >&2
  tell "failed after $((SECONDS - started)) s"
  exit "$status"
fi
tell "done in $((SECONDS - started)) s"
