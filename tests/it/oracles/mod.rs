//! The hot half, which is written by hand, against what is known to be right: `serde_json` for the
//! JSON reader, and reading every event in full for the templates.

mod json;
mod repeats;
