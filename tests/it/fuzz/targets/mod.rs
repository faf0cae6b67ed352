//! What is fuzzed: a function for each target, which takes any bytes and panics where the core
//! breaks a rule. `make fuzz` runs them under libFuzzer (the crate in `fuzz/` includes this
//! folder); the parent module runs them over the committed corpora.

mod event_stream;
mod ids;
mod input;
mod operations;
mod requests;
mod responses;
mod tool_text;
mod wire_stream;

use oci_genai_edge::wire;

/// A target: its name, which is also the name of its corpus, and what checks an input.
pub struct Target {
    pub name: &'static str,
    pub check: fn(&[u8]),
    /// The longest input, in bytes: longer ones find little more, and take time.
    pub max_len: usize,
    /// Folders of the repository whose files are inputs too, beside the target's own corpus.
    pub fixtures: &'static [&'static str],
}

/// Every target, in the order of `docs/robustness.md`.
pub static TARGETS: [Target; 10] = [
    Target {
        name: "event_stream",
        check: event_stream::check,
        max_len: 512,
        fixtures: &["generic", "openai"],
    },
    Target {
        name: "generic_stream",
        check: |input| wire_stream::check(&wire::GENERIC, input),
        max_len: 512,
        fixtures: &["generic"],
    },
    Target {
        name: "cohere_stream",
        check: |input| wire_stream::check(&wire::COHERE, input),
        max_len: 512,
        fixtures: &["cohere"],
    },
    Target {
        name: "cohere_v2_stream",
        check: |input| wire_stream::check(&wire::COHERE_V2, input),
        max_len: 512,
        fixtures: &["cohere_v2"],
    },
    Target {
        name: "openai_stream",
        check: |input| wire_stream::check(&wire::OPENAI, input),
        max_len: 512,
        fixtures: &["openai"],
    },
    Target {
        name: "responses",
        check: responses::check,
        max_len: 512,
        fixtures: &["generic", "cohere", "cohere_v2", "openai", "errors"],
    },
    Target {
        name: "ids",
        check: ids::check,
        max_len: 512,
        fixtures: &[],
    },
    Target {
        name: "requests",
        check: requests::check,
        max_len: 512,
        fixtures: &[],
    },
    Target {
        name: "operations",
        check: operations::check,
        max_len: 512,
        fixtures: &[],
    },
    Target {
        name: "tool_text",
        check: tool_text::check,
        max_len: 256,
        fixtures: &[],
    },
];

/// The target of this name.
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap()
}
