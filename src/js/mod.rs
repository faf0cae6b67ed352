//! The shell: the only rooms that know JavaScript. They lend the core a clock, `fetch` and memory, and decide nothing.
//!
//! What crosses the boundary: requests and rare chunks as JSON text (`serde_json` stops at a depth of 128, and `JSON.parse`
//! makes no prototypes), closed flat values by `serde-wasm-bindgen`, and the bytes of a stream through [`memory`].

// Everything public here is public to JavaScript.
#![allow(unreachable_pub)]

mod call;
mod client;
mod failure;
mod fetch;
mod memory;
mod output;

/// Milliseconds since 1970.
fn now() -> f64 {
    js_sys::Date::now()
}
