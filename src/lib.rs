//! Calls OCI Generative AI from edge runtimes: endpoints of Dedicated AI Clusters (DAC) first,
//! on-demand models by the same call.
//!
//! # What this is
//!
//! The core decides where a model id goes ([`routing`]), builds the request for it ([`wire`]), and
//! turns the bytes of the answer into OpenAI's chunks ([`decode`]) while they arrive; [`call`] is
//! the life of a call with its renegotiation, fallback and retries. None of it does I/O, reads a
//! clock or knows JavaScript: it is tested natively, and Rust programs may use it with an HTTP
//! client of their own ([`decode::pieces`]). Compiled to WebAssembly, a thin shell supplies `fetch`
//! and memory; the npm package `oci-genai-edge` is made of that.
//!
//! # Features
//!
//! | feature | holds |
//! |---|---|
//! | `js`, a default one | the shell that the npm package is built of |
//!
//! Rust programs set `default-features = false`: without `js` nothing is exported to JavaScript.
//!
//! # What this is not
//!
//! It is no HTTP client, no signer (the host signs: no key enters wasm), no SDK for the rest of
//! OCI, no agent framework.
//!
//! # The rooms
//!
//! Imports run from the top to the bottom of this table, never back up.
//!
//! | module | holds |
//! |---|---|
//! | `js` | the shell: the only room that knows JavaScript |
//! | [`client`] | options and what was learned -> a call |
//! | [`call`] | what to do next |
//! | [`operation`] | what is asked of OCI: path, body, how to read the answer |
//! | [`decode`] | bytes -> chunks |
//! | [`wire`] | GENERIC, COHERE, COHEREV2 and the openai transport |
//! | [`answer`] | deltas -> the answer |
//! | [`options`] | the options of a client and of a call |
//! | [`responses`] | the Responses API, in front of a chat |
//! | [`openai`], [`routing`] | the vocabulary of callers; model id -> route |
//! | [`json`], [`sse`], [`error`] | JSON read where it stands, events, the closed set of failures |

pub mod answer;
pub mod call;
pub mod client;
pub mod decode;
pub mod error;
#[cfg(feature = "js")]
pub mod js;
pub mod json;
pub mod openai;
pub mod operation;
pub mod options;
pub mod responses;
pub mod routing;
pub mod sse;
mod text;
pub mod wire;

/// The Rust in the guide runs with the tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide.md")]
struct Guide;
