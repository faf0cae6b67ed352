//! What the integration tests share: random input, a recording sink, and single calls.

mod chunks;
mod outcome;
mod random;
mod recording_sink;
mod single_call;

pub use chunks::{assert_any_chunks_make, assert_chunks_make};
pub use outcome::{assert_same, Outcome, StreamSetup};
pub use random::{env_number, for_each_seed, panic_message, Random};
pub use recording_sink::{as_assembled, RecordingSink, SinkCall};
pub use single_call::{completion, metadata, receive, response_head, single_call, Wire};

use std::path::PathBuf;

/// A path in the folder of recordings and cases beside the repository. `None`, with a message on
/// stderr, in a clone that has no such folder.
pub fn shared_path(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!(
        "skipped: ../shared/{path} does not exist; the repository's own cases cover the same rules"
    );
    None
}
