//! Calls OCI Generative AI from edge runtimes: endpoints of Dedicated AI Clusters (DAC) first, on-demand models by the same call.
//!
//! # What this is
//!
//! The core decides where a model id goes ([`routing`]), builds the request for it ([`wire`]), and turns the bytes of the answer
//! into OpenAI's chunks ([`decode`]) as they arrive; [`call`] is the life of a call with its corrections, fallback and retries.
//! None of it does I/O, reads a clock or knows JavaScript: it is tested natively, and Rust programs may use it with an HTTP client
//! of their own ([`decode::pieces`]). Compiled to WebAssembly, a thin shell lends it `fetch` and memory; the npm package
//! `oci-genai-edge` is made of that.
//!
//! # What this is not
//!
//! No HTTP client, no signer (the host signs: no key enters wasm), no SDK for the rest of OCI, no agent framework.
//!
mod answer;
pub mod call;
pub mod decode;
pub mod error;
mod gather;
#[cfg(target_arch = "wasm32")]
pub mod js;
pub mod json;
pub mod openai;
pub mod options;
pub mod routing;
pub mod sse;
pub mod wire;

pub use answer::Answer;
pub use call::{Attempt, Report};

/// The Rust in the README runs with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
