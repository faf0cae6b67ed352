#!/usr/bin/env bash
# Installs what `make fuzz` needs beside scripts/setup.sh: a nightly toolchain, and cargo-fuzz. Prints the name of the
# toolchain. libFuzzer is built from source, by any C++ compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.tools/bin:$PATH"
NIGHTLY=nightly-2026-05-20
# What that toolchain says it is. A toolchain of another name that says the same will do.
NIGHTLY_VERSION="1.97.0-nightly (e50aa6fba 2026-05-19)"
CARGO_FUZZ=0.13.2

command -v c++ >/dev/null || { echo "setup: c++ is missing; install a C++ compiler" >&2; exit 1; }

toolchain=""
for name in "$NIGHTLY" nightly; do
  if [ "$(rustc "+$name" --version 2>/dev/null)" = "rustc $NIGHTLY_VERSION" ]; then toolchain="$name"; break; fi
done
if [ -z "$toolchain" ]; then
  echo "setup: installing Rust $NIGHTLY" >&2
  rustup toolchain install "$NIGHTLY" --profile minimal --no-self-update >&2
  toolchain="$NIGHTLY"
fi

if [ "$(cargo-fuzz --version 2>/dev/null)" != "cargo-fuzz $CARGO_FUZZ" ]; then
  echo "setup: building cargo-fuzz $CARGO_FUZZ" >&2
  CARGO_PROFILE_DEV_DEBUG=0 cargo install --root .tools --locked --debug --quiet --version "$CARGO_FUZZ" cargo-fuzz >&2
fi
echo "$toolchain"
