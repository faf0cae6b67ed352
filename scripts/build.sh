#!/usr/bin/env bash
# Builds the wasm into pkg/wasm, copies the package for the demo page, and prints the size.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PWD/.tools/bin:$PATH"

./scripts/step.sh "build: wasm" wasm-pack build --target web --release --no-pack --no-typescript \
  --out-dir pkg/wasm --out-name oci_genai_edge . -- --locked
# wasm-pack's own .gitignore would keep the wasm out of the npm package.
rm -f pkg/wasm/.gitignore
node scripts/inline-wasm.mjs

# npm shows the README and the licences that are in the package's folder.
cp README.md LICENSE-MIT LICENSE-APACHE pkg/

# `oci-genai-edge serve --simulate` needs no account.
rm -rf pkg/simulator
mkdir -p pkg/simulator
cp tests/simulator/*.mjs pkg/simulator/
rm pkg/simulator/main.mjs pkg/simulator/test-client.mjs

# The page imports the package without a bundler, as a browser does.
rm -rf www/oci-genai-edge
mkdir -p www/oci-genai-edge
cp -R pkg/*.js pkg/lib pkg/wasm www/oci-genai-edge/

node scripts/size.mjs
