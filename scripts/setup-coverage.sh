#!/usr/bin/env bash
# Installs what `make coverage` needs beside scripts/setup.sh: cargo-llvm-cov, and LLVM's own tools in the version of
# the toolchain. Prints the environment that names the tools.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.tools/bin:$PATH"
CARGO_LLVM_COV=0.9.1

if [ "$(cargo-llvm-cov llvm-cov --version 2>/dev/null)" != "cargo-llvm-cov $CARGO_LLVM_COV" ]; then
  echo "setup: building cargo-llvm-cov $CARGO_LLVM_COV" >&2
  CARGO_PROFILE_DEV_DEBUG=0 cargo install --root .tools --locked --debug --quiet --version "$CARGO_LLVM_COV" \
    cargo-llvm-cov >&2
fi

# The component of rustup, or else tools of the same major version, such as Debian's package llvm-22.
major="$(rustc --version --verbose | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"
toolchain="$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)"
component="$(rustc --print sysroot)/lib/rustlib/$(rustc --version --verbose | sed -n 's/^host: //p')/bin"
find_tools() {
  local folder
  for folder in "$component" "/usr/lib/llvm-$major/bin"; do
    if [ -x "$folder/llvm-cov" ] && [ -x "$folder/llvm-profdata" ]; then echo "$folder"; return; fi
  done
  return 1
}
if ! find_tools >/dev/null; then
  rustup component add llvm-tools --toolchain "$toolchain" >&2 || {
    echo "setup: no llvm-tools for this toolchain; install llvm-$major (for Debian: apt-get install llvm-$major)" >&2
    exit 1
  }
fi
folder="$(find_tools)"
echo "LLVM_COV=$folder/llvm-cov LLVM_PROFDATA=$folder/llvm-profdata"
