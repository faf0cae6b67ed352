//! Valid streams of every wire format, generated at random together with the expected answer: in
//! all the variations of section 4 of `../shared/protocol/oci-chat.md`, in all framings, split
//! anywhere; and the same streams with failures.
//!
//! `STREAMS` sets their number (100,000), `SEED` the first seed. A failure names the seed of its
//! stream: `SEED=… STREAMS=1` generates it again, for each wire format.

mod checks;
mod decoding;
mod expected;
mod extras;
mod items;
mod json;
mod text;
mod tool_call_text;
mod tool_calls;
mod wires;
mod writer;

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::support::{env_number, panic_message, Random, Wire};
use checks::{check_chunks, check_partial, check_whole};
use decoding::{decode, Calls};
use expected::GeneratedStream;
use items::{is_finished, Item};

pub use wires::{failure, valid_stream};
pub use writer::StreamWriter;

/// The number of streams, unless `STREAMS` sets another.
const STREAMS: u64 = 100_000;
const SEED: u64 = 20_231_130;

/// After this many failures, a run ends and prints the shortest stream.
const MAX_FAILURES: usize = 100;

#[test]
fn generic() {
    check_streams(Wire::Generic);
}

#[test]
fn cohere() {
    check_streams(Wire::Cohere);
}

#[test]
fn cohere_v2() {
    check_streams(Wire::CohereV2);
}

#[test]
fn openai() {
    check_streams(Wire::OpenAi);
}

/// Checks one wire format's share of the streams. `DUMP` prints every failure, not only that of
/// the shortest stream.
fn check_streams(wire: Wire) {
    let share = Wire::ALL.len() as u64;
    let count = (env_number("STREAMS", STREAMS) / share).max(1);
    let first = env_number("SEED", SEED);
    let calls = Calls::new(wire);
    let name = wire.format().name;
    let mut failures: Vec<(usize, String)> = Vec::new();
    for seed in first..first + count {
        let mut bytes = Vec::new();
        let check = AssertUnwindSafe(|| check_stream(wire, &calls, seed, &mut bytes));
        if let Err(panic) = catch_unwind(check) {
            let message = panic_message(&*panic);
            let stream = String::from_utf8_lossy(&bytes);
            let failure =
                format!("{name} with SEED={seed} STREAMS=1: {message}\n{stream}\n{stream:?}");
            if std::env::var("DUMP").is_ok() {
                println!("#### {failure}");
            }
            failures.push((bytes.len(), failure));
            if failures.len() == MAX_FAILURES {
                break;
            }
        }
    }
    failures.sort();
    if let Some((_, shortest)) = failures.first() {
        panic!("{} failed; the shortest is {shortest}", failures.len());
    }
    println!("{count} streams of {name}, SEED={first}");
}

/// Generates the stream of a seed and decodes it. One in four is truncated or has an error event.
/// `stream` receives the bytes, for the message of a failure.
fn check_stream(wire: Wire, calls: &Calls, seed: u64, stream: &mut Vec<u8>) {
    let mut random = Random(seed);
    let tool_text = wire != Wire::OpenAi && random.chance(6);
    let GeneratedStream {
        mut items,
        expected,
    } = wires::valid_stream(&mut random, wire, tool_text);
    let writer = StreamWriter::new(&mut random);
    let (mut is_truncated, mut failure) = (false, None);
    match random.below(8) {
        0 => {
            let has_done = matches!(items.last(), Some(Item::Done));
            let at = random.below(items.len() - usize::from(has_done) + 1);
            let (item, code) = wires::failure(&mut random, wire);
            items.insert(at, item);
            failure = Some((at, code));
        }
        1 => is_truncated = true,
        _ => {}
    }
    let (mut bytes, ends) = writer.stream(&items, &mut random);
    if is_truncated {
        bytes.truncate(random.below(bytes.len()));
    }
    stream.clone_from(&bytes);
    let max_len = *random.pick(&[2, 7, 30, 100, 300, 300, 1000, 4000, 4000, 4000, 4000, 4000]);
    let pieces = random.split(&bytes, max_len);
    let include_usage = random.chance(2);
    let decoded = if tool_text || random.chance(20) {
        calls.decode(&pieces, include_usage, !random.chance(8), tool_text)
    } else {
        // Assembling the chunks takes as long as everything else.
        let records = random.chance(3);
        decode(wire, &pieces, include_usage, records)
    };

    let code = decoded.error.as_ref().map(|error| error.code().as_str());
    let arrived = match failure {
        Some((at, expected)) => {
            // An error event after the end of the answer may be reported or ignored.
            assert!(
                code == Some(expected) || (code.is_none() && is_finished(&items[..at])),
                "an error event: {code:?}, not {expected}"
            );
            &items[..at]
        }
        None if is_truncated => {
            let count = ends.iter().take_while(|end| **end <= bytes.len()).count();
            let arrived = &items[..count];
            let expected = (!is_finished(arrived)).then_some("stream_truncated");
            assert_eq!(code, expected, "truncated at {}", bytes.len());
            arrived
        }
        None => {
            check_whole(&decoded, &expected);
            &items[..]
        }
    };
    if arrived.len() < items.len() || is_truncated {
        check_partial(&decoded, &expected, arrived, tool_text);
    }
    check_chunks(&decoded);
}
