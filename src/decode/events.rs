//! Lines -> events -> the accumulator: the hot loop.
//!
//! OCI writes one JSON object for each `data:` line. Some deployments separate events by one
//! newline instead of a blank line, so each data line counts as an event of its own and is read at
//! once. A line whose JSON ends too early is buffered for the rest, as the standard joins data
//! lines.

use super::output::Output;
use super::template::Templates;
use crate::answer::Accumulator;
use crate::error::{Code, Error, Reason, Result};
use crate::openai::Metadata;
use crate::options::Limits;
use crate::sse::{parse_field, EventTooLong, Field, Line, Lines};
use crate::wire::{DecodeError, DecodeResult, WireFormat};

/// The events of a stream, and the answer that they make.
#[derive(Debug)]
pub(super) struct Events {
    wire: &'static WireFormat,
    pub(super) answer: Accumulator,
    pub(super) state: State,
    include_usage: bool,
    /// By the `event:` line, up to the next blank line.
    name: EventName,
    /// Data whose JSON ended too early.
    partial: Vec<u8>,
    max_event_bytes: usize,
    templates: Templates,
    /// The memory of a text without its escapes.
    unescaped: Vec<u8>,
}

/// How far a stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Done,
    Failed(Error),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum EventName {
    #[default]
    Message,
    Ping,
    Error,
}

impl Events {
    pub(super) fn new(
        wire: &'static WireFormat,
        metadata: Metadata,
        limits: Limits,
        include_usage: bool,
    ) -> Self {
        Events {
            wire,
            answer: Accumulator::new(metadata, limits.max_tool_calls),
            state: State::Open,
            include_usage,
            name: EventName::Message,
            partial: Vec::new(),
            max_event_bytes: limits.max_event_bytes,
            templates: Templates::default(),
            unescaped: Vec::new(),
        }
    }

    /// Decodes bytes, however they are cut, up to their end or that of the answer.
    pub(super) fn decode(
        &mut self,
        lines: &mut Lines,
        bytes: &[u8],
        output: &mut impl Output,
    ) -> Result<()> {
        let mut rest = bytes;
        while matches!(self.state, State::Open) {
            if lines.at_line_start() {
                rest = self.decode_repeats(rest, output)?;
            }
            let Some(line) = lines.next_line(&mut rest)? else {
                break;
            };
            self.read_line(line, output)?;
        }
        Ok(())
    }

