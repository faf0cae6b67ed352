# Two commands do all their own set-up on a machine that has Rust (rustup), Node and make: `make demo` and `make test`.

export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/.tools/bin:$(PATH)
export WRANGLER_SEND_METRICS := false

.PHONY: demo test live build size gate bench profile load setup lint native wasm node workerd browser types clean

demo: build
	node scripts/demo.mjs

test: setup native wasm build gate types node workerd browser

# Against a real DAC; skips where none is configured: docs/dac.md says what to set. RECORD=1 also records, redacted, into tests/out/live.
live: build
	node --test-reporter=spec scripts/live/live.test.mjs

# Many streams at once, one after another, and left unread; writes benches/LOAD.md. On loopback, a few minutes; stops by itself.
load: build
	./benches/setup.sh
	node tests/load/main.mjs

setup:
	./scripts/setup.sh

build: setup
	./scripts/build.sh

# Which crate the wasm's bytes come from.
size: setup
	node scripts/size-by-crate.mjs

# All contenders side by side: prints the table and writes benches/RESULTS.md. `… run.mjs --help` tells of shorter runs.
bench: build
	./benches/setup.sh
	node benches/run.mjs

# Where the nanoseconds of an event go, by function.
profile: build
	node benches/profile.mjs generic/1400 chunks
	node benches/profile.mjs generic/1400 gateway

# Fails where the package grew by more than 2 %.
gate: build
	node scripts/size.mjs --gate

# The core, on this machine: unit tests, documentation examples, recordings, conformance.
native:
	cargo test --locked

# The shell, compiled to wasm, in Node.
wasm: setup
	wasm-pack test --node -- --locked

types: build
	tsc --project tests/types

# The built package in Node against the simulator: in this machine's Node, and in the newest LTS.
node: build
	./scripts/on-each-node.sh tests/node/*.test.mjs

workerd: build
	node --test tests/workerd/*.test.mjs

browser: build
	node --test tests/browser/*.test.mjs

lint: setup
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --target wasm32-unknown-unknown --all-targets -- -D warnings
	node scripts/check-repository.mjs

clean:
	rm -rf target .tools node_modules benches/node_modules benches/out benches/native/target pkg/wasm www/oci-genai-edge tests/out .wrangler
