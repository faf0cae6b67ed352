//! Calls OCI Generative AI from edge runtimes: endpoints of Dedicated AI Clusters (DAC) first, on-demand models by the same call.
//!
//! # What this is
//!
//! The core decides where a model id goes ([`route`]), builds the request for it ([`wire`]), and turns the bytes of the answer
//! into OpenAI's chunks ([`stream`]) as they arrive; [`call`] is the life of a call with its corrections, fallback and retries.
//! None of it does I/O, reads a clock or knows JavaScript: it is tested natively, and Rust programs may use it with an HTTP client
//! of their own ([`stream::pieces`]). Compiled to WebAssembly, a thin shell lends it `fetch` and memory; the npm package
//! `oci-genai-edge` is made of that.
//!
//! # What this is not
//!
//! No HTTP client, no signer (the host signs: no key enters wasm), no SDK for the rest of OCI, no agent framework.
//!
//! # The rooms
//!
//! | module | holds |
//! |---|---|
//! | [`ocid`], [`region`], [`endpoint`] | what an identifier, a region and an address may look like |
//! | [`route`] | model id -> serving mode, transport, format, URL |
//! | [`options`] | what a client and a call may be told |
//! | [`chat`] | OpenAI's vocabulary: request, chunk, completion, and the writer of events |
//! | [`wire`] | GENERIC, COHERE, COHEREV2 and the openai transport, a file each |
//! | [`json`] | JSON text, read where it stands, and values |
//! | [`sse`] | bytes -> events, by the standard |
//! | [`stream`] | events -> chunks |
//! | [`call`] | what to do next |
//! | [`error`] | the closed set of failures |

mod answer;
pub mod call;
pub mod chat;
pub mod endpoint;
pub mod error;
mod gather;
#[cfg(target_arch = "wasm32")]
pub mod js;
pub mod json;
pub mod ocid;
mod opening;
pub mod options;
pub mod region;
mod report;
pub mod route;
mod service_error;
pub mod sse;
pub mod stream;
mod template;
mod tool_calls;
mod tool_text;
pub mod wire;

pub use answer::Answer;
pub use report::{Attempt, Report};

/// The Rust in the README runs with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