    /// Decodes events for as long as they repeat one that was read before: nearly all of a stream.
    /// Returns what follows them.
    fn decode_repeats<'a>(
        &mut self,
        mut bytes: &'a [u8],
        output: &mut impl Output,
    ) -> Result<&'a [u8]> {
        if self.name != EventName::Message || !self.partial.is_empty() || !output.is_flushed() {
            return Ok(bytes);
        }
        while let Some(data) = bytes.strip_prefix(b"data: ") {
            let Some((template, found)) = self.templates.find(data) else {
                break;
            };
            let Some((event, after)) = data.split_at_checked(found.event_len) else {
                break;
            };
            // A line end that may continue in the next chunk is left to `Lines`.
            let after = match after {
                [b'\n', b'\n', after @ ..] | [b'\r', b'\n', b'\r', b'\n', after @ ..] => after,
                [b'\n', after @ ..] | [b'\r', b'\n', after @ ..] => after,
                _ => break,
            };
            if event.len() > self.max_event_bytes {
                break;
            }
            let text = found.text(&mut self.unescaped);
            output.push(template, &text, event, &mut self.answer)?;
            output.write_event(bytes.get(..bytes.len() - after.len()).unwrap_or_default());
            bytes = after;
        }
        Ok(bytes)
    }

    fn read_line(&mut self, line: Line<'_>, output: &mut impl Output) -> Result<()> {
        output.begin_line(&line);
        match parse_field(line.text) {
            Field::Data(data) => self.read_data(data, output)?,
            Field::Event(name) => {
                self.name = match name {
                    b"ping" | b"keepalive" | b"heartbeat" => EventName::Ping,
                    b"error" => EventName::Error,
                    _ => EventName::Message,
                };
                return Ok(());
            }
            Field::End => {
                self.name = EventName::Message;
                self.flush_partial(output)?;
            }
            Field::Id(_) | Field::Retry(_) => return Ok(()),
            Field::Ignored => {}
        }
        if self.partial.is_empty() {
            output.flush(self.answer.is_empty());
        }
        Ok(())
    }

    fn read_data(&mut self, data: &[u8], output: &mut impl Output) -> Result<()> {
        if data.len() > self.max_event_bytes {
            return Err(self.event_too_long());
        }
        let data = data.trim_ascii();
        if !self.partial.is_empty() {
            return self.buffer_partial(data);
        }
        if data.is_empty() {
            return Ok(());
        }
        if data == b"[DONE]" {
            output.suppress_event();
            self.end_answer(output)?;
            self.state = State::Done;
            return Ok(());
        }
        if b"[DONE]".starts_with(data) {
            return self.buffer_partial(data);
        }
        // An event that its name makes an error is read in full.
        if self.name != EventName::Error {
            let found = self.templates.find(data);
            if let Some((template, found)) = found.filter(|(_, it)| it.event_len == data.len()) {
                let text = found.text(&mut self.unescaped);
                return output.push(template, &text, data, &mut self.answer);
            }
        }
        match self.read_event(data, output) {
            Ok(()) if self.name == EventName::Error => Err(Error::new(
                Code::StreamError,
                "the service reported an error",
            )),
            Ok(()) => Ok(()),
            Err(DecodeError::Failed(error)) => Err(error),
            // A ping may carry anything. Its name alone does not make an event a ping: some proxies
            // put it before the service's own events.
            Err(DecodeError::Incomplete | DecodeError::Malformed)
                if self.name == EventName::Ping =>
            {
                Ok(())
            }
            Err(DecodeError::Incomplete) => self.buffer_partial(data),
            Err(DecodeError::Malformed) => Err(unreadable_event()),
        }
    }

    /// Reads an event in full, and makes a template of it if it is a single delta.
    fn read_event(&mut self, event: &[u8], output: &mut impl Output) -> DecodeResult<()> {
        let version = self.answer.metadata_version();
        self.answer
            .keep_other_fields(self.name == EventName::Message);
        let read = self.wire.read_event(event, &mut self.answer, output.sink());
        // A match does not set the metadata, so templates of events with other metadata are
        // dropped.
        if self.answer.metadata_version() != version {
            self.templates.clear();
        }
        match read? {
            // What else a ping has is not kept, but that of events which match a template is.
            Some(delta) if self.name == EventName::Message => self.templates.learn(event, delta),
            Some(_) => {}
            None => output.after_event(event, self.include_usage),
        }
        Ok(())
    }

    fn end_answer(&mut self, output: &mut impl Output) -> Result<()> {
        if self.answer.is_empty() {
            let message = format!(
                "the stream ended without an answer: no event has content that the {:?} wire reads",
                self.wire
            );
            let hint = "call again; if it recurs, check apiFormat and transport of the model";
            return Err(Error::new(Code::StreamError, message).with_hint(hint));
        }
        let include_usage = self.include_usage && !output.has_written_usage();
        self.answer.end(include_usage, output.sink())
    }

    fn buffer_partial(&mut self, data: &[u8]) -> Result<()> {
        if self.partial.len().saturating_add(data.len()) > self.max_event_bytes {
            return Err(self.event_too_long());
        }
        self.partial.extend_from_slice(data);
        self.partial.push(b'\n');
        Ok(())
    }

    /// The event is complete: what was buffered must be JSON now.
    fn flush_partial(&mut self, output: &mut impl Output) -> Result<()> {
        if self.partial.is_empty() {
            return Ok(());
        }
        let event = std::mem::take(&mut self.partial);
        self.read_event(&event, output)
            .map_err(|error| match error {
                DecodeError::Failed(error) => error,
                DecodeError::Incomplete | DecodeError::Malformed => unreadable_event(),
            })
    }

    /// The stream ended after so many bytes.
    pub(super) fn end(&mut self, lines: &mut Lines, received: usize, output: &mut impl Output) {
        let rest = self.read_rest(lines, received, output);
        let rest = match rest {
            // Bytes after the finish that make no event lose nothing of the answer.
            Err(error) if self.answer.is_finished() && is_cut_off(&error) => Ok(()),
            rest => rest,
        };
        let ended = rest.and_then(|()| match self.state {
            State::Done => Ok(()),
            _ if self.answer.is_finished() => self.end_answer(output),
            _ => Err(truncated(received)),
        });
        self.state = match ended {
            Ok(()) => State::Done,
            Err(error) => State::Failed(error),
        };
    }

    /// Reads what the stream ended in: a line without its end, an event without its blank line.
    fn read_rest(
        &mut self,
        lines: &mut Lines,
        received: usize,
        output: &mut impl Output,
    ) -> Result<()> {
        let mut after_deferred_lf = lines.take_deferred_lf();
        if let Some(text) = lines.take_unterminated() {
            let line = Line {
                text: &text,
                end: b"\n",
                after_deferred_lf,
            };
            self.read_line(line, output)?;
            after_deferred_lf = false;
        }
        let is_cut = !self.partial.is_empty();
        let blank = Line {
            text: b"",
            end: output.final_line_end(),
            after_deferred_lf,
        };
        self.read_line(blank, output).map_err(|error| {
            // An event that the end of the stream cut in two is not an unreadable one.
            if is_cut && error.reason() == Some(Reason::UnreadableEvent) {
                truncated(received)
            } else {
                error
            }
        })
    }

    #[cold]
    fn event_too_long(&self) -> Error {
        EventTooLong {
            limit: self.max_event_bytes,
        }
        .into()
    }
}

#[cold]
fn unreadable_event() -> Error {
    Error::new(
        Code::StreamError,
        "an event of the stream is not the expected JSON",
    )
    .with_reason(Reason::UnreadableEvent)
}

/// Whether the bytes made no event, unlike one that reports an error.
fn is_cut_off(error: &Error) -> bool {
    let is_reported = error.code() == Code::StreamError || error.service_message().is_some();
    !is_reported || error.reason() == Some(Reason::UnreadableEvent)
}

#[cold]
fn truncated(received: usize) -> Error {
    let message = if received == 0 {
        "the stream was empty"
    } else {
        "the stream ended before the answer did"
    };
    Error::new(Code::StreamTruncated, message)
}
