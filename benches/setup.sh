#!/usr/bin/env bash
# Installs the contenders, once: the packages of benches/package-lock.json.
set -euo pipefail
cd "$(dirname "$0")"

if ! cmp -s package-lock.json node_modules/.oci-genai-edge-lock; then
  # Not `npm ci`: the reason is in scripts/setup.sh.
  npm install --no-save --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.oci-genai-edge-lock
fi
