#!/usr/bin/env bash
# Installs what the build and the tests need, once: the Rust toolchain of rust-toolchain.toml, wasm-pack, and the npm
# packages of package-lock.json, side by side. With --lint, cargo-deny too, which nothing else needs. A second run only
# compares versions and needs no network.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.tools/bin:$PATH"
WASM_PACK=0.15.1
CARGO_DENY=0.20.2

for tool in rustup cargo node npm; do
  command -v "$tool" >/dev/null || { echo "setup: $tool is missing; install rustup, Node 20 or newer, and make" >&2; exit 1; }
done

# rustup reads rust-toolchain.toml by itself, unless automatic installation is disabled (RUSTUP_AUTO_INSTALL=0).
toolchain="$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)"
has_toolchain() {
  local components
  components="$(rustup component list --installed --toolchain "$toolchain" 2>/dev/null)" || return 1
  for component in clippy rustfmt rust-std-wasm32-unknown-unknown; do
    grep -q "^$component" <<<"$components" || return 1
  done
}
# Built from source: crates.io is the one registry that has both. A debug build without debug information is the quickest.
install_crate() {
  local name="$1" version="$2"
  [ "$("$name" --version 2>/dev/null)" = "$name $version" ] && return
  CARGO_PROFILE_DEV_DEBUG=0 ./scripts/step.sh "setup: building $name $version" \
    cargo install --root .tools --locked --debug --version "$version" "$name"
}

install_packages() {
  cmp -s package-lock.json node_modules/.oci-genai-edge-lock && return
  # Not `npm ci`: it rejects a lock file that lacks another platform's optional binaries, which not every mirror has.
  ./scripts/step.sh "setup: installing npm packages" npm install --no-save --no-audit --no-fund --loglevel=error
  rm -f node_modules/.oci-genai-edge-lock
  cp package-lock.json node_modules/.oci-genai-edge-lock
}

# The packages come over the network while the compiler has the cores.
install_packages &
packages=$!
has_toolchain || ./scripts/step.sh "setup: installing Rust $toolchain" rustup toolchain install "$toolchain" \
  --profile minimal --no-self-update --component clippy,rustfmt --target wasm32-unknown-unknown
install_crate wasm-pack "$WASM_PACK"
[ "${1:-}" != --lint ] || install_crate cargo-deny "$CARGO_DENY"
wait "$packages"
