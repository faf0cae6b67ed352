//! A streamed answer, decoded as its bytes arrive.

use super::events::{Events, State};
use super::output::Translated;
use super::passthrough::Passthrough;
use crate::answer::Accumulator;
use crate::error::{Code, Error, Result};
use crate::openai::{Metadata, Sink};
use crate::options::Limits;
use crate::sse::{EventTooLong, Lines};
use crate::wire::WireFormat;

/// Decodes one streamed answer.
///
/// ```
/// use oci_genai_edge::decode::Decoder;
/// use oci_genai_edge::openai::{EventWriter, Metadata};
/// use oci_genai_edge::options::Limits;
/// use oci_genai_edge::wire;
///
/// let mut decoder = Decoder::new(&wire::GENERIC, Metadata::default(), Limits::default(), false);
/// let mut events = EventWriter::new(false);
/// let stream = br#"data: {"index":0,"message":{"content":[{"type":"TEXT","text":"Hi"}]}}
///
/// data: {"finishReason":"stop"}
///
/// "#;
/// decoder.feed(stream, &mut events)?;
/// decoder.end(&mut events)?;
/// let completion = decoder.answer().completion();
/// assert_eq!(completion.choices[0].message.content.as_deref(), Some("Hi"));
/// # Ok::<(), oci_genai_edge::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    lines: Lines,
    events: Events,
    /// Present where the service's own lines go to the sink.
    passthrough: Option<Passthrough>,
    received: usize,
    max_response_bytes: usize,
}

impl Decoder {
    /// A decoder at the start of an answer. With `include_usage` a last chunk carries the usage.
    pub fn new(
        wire: &'static WireFormat,
        metadata: Metadata,
        limits: Limits,
        include_usage: bool,
    ) -> Self {
        let passes_through = wire.passes_events_through;
        Decoder {
            lines: Lines::new(limits.max_event_bytes).keep_comments(passes_through),
            events: Events::new(wire, metadata, limits, include_usage),
            passthrough: passes_through.then(Passthrough::default),
            received: 0,
            max_response_bytes: limits.max_response_bytes,
        }
    }

    /// Decodes the next bytes, however they are cut, and sends what they add to the sink. What
    /// precedes a failure is sent; after a failure, or the end of the answer, nothing more is read.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<()> {
        let room = self.max_response_bytes.saturating_sub(self.received);
        self.received = self.received.saturating_add(bytes.len());
        // What exceeds the limit is not decoded, so that it doesn't matter in which pieces the
        // answer arrives.
        let bytes = bytes.get(..room).unwrap_or(bytes);
        if matches!(self.events.state, State::Open) {
            let result = match &mut self.passthrough {
                None => self
                    .events
                    .decode(&mut self.lines, bytes, &mut Translated(sink)),
                Some(passthrough) => {
                    self.events
                        .decode(&mut self.lines, bytes, &mut passthrough.to(sink))
                }
            };
            let result = result.and_then(|()| self.check_size());
            if let Err(error) = result {
                let (lines, passthrough) = (&mut self.lines, &mut self.passthrough);
                if let Some(passthrough) = passthrough.as_mut().filter(|_| lines.take_deferred_lf())
                {
                    passthrough.to(sink).end_line();
                }
                self.events.state = State::Failed(error);
            }
        }
        self.outcome()
    }

    /// Ends the stream. Fails with `stream_truncated` if the answer has not ended.
    pub fn end(&mut self, sink: &mut dyn Sink) -> Result<()> {
        if matches!(self.events.state, State::Open) {
            let (lines, received) = (&mut self.lines, self.received);
            match &mut self.passthrough {
                None => self.events.end(lines, received, &mut Translated(sink)),
                Some(passthrough) => self.events.end(lines, received, &mut passthrough.to(sink)),
            }
        }
        self.outcome()
    }

    /// Whether the answer has ended: what follows is not read.
    pub fn is_done(&self) -> bool {
        matches!(self.events.state, State::Done)
    }

    /// The answer, as far as it has been received.
    pub fn answer(&self) -> &Accumulator {
        &self.events.answer
    }

    /// The answer, to set what the stream does not carry.
    pub fn answer_mut(&mut self) -> &mut Accumulator {
        &mut self.events.answer
    }

    fn check_size(&self) -> Result<()> {
        if matches!(self.events.state, State::Open) && self.received > self.max_response_bytes {
            let limit = self.max_response_bytes;
            return Err(too_large(limit, "the answer", "limits.maxResponseBytes"));
        }
        Ok(())
    }

    fn outcome(&self) -> Result<()> {
        match &self.events.state {
            State::Failed(error) => Err(error.clone()),
            State::Open | State::Done => Ok(()),
        }
    }
}

