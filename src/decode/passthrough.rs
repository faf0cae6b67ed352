//! The openai transport: the caller gets the service's own lines, byte for byte.

use super::output::Output;
use super::template::{MatchedText, Template};
use crate::answer::Accumulator;
use crate::error::Result;
use crate::openai::{NullSink, Sink};
use crate::sse::{decode_utf8, Line};
use crate::wire::{is_usage_only, with_reasoning_content};

/// The lines of a stream that the service wrote in OpenAI's own form, from one event to the next.
/// They are written once their event has been read, because some events are not for the caller: an
/// error, the end, and usage that the caller did not request.
#[derive(Clone, Debug, Default)]
pub(super) struct Passthrough {
    /// Lines that have been received and not been written.
    lines: Vec<u8>,
    /// The event was suppressed, and so is the blank line that ends it.
    suppress_event: bool,
    /// The last line was suppressed, and so is the rest of its line end.
    suppressed_line: bool,
    /// An event has been written, and the blank line that ends it has not.
    event_open: bool,
    has_written_usage: bool,
}

impl Passthrough {
    /// The output of some bytes of the stream.
    pub(super) fn to<'o>(&'o mut self, sink: &'o mut dyn Sink) -> PassthroughOutput<'o> {
        PassthroughOutput { stream: self, sink }
    }
}

/// [`Passthrough`] with the sink that it writes to.
pub(super) struct PassthroughOutput<'o> {
    stream: &'o mut Passthrough,
    sink: &'o mut dyn Sink,
}

impl PassthroughOutput<'_> {
    /// The LF of a line end arrived, and the line after it never will.
    pub(super) fn end_line(&mut self) {
        let stream = &mut *self.stream;
        if stream.suppressed_line {
            return;
        }
        if stream.lines.is_empty() {
            self.sink.raw_bytes(b"\n");
        } else {
            stream.lines.push(b'\n');
        }
    }
}

impl Output for PassthroughOutput<'_> {
    fn sink(&mut self) -> &mut dyn Sink {
        self.sink
    }

    fn push(
        &mut self,
        template: &Template,
        text: &MatchedText<'_>,
        event: &[u8],
        answer: &mut Accumulator,
    ) -> Result<()> {
        if self.sink.decodes_chunks() {
            return template.push(text, answer, self.sink);
        }
        template.push(text, answer, &mut NullSink)?;
        if template.has_alias() && self.sink.reads_verbatim() {
            self.sink
                .verbatim(&decode_utf8(&with_reasoning_content(event)));
        } else {
            self.sink.verbatim(&decode_utf8(event));
        }
        Ok(())
    }

    fn is_flushed(&self) -> bool {
        self.stream.lines.is_empty()
    }

    fn write_event(&mut self, lines: &[u8]) {
        // A blank line that follows is this event's.
        self.stream.suppress_event = false;
        self.stream.event_open = !lines.ends_with(b"\n\n") && !lines.ends_with(b"\r\n\r\n");
        self.sink.raw_bytes(lines);
    }

    fn begin_line(&mut self, line: &Line<'_>) {
        // The rest of a line end goes where its line went.
        if line.after_deferred_lf {
            self.end_line();
        }
        let stream = &mut *self.stream;
        let is_blank = line.text.is_empty();
        stream.suppressed_line = std::mem::take(&mut stream.suppress_event) && is_blank;
        if !stream.suppressed_line {
            stream.event_open = !is_blank;
            stream.lines.extend_from_slice(line.text);
            stream.lines.extend_from_slice(line.end);
        }
    }

    fn flush(&mut self, answer_is_empty: bool) {
        let stream = &mut *self.stream;
        if answer_is_empty {
            // A comment or a ping before the first event: the call may still fall back or be
            // retried, so nothing is written yet.
            (stream.suppressed_line, stream.event_open) = (true, false);
        } else {
            self.sink.raw_bytes(&stream.lines);
        }
        stream.lines.clear();
    }

    fn after_event(&mut self, event: &[u8], include_usage: bool) {
        if self.sink.decodes_chunks() || !is_usage_only(event) {
            return;
        }
        if include_usage {
            self.sink.verbatim(&decode_utf8(event));
            self.stream.has_written_usage = true;
        } else {
            self.suppress_event();
        }
    }

    fn suppress_event(&mut self) {
        let stream = &mut *self.stream;
        stream.lines.clear();
        stream.suppress_event = true;
        (stream.suppressed_line, stream.event_open) = (true, false);
    }

    fn has_written_usage(&self) -> bool {
        self.stream.has_written_usage
    }

    /// None, if the service wrote the blank line or there is no event that needs one.
    fn final_line_end(&self) -> &'static [u8] {
        if self.stream.event_open {
            b"\n"
        } else {
            b""
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::Decoder;
    use crate::openai::{EventWriter, Metadata};
    use crate::options::Limits;
    use crate::wire;

    const ONE: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"1\"}}]}";
    const TWO: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"2\"}}]}";
    const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}";
    const FINISH: &str =
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";

    /// What is written of a stream that arrives in these chunks.
    fn written(chunks: &[&str], include_usage: bool) -> String {
        let limits = Limits::default();
        let mut decoder = Decoder::new(&wire::OPENAI, Metadata::default(), limits, include_usage);
        let mut writer = EventWriter::new(include_usage);
        for chunk in chunks {
            decoder.feed(chunk.as_bytes(), &mut writer).unwrap();
        }
        decoder.end(&mut writer).unwrap();
        String::from_utf8(writer.take()).unwrap()
    }

    #[test]
    fn lines_pass_as_they_are() {
        for end in ["\n", "\r\n"] {
            let lines = format!("{ONE}{end}{end}: comment{end}id: 1{end}{TWO}{end}{end}");
            let stream = format!("{lines}{FINISH}{end}{end}");
            assert_eq!(written(&[&stream], false), stream);
            let bytes: Vec<&str> = stream.split_inclusive(|_: char| true).collect();
            assert_eq!(written(&bytes, false), stream);
        }
    }

    #[test]
    fn usage_passes_if_it_was_requested() {
        let stream = format!("{ONE}\n\n{FINISH}\n\n{USAGE}\n\n");
        assert_eq!(written(&[&stream], true), stream);
        let without = format!("{ONE}\n\n{FINISH}\n\n");
        assert_eq!(written(&[&stream], false), without);
    }

    #[test]
    fn the_end_and_what_precedes_the_answer_do_not_pass() {
        let stream = format!(": ping\n\n{ONE}\n\n{FINISH}\n\ndata: [DONE]\n\n");
        let passed = format!("{ONE}\n\n{FINISH}\n\n");
        assert_eq!(written(&[&stream], false), passed);
    }

    #[test]
    fn the_last_event_gets_its_blank_line() {
        let expected = format!("{ONE}\n\n{FINISH}\n\n");
        for end in ["", "\n", "\n\n"] {
            let stream = format!("{ONE}\n\n{FINISH}{end}");
            assert_eq!(written(&[&stream], false), expected, "{end:?}");
        }
    }
}
