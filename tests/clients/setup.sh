#!/usr/bin/env bash
# Installs the clients, once: the npm packages of tests/clients/package-lock.json and, unless `--node` is given, those of
# more/package-lock.json, and the Python packages of the requirements into .tools. Without python3 those are left out,
# and `make clients` says so.
set -euo pipefail
cd "$(dirname "$0")"

npm_packages() {
  if ! cmp -s package-lock.json node_modules/.oci-genai-edge-lock; then
    npm ci --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.oci-genai-edge-lock
  fi
}

# A file of requirements, which has all packages with their versions, and the folder of its environment.
python_packages() {
  local requirements=$1 venv=../../.tools/$2
  if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    rm -rf "$venv"
    if python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --no-deps --requirement "$requirements"; then
      cp "$requirements" "$venv/requirements.txt"
    else
      rm -rf "$venv"
      echo "clients: python3 with venv and pip is missing, so $2 is left out" >&2
    fi
  fi
}

npm_packages
[ "${1:-}" = "--node" ] && exit
(cd more && npm_packages)
python_packages requirements.txt llm-comply
python_packages requirements-clients.txt python-clients
