//! The vocabulary: a chat as OpenAI's Chat Completions speak of it. Callers see nothing else; the wires translate to it and
//! from it.

mod chunk;
mod completion;
mod events;
mod finish;
mod logprobs;
mod reader;
mod request;
mod text;
mod usage;

pub use chunk::{Chunk, ChunkChoice, Delta, Extras, FunctionDelta, Head, Sink, ToolCallDelta};
pub use completion::{Choice, Completion, Function, Message as AnswerMessage, ToolCall};
pub use events::EventWriter;
pub use finish::finish_reason;
pub use request::ChatRequest;

pub(crate) use logprobs::{to_openai as logprobs_to_openai, whole as logprobs_whole};
pub(crate) use reader::Reader;
pub(crate) use request::{
    Detail, Media, Message, Part, ResponseFormat, SentCall, Tool, ToolChoice,
};
pub(crate) use text::{Joiner, Text};
pub(crate) use usage::{is_usage, to_openai as usage_to_openai};
