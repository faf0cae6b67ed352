//! The seam between the event loop and what the sink gets.

use super::template::{MatchedText, Template};
use crate::answer::Accumulator;
use crate::error::Result;
use crate::openai::Sink;
use crate::sse::Line;

/// What becomes of the lines and events of a stream: they are translated into chunks, or pass
/// through. The event loop is generic over it, so that translating, the hot case, pays nothing for
/// the other.
pub(super) trait Output {
    /// Where the chunks go that the event reader or the end of the answer makes.
    fn sink(&mut self) -> &mut dyn Sink;

    /// Adds the text of an event that matched a template to the answer.
    fn push(
        &mut self,
        template: &Template,
        text: &MatchedText<'_>,
        event: &[u8],
        answer: &mut Accumulator,
    ) -> Result<()>;

    /// Whether no line waits to be written.
    fn is_flushed(&self) -> bool {
        true
    }

    /// A whole event with its line ends was read from the chunk, without [`Output::begin_line`].
    fn write_event(&mut self, _lines: &[u8]) {}

    /// A line arrived and is about to be read.
    fn begin_line(&mut self, _line: &Line<'_>) {}

    /// The lines up to here have been read. None of them is part of an answer while that is empty.
    fn flush(&mut self, _answer_is_empty: bool) {}

    /// An event was read in full that is no single delta.
    fn after_event(&mut self, _event: &[u8], _include_usage: bool) {}

    /// The event of this line is not for the caller.
    fn suppress_event(&mut self) {}

    /// Whether the caller has received the usage already.
    fn has_written_usage(&self) -> bool {
        false
    }

    /// The line end of the blank line that ends the stream, for a stream that lacks it.
    fn final_line_end(&self) -> &'static [u8] {
        b"\n"
    }
}

/// Events become chunks: the native wires.
pub(super) struct Translated<'s>(pub(super) &'s mut dyn Sink);

impl Output for Translated<'_> {
    #[inline(always)]
    fn sink(&mut self) -> &mut dyn Sink {
        self.0
    }

    #[inline(always)]
    fn push(
        &mut self,
        template: &Template,
        text: &MatchedText<'_>,
        _event: &[u8],
        answer: &mut Accumulator,
    ) -> Result<()> {
        template.push(text, answer, self.0)
    }
}
