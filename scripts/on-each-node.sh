#!/usr/bin/env bash
# Runs a test suite in this machine's Node and, where their versions differ, in the one that package.json pins.
set -euo pipefail
cd "$(dirname "$0")/.."
pinned="$PWD/node_modules/.bin/node"
installed="$(PATH="${PATH//$PWD\/node_modules\/.bin:/}" command -v node)"

if [ "$("$installed" --version)" != "$("$pinned" --version)" ]; then
  echo "node $("$installed" --version)"
  "$installed" --test "$@"
fi
echo "node $("$pinned" --version)"
"$pinned" --test "$@"
