#!/usr/bin/env bash
# Installs the bundlers and runtimes of `make matrix`, once: the packages of tests/matrix/package-lock.json. With --core,
# those that `make test` needs, which are the `dependencies` of package.json.
set -euo pipefail
cd "$(dirname "$0")"
stamp=node_modules/.oci-genai-edge-lock

is_installed() { cmp -s package-lock.json "$stamp-$1"; }
is_installed all && exit
omit=()
[ "${1:-}" = --core ] && omit=(--omit=dev)
[ "${1:-}" = --core ] && is_installed core && exit

# Not `npm ci`: the reason is in scripts/setup.sh. Forced, because Node's own packages are for one platform each; where
# they don't run, their rows are left out.
../../scripts/step.sh "setup: installing the packages of tests/matrix ${omit[*]-}" \
  npm install --no-save --no-audit --no-fund --force --loglevel=error ${omit[@]+"${omit[@]}"}
rm -f "$stamp"-*
cp package-lock.json "$stamp-$([ "${#omit[@]}" = 0 ] && echo all || echo core)"
