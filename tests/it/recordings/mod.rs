//! Recorded answers, and what the recording and the wire's specification lead a reader to expect:
//! whole, split at every byte and at random, in every framing, by the decoder and in a call.
//!
//! `expectations/recordings.json` describes `../shared/protocol/fixtures`,
//! `expectations/fixtures.json` the repository's own `fixtures`, which have the same shapes. An
//! entry has the `wire`, and what is decoded of the first choice: `text` (null where there is no
//! choice), `reasoning`, `toolCalls` (the id `made up` stands for one that OCI does not send),
//! `finishReason` in OpenAI's words, `ociFinishReason` where OCI's word differs, `usage` and so on;
//! `others` has the other choices. Or it has the `error`, with what is decoded before it, and in
//! `says` a part of its text. `ownFraming`: the line structure is what is tested, so no other
//! framing is tried.

mod calls;
mod conformance;
mod decoded;
mod stream;
mod whole;

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::support::shared_path;
use stream::check_stream;
use whole::check_whole;

/// How often a stream is split at random.
const RANDOM_SPLITS: usize = 2000;
const SEED: u64 = 20_231_130;

#[test]
fn shared_recordings() {
    let Some(folder) = shared_path("protocol/fixtures") else {
        return;
    };
    let expectations = include_str!("../../expectations/recordings.json");
    let (streams, wholes) = check_folder(&folder, expectations);
    println!(
        "{streams} recorded streams, each split at every byte and {RANDOM_SPLITS} times at random, \
         and {wholes} whole answers"
    );
}

#[test]
fn own_fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let expectations = include_str!("../../expectations/fixtures.json");
    let (streams, wholes) = check_folder(&folder, expectations);
    assert!(
        streams > 90 && wholes > 30,
        "{streams} streams and {wholes} whole answers"
    );
    println!("{streams} streams and {wholes} whole answers of the repository's own");
}

/// Checks that every recording in a folder has an expectation, and every expectation a recording,
/// and compares them. Returns how many streams and whole answers there are.
fn check_folder(folder: &Path, expectations: &str) -> (usize, usize) {
    let expectations: Map<String, Value> = serde_json::from_str(expectations).unwrap();
    let mut files = Vec::new();
    find_recordings(folder, &mut files);
    files.sort();
    let name_of = |path: &PathBuf| {
        let path = path.strip_prefix(folder).unwrap();
        path.to_str().unwrap().replace('\\', "/")
    };
    let names: Vec<String> = files.iter().map(name_of).collect();
    for name in expectations.keys() {
        assert!(
            names.contains(name),
            "{name} is expected but does not exist"
        );
    }
    let (mut streams, mut wholes) = (0, 0);
    // All failures are reported, not only the first.
    let mut failed = Vec::new();
    for (name, path) in names.iter().zip(&files) {
        let entry = expectations
            .get(name)
            .unwrap_or_else(|| panic!("{name} has no expectation"));
        if entry.get("notAnAnswer").is_some() {
            continue;
        }
        let bytes = std::fs::read(path).unwrap();
        let is_stream = name.ends_with(".sse");
        let (check, count): (fn(&str, &[u8], &Value), _) = match is_stream {
            true => (check_stream, &mut streams),
            false => (check_whole, &mut wholes),
        };
        if catch_unwind(|| check(name, &bytes, entry)).is_err() {
            failed.push(name.as_str());
        }
        *count += 1;
    }
    assert!(
        failed.is_empty(),
        "{} of {} failed: {failed:?}",
        failed.len(),
        streams + wholes
    );
    (streams, wholes)
}

fn find_recordings(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension();
        if path.is_dir() {
            find_recordings(&path, found);
        } else if extension.is_some_and(|extension| extension == "sse" || extension == "json") {
            found.push(path);
        }
    }
}
