//! The targets of `make fuzz` over their committed corpora and over mutations of those: a smoke
//! test that needs neither nightly nor cargo-fuzz. `MUTATIONS` sets how many there are for each
//! target; a failure prints the seed that repeats it, and the input.

mod corpus;
mod mutation;
pub mod targets;

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::support::{env_number, panic_message, Random};
use corpus::inputs_of;
use mutation::mutate;
use targets::{target, Target, TARGETS};

const MUTATIONS: u64 = 4_000;
const SEED: u64 = 20_231_130;

/// Every input of the corpus, then mutations by seed.
fn smoke(name: &str) {
    let target = target(name);
    let inputs = inputs_of(target);
    for (file, bytes) in &inputs {
        check(target, bytes, file);
    }
    let first = env_number("SEED", SEED);
    for seed in first..first + env_number("MUTATIONS", MUTATIONS) {
        let mut random = Random(seed);
        let mut bytes = mutate(&mut random, &inputs);
        bytes.truncate(target.max_len);
        check(target, &bytes, &format!("SEED={seed} MUTATIONS=1"));
    }
}

fn check(target: &Target, bytes: &[u8], what: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.check)(bytes))) {
        panic!(
            "{} of {what}: {}\ninput \"{}\"",
            target.name,
            panic_message(&*panic),
            bytes.escape_ascii()
        );
    }
}

#[test]
fn event_stream() {
    smoke("event_stream");
}

#[test]
fn generic_stream() {
    smoke("generic_stream");
}

#[test]
fn cohere_stream() {
    smoke("cohere_stream");
}

#[test]
fn cohere_v2_stream() {
    smoke("cohere_v2_stream");
}

#[test]
fn openai_stream() {
    smoke("openai_stream");
}

#[test]
fn responses() {
    smoke("responses");
}

#[test]
fn ids() {
    smoke("ids");
}

#[test]
fn requests() {
    smoke("requests");
}

#[test]
fn operations() {
    smoke("operations");
}

#[test]
fn tool_text() {
    smoke("tool_text");
}

#[test]
fn every_target_has_a_binary_and_a_corpus() {
    for target in &TARGETS {
        let binary = corpus::root().join(format!("fuzz/fuzz_targets/{}.rs", target.name));
        assert!(binary.exists(), "{}", binary.display());
        assert!(inputs_of(target).len() >= 8, "{}", target.name);
    }
}
