//! The answer that is being received: text, reasoning and tool calls, put together from deltas.

mod accumulator;
pub(crate) mod tool_calls;
mod tool_tags;

pub(crate) use accumulator::service_said;
pub use accumulator::Answer;
