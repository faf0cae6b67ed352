//! The answer that is being received: where the deltas of a stream and a whole body come together.
//!
//! The wires call the methods of [`Accumulator`]; a [`Sink`](crate::openai::Sink) gets chunks while
//! they arrive, and [`Accumulator::completion`] gives the whole at any time.

mod accumulator;
mod choice;
mod ending;
mod held;
mod text;
mod think_tags;
mod tool_calls;
mod tool_tags;

pub use accumulator::Accumulator;
pub(crate) use accumulator::MAX_OTHER_FIELDS;
pub(crate) use ending::FinishReason;
pub(crate) use tool_calls::{arguments_text, Fragment};