impl From<EventTooLong> for Error {
    fn from(error: EventTooLong) -> Self {
        too_large(error.limit, "an event", "limits.maxEventBytes")
    }
}

fn too_large(limit: usize, what: &str, option: &'static str) -> Error {
    Error::new(
        Code::LimitExceeded,
        format!("{what} is larger than {limit} bytes"),
    )
    .with_hint(format!("raise {option}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::NullSink;
    use crate::wire;

    fn decode(wire: &'static WireFormat, stream: &str) -> (Result<()>, String) {
        let mut decoder = Decoder::new(wire, Metadata::default(), Limits::default(), false);
        let fed = decoder.feed(stream.as_bytes(), &mut NullSink);
        let ended = fed.and_then(|()| decoder.end(&mut NullSink));
        let text = decoder
            .answer()
            .completion()
            .choices
            .first()
            .and_then(|choice| choice.message.content.clone());
        (ended, text.unwrap_or_default())
    }

    fn generic(text: &str) -> String {
        let content = format!(r#"[{{"type":"TEXT","text":"{text}"}}]"#);
        format!("data: {{\"index\":0,\"message\":{{\"content\":{content}}}}}\n")
    }

    const FINISH: &str = "data: {\"finishReason\":\"stop\"}\n";

    #[test]
    fn events_may_be_separated_by_one_newline() {
        let stream = generic("a") + &generic("b") + FINISH;
        assert_eq!(decode(&wire::GENERIC, &stream), (Ok(()), "ab".into()));
        // and the last one may lack its own
        assert_eq!(
            decode(&wire::GENERIC, stream.trim_end()),
            (Ok(()), "ab".into())
        );
    }

    #[test]
    fn json_may_span_data_lines() {
        let stream = "data: {\"message\":\ndata: {\"content\":[{\"text\":\"a\"}]}}\n\n\
            data: {\"finishReason\":\ndata: \"stop\"}\n\n";
        assert_eq!(decode(&wire::GENERIC, stream), (Ok(()), "a".into()));
    }

    #[test]
    fn pings_and_blank_data_are_not_events() {
        let stream = format!(
            ": hi\n\nevent: ping\ndata: pong\n\ndata:\n\n\
             event: ping\n{}\n{FINISH}\ndata: [DONE]\n\nnonsense",
            generic("a")
        );
        assert_eq!(decode(&wire::GENERIC, &stream), (Ok(()), "a".into()));
    }

    #[test]
    fn a_failure_keeps_what_precedes_it() {
        let code = |stream: &str| {
            let (result, text) = decode(&wire::GENERIC, stream);
            assert_eq!(text, "a", "{stream}");
            result.unwrap_err().code()
        };
        let start = generic("a") + "\n";
        assert_eq!(code(&start), Code::StreamTruncated);
        assert_eq!(
            code(&(start.clone() + "data: {\"index\":0,\"mess")),
            Code::StreamTruncated
        );
        assert_eq!(
            code(&(start.clone() + "data: {invalid\n\n")),
            Code::StreamError
        );
        assert_eq!(code(&(start.clone() + "data: [1]\n\n")), Code::StreamError);
        assert_eq!(
            code(&(start.clone() + "data: {\"code\":\"500\",\"message\":\"no\"}\n\n")),
            Code::StreamError
        );
        assert_eq!(
            code(&(start.clone() + "event: error\ndata: {\"error\":\"no\"}\n\n")),
            Code::StreamError
        );
        assert_eq!(
            code(&(start.clone() + "event: error\ndata: {\"what\":\"no\"}\n\n")),
            Code::StreamError
        );
    }

    #[test]
    fn done_ends_an_answer_without_a_finish() {
        assert_eq!(
            decode(&wire::GENERIC, &(generic("a") + "\ndata: [DONE]\n\n")),
            (Ok(()), "a".into())
        );
    }

    #[test]
    fn limits_are_enforced() {
        let tight = Limits {
            max_event_bytes: 100,
            max_response_bytes: 400,
            ..Limits::default()
        };
        let run = |stream: &str| {
            let mut decoder = Decoder::new(&wire::GENERIC, Metadata::default(), tight, false);
            decoder
                .feed(stream.as_bytes(), &mut NullSink)
                .map_err(|error| error.code())
        };
        assert_eq!(run(&generic("a")), Ok(()));
        assert_eq!(run(&generic(&"a".repeat(100))), Err(Code::LimitExceeded));
        assert_eq!(
            run(&(generic("a") + "\n").repeat(8)),
            Err(Code::LimitExceeded)
        );
    }
}
