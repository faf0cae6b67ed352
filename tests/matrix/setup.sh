#!/usr/bin/env bash
# Installs the bundlers and runtimes of `make matrix`, once: the packages of tests/matrix/package-lock.json.
set -euo pipefail
cd "$(dirname "$0")"

if ! cmp -s package-lock.json node_modules/.oci-genai-edge-lock; then
  # Not `npm ci`: the reason is in scripts/setup.sh.
  npm install --no-save --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.oci-genai-edge-lock
fi
