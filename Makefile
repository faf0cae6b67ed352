# `make test` does its own set-up on a machine that has Rust (rustup), Node and make.

.PHONY: test lint

test:
	cargo test --locked

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	node scripts/lint.mjs
