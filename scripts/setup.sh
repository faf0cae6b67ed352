#!/usr/bin/env bash
# Gets what the build and the tests need, once: the wasm target, wasm-pack, and the npm packages of package-lock.json.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.tools/bin:$PATH"
WASM_PACK=0.15.1

for tool in rustup cargo node npm; do
  command -v "$tool" >/dev/null || { echo "setup: $tool is missing; Rust (by rustup), Node 20 or newer and make are needed" >&2; exit 1; }
done

rustup target list --installed | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
for component in clippy rustfmt; do
  cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
done

if [ "$(wasm-pack --version 2>/dev/null)" != "wasm-pack $WASM_PACK" ]; then
  echo "setup: building wasm-pack $WASM_PACK"
  cargo install --root .tools --locked --debug --quiet --version "$WASM_PACK" wasm-pack
fi

if ! cmp -s package-lock.json node_modules/.oci-genai-edge-lock; then
  # Not `npm ci`: it refuses a lock file that lacks another platform's optional binaries, and not every mirror has them all.
  npm install --no-save --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.oci-genai-edge-lock
fi
