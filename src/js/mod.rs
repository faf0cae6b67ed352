//! The shell: the only rooms that know JavaScript. They lend the core a clock, `fetch` and memory, and decide nothing.
//!
//! What crosses the boundary: requests, routes, reports and rare chunks as JSON text (the parser stops at a depth of 127, and
//! `JSON.parse` makes no prototypes), and the bytes of a stream through [`memory`].

mod call;
mod client;
mod failure;
mod fetch;
mod memory;
mod output;

pub use call::CallHandle;
pub use client::Client;
pub use failure::Failure;
pub use memory::{header_pointer, input_capacity, input_pointer};

/// Milliseconds since 1970.
fn now() -> f64 {
    js_sys::Date::now()
}
