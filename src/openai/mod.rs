//! The vocabulary: a chat as OpenAI's Chat Completions speak of it. Callers see nothing else; the wires translate to it and
//! from it.

mod chunk;
mod completion;
mod event_writer;
mod param;
mod request;

pub use chunk::{Chunk, ChunkChoice, Delta, Extras, FunctionDelta, Head, Sink, ToolCallDelta};
pub use completion::{Choice, Completion, Function, Message as AnswerMessage, ToolCall};
pub use event_writer::EventWriter;
pub use request::ChatRequest;

pub(crate) use crate::json::{Joiner, Text};
pub use crate::wire::translate::finish_reason::finish_reason;
pub(crate) use crate::wire::translate::logprobs::{
    to_openai as logprobs_to_openai, whole as logprobs_whole,
};
pub(crate) use crate::wire::translate::usage::{is_usage, to_openai as usage_to_openai};
pub(crate) use param::Reader;
pub(crate) use request::{
    Detail, Media, Message, Part, ResponseFormat, SentCall, Tool, ToolChoice,
};
