//! Pseudo-random input that a failure can name and a later run can repeat.

use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// A small generator of pseudo-random numbers (SplitMix64): the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Splits bytes into pieces of 0 to `max_len` bytes.
    pub fn split<'a>(&mut self, mut bytes: &'a [u8], max_len: usize) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let (head, tail) = bytes.split_at(self.below(max_len + 1).min(bytes.len()));
            pieces.push(head);
            bytes = tail;
        }
        pieces
    }
}

/// A number from the environment.
pub fn env_number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number: {text}"))
    })
}

/// Runs a check with one seed after another. A failure names its seed: `SEED=… ROUNDS=1` runs it
/// again.
pub fn for_each_seed(rounds: u64, check: impl Fn(&mut Random)) {
    let first = env_number("SEED", 20_231_130);
    for seed in first..first + env_number("ROUNDS", rounds) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&mut Random(seed)))) {
            panic!("SEED={seed} ROUNDS=1: {}", panic_message(&*panic));
        }
    }
}

/// The message of a panic that was caught.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}
