# `make demo` and `make test` install everything they need on a machine that has rustup, Node, npm and make.

export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/.tools/bin:$(PATH)
export WRANGLER_SEND_METRICS := false

.DEFAULT_GOAL := help
.PHONY: help demo check lint lint-rust lint-js test native wasm node workerd browser types gate build setup live bench \
        load matrix matrix-core fuzz chaos coverage clients clients-node examples profile size clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Run the page and the gateway against a simulated OCI, and print the URL
	node scripts/demo.mjs

check: setup ## Format, lint and run the native tests: what to run before each commit
	$(MAKE) lint-rust lint-js native

lint: export RUSTDOCFLAGS := -D warnings
lint: setup ## Run every linter, and check types, licences, packages and the repository's files
	./scripts/setup.sh --lint
	$(MAKE) lint-rust lint-js
	cargo clippy --locked --target wasm32-unknown-unknown --all-targets --all-features -- -D warnings
	cargo clippy --locked --target wasm32-unknown-unknown --no-default-features -- -D warnings
	cargo doc --locked --quiet --no-deps --no-default-features
	cargo doc --locked --quiet --no-deps --all-features --target wasm32-unknown-unknown
	cargo package --locked --quiet --allow-dirty --offline
	cargo deny --locked check bans licenses sources
	tsc --project pkg
	tsc --project scripts
	tsc --project tests/tsconfig.support.json
	tsc --project tests/tsconfig.matrix.json
	node scripts/check-repository.mjs
	node scripts/version.mjs

lint-rust: ## Check the format of the Rust code, and run clippy for this machine
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --locked --all-targets --all-features -- -D warnings
	cargo clippy --locked --all-targets --no-default-features -- -D warnings

lint-js: ## Run oxlint on all JavaScript
	oxlint --type-aware --deny-warnings --report-unused-disable-directives-severity=error

test: setup native wasm build gate types node clients-node workerd browser matrix-core ## Run every test

native: ## Test the core on this machine: units, documentation examples, recordings, conformance
	cargo test --locked

wasm: setup ## Test the wasm module and its JavaScript boundary in Node
	wasm-pack test --node -- --locked

node: build ## Test the built package against the simulator, in this machine's Node and in the pinned one
	./tests/clients/setup.sh --node
	./scripts/on-each-node.sh tests/node/*.test.mjs

workerd: build ## Test the gateway in workerd
	node --test tests/workerd/*.test.mjs

browser: build ## Test the page in a browser
	node --test tests/browser/*.test.mjs

types: build ## Test the declared types of the package
	tsc --project tests/types
	./tests/clients/setup.sh --node
	tsc --project tests/clients

gate: build ## Fail if the package is more than 2 % larger than scripts/size-gate.json allows
	node scripts/size.mjs --gate

build: setup ## Build the wasm into pkg/wasm, and the page's copy of the package
	./scripts/build.sh

setup: ## Install toolchain, tools and npm packages that are missing or outdated
	./scripts/setup.sh

# docs/dac.md lists the variables. RECORD=1 also records the responses, redacted, into tests/out/live.
live: build ## Test against a real endpoint; skipped where none is configured
	node --test-reporter=spec scripts/live/live.test.mjs

# `node benches/run.mjs --help` lists the options for shorter runs.
bench: build ## Compare with other clients and write benches/RESULTS.md (about five minutes)
	./benches/setup.sh
	node benches/run.mjs

# On loopback. It stops by itself.
load: build ## Run many streams at once, in sequence and unread, and write benches/LOAD.md (a few minutes)
	./benches/setup.sh
	node tests/load/main.mjs

matrix: build ## Run the conformance suite in every runtime and bundler, and write docs/runtimes.md (ten minutes)
	./tests/matrix/setup.sh
	node tests/matrix/main.mjs

matrix-core: build ## The same in Node, workerd, Deno, Bun, Chromium, and from esbuild and Vite
	./tests/matrix/setup.sh --core
	node tests/matrix/main.mjs --core

# FUZZ_RUNS (10,000,000), FUZZ_TARGETS and FUZZ_JOBS: see docs/robustness.md. Hours with the defaults.
fuzz: setup ## Fuzz every target under libFuzzer, and write the figures into docs/robustness.md
	node scripts/fuzz.mjs

# CALLS (10,000) and SEED: see tests/chaos/main.mjs. On loopback. It stops by itself.
chaos: build ## Make calls against hostile hosts in Node and workerd, and write docs/robustness.md (a few minutes)
	node tests/chaos/main.mjs

coverage: setup ## Measure the line coverage of the core, fail below 95 %, and write docs/robustness.md
	env $$(./scripts/setup-coverage.sh) node scripts/coverage.mjs

# CLIENTS names some of the packages, and then nothing is written. On loopback.
clients: build ## Run other people's clients in Node and through workerd, and write docs/clients.md (two minutes)
	./tests/clients/setup.sh
	node tests/clients/main.mjs

clients-node: build ## The same in Node alone
	./tests/clients/setup.sh --node
	node tests/clients/main.mjs --node

# EXAMPLES names some. It installs 840 MB of frameworks into tests/out. On loopback.
examples: build ## Install each example with the packed package, and run it (five minutes)
	node tests/examples/main.mjs

profile: build ## Print the time per event by function
	node benches/profile.mjs generic/1400 chunks
	node benches/profile.mjs generic/1400 gateway

size: setup ## Print the size of the wasm by crate
	node scripts/size-by-crate.mjs

clean: ## Remove everything that was built or installed
	rm -rf target .tools node_modules pkg/wasm www/oci-genai-edge tests/out .wrangler
	rm -rf tests/matrix/node_modules tests/matrix/out tests/clients/node_modules tests/clients/more/node_modules
	rm -rf benches/node_modules benches/out benches/native/target fuzz/target
