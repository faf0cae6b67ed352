#!/usr/bin/env bash
# Builds the wasm into pkg/wasm, makes the demo page's copy of the package, and prints the size.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PWD/.tools/bin:$PATH"

wasm-pack build --target web --release --no-pack --no-typescript --out-dir pkg/wasm --out-name oci_genai_edge . -- --locked
# wasm-pack's own ignore file would keep the wasm out of the npm package.
rm -f pkg/wasm/.gitignore

# What npm shows of a package lies beside its package.json.
cp README.md LICENSE-MIT LICENSE-APACHE pkg/

# The page imports the package as a browser does without a bundler.
rm -rf www/oci-genai-edge
mkdir -p www/oci-genai-edge
cp -R pkg/*.js pkg/lib pkg/wasm www/oci-genai-edge/

node scripts/size.mjs
