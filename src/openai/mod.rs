//! The vocabulary of callers: OpenAI's Chat Completions, in and out. The wires translate to it and
//! from it; a caller never meets another one.
//!
//! Field names and meanings are those of OpenAI's
//! [API reference](https://platform.openai.com/docs/api-reference/chat). What OCI has and OpenAI has
//! not stands under `oci`.

mod chunk;
mod completion;
mod event_writer;
mod message;
mod metadata;
mod param;
mod param_names;
pub mod parameters;
mod request;
mod sink;
mod tool;

pub use chunk::{Chunk, ChunkChoice, Delta, Extras, FunctionDelta, ToolCallDelta};
pub use completion::{AssistantMessage, Choice, Completion, Function, ToolCall};
pub use event_writer::EventWriter;
pub use metadata::Metadata;
pub use request::ChatRequest;
pub use sink::Sink;

pub(crate) use completion::logprobs;
pub(crate) use message::{parse_url, Detail, Media, Message, Part, RequestedCall};
pub(crate) use param::Param;
pub(crate) use param_names::ParamNames;
pub(crate) use request::{parse_body, take_model, Chat};
pub(crate) use sink::NullSink;
pub(crate) use tool::{ResponseFormat, Tool, ToolChoice};
