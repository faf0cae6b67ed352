//! The native integration tests: one crate, with a module for each subject.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::explicit_auto_deref,
    missing_docs,
    unreachable_pub
)]

mod call;
mod fuzz;
mod generated;
mod linear;
mod operations;
mod oracles;
mod recordings;
mod responses;
mod routing;
mod sse_conformance;
mod sse_standard;
mod streams;
mod support;
mod tables;
