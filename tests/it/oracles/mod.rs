//! Hand-written code compared with another implementation of the same rules: `regex` for
//! identifiers, `serde_json` for the JSON reader, reading every event in full for the templates.

mod ids;
mod json;
mod repeats;
