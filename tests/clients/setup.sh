#!/usr/bin/env bash
# Installs the clients, once: the npm packages of tests/clients/package-lock.json and, unless `--node` is given, the
# Python packages of requirements.txt into .tools/llm-comply. Without python3 those are left out, and `make clients`
# says so.
set -euo pipefail
cd "$(dirname "$0")"
venv=../../.tools/llm-comply

if ! cmp -s package-lock.json node_modules/.oci-genai-edge-lock; then
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.oci-genai-edge-lock
fi
[ "${1:-}" = "--node" ] && exit

if ! cmp -s requirements.txt "$venv/requirements.txt"; then
  rm -rf "$venv"
  if python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --no-deps --requirement requirements.txt; then
    cp requirements.txt "$venv/requirements.txt"
  else
    rm -rf "$venv"
    echo "clients: python3 with venv and pip is missing, so llm-comply is left out" >&2
  fi
fi
