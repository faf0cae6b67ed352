#!/usr/bin/env bash
# Runs a test suite in the Node that this machine has and, where that is another, in the one that package.json pins.
set -euo pipefail
cd "$(dirname "$0")/.."
pinned="$PWD/node_modules/.bin/node"
own="$(PATH="${PATH//$PWD\/node_modules\/.bin:/}" command -v node)"

if [ "$("$own" --version)" != "$("$pinned" --version)" ]; then
  echo "node $("$own" --version)"
  "$own" --test "$@"
fi
echo "node $("$pinned" --version)"
"$pinned" --test "$@"
