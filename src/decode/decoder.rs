//! Bytes of a streamed answer -> chunks: OCI's framing over the event-stream lines, and when an answer has ended.
//!
//! OCI writes one JSON object a `data:` line. Some deployments separate events by one newline instead of a blank line, so each
//! data line is an event of its own, told at once; a line whose JSON ends too early waits for the rest, as the standard has it.

use crate::json::{parse, Value};
use futures::stream::{try_unfold, Stream, StreamExt};

use crate::answer::tool_calls::Fragment;
use crate::answer::Answer;
use crate::decode::template::{Learnt, Plain, Templates};
use crate::error::{Code, Error, Result};
use crate::openai::{Chunk, Head, Sink, Text};
use crate::options::Limits;
use crate::sse::{field, lossy, Field, Line, Lines, TooLong};
use crate::wire::{openai, Unread, Wire};

/// Decodes one streamed answer.
///
/// ```
/// use oci_genai_edge::openai::{EventWriter, Head};
/// use oci_genai_edge::decode::{Decoder, Limits};
/// use oci_genai_edge::wire::Wire;
///
/// let mut decoder = Decoder::new(Wire::Generic, Head::default(), Limits::default(), false);
/// let mut events = EventWriter::new(false);
/// let stream = br#"data: {"index":0,"message":{"content":[{"type":"TEXT","text":"Hi"}]}}
///
/// data: {"finishReason":"stop"}
///
/// "#;
/// decoder.feed(stream, &mut events)?;
/// decoder.end(&mut events)?;
/// assert_eq!(decoder.answer().completion().choices[0].message.content.as_deref(), Some("Hi"));
/// # Ok::<(), oci_genai_edge::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    lines: Lines,
    events: Events,
    received: usize,
    limit: usize,
}

/// What follows the lines: events, and the answer that they make.
#[derive(Debug)]
struct Events {
    wire: Wire,
    answer: Answer,
    include_usage: bool,
    /// The `event:` line that is in force until the next blank line.
    name: Name,
    /// Data whose JSON ended too early.
    held: Vec<u8>,
    held_limit: usize,
    templates: Templates,
    /// What has been read of the stream itself and not been passed on, where it passes as it is.
    passing: Option<Passing>,
    state: State,
}

/// Lines that the service wrote in OpenAI's own form, from one event to the next. They pass untouched when what they say has
/// been read: an error, the end, or a usage that nobody asked for do not pass.
#[derive(Clone, Debug, Default)]
struct Passing {
    lines: Vec<u8>,
    /// The event was left out, and with it goes the blank line that ends it.
    left_out: bool,
    /// The last line did not pass, nor does the rest of its end.
    dropped: bool,
    /// The caller has been given the usage.
    usage: bool,
    /// An event has passed whose blank line has not.
    open: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Name {
    #[default]
    Plain,
    Ping,
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Open,
    Done,
    Failed(Error),
}

impl Decoder {
    /// A decoder at the start of an answer. With `include_usage` a last chunk tells the usage.
    pub fn new(wire: Wire, head: Head, limits: Limits, include_usage: bool) -> Self {
        Decoder {
            lines: Lines::new(limits.max_event_bytes).with_comments(wire == Wire::OpenAi),
            events: Events {
                wire,
                answer: Answer::new(head, limits.max_tool_calls),
                include_usage,
                name: Name::Plain,
                held: Vec::new(),
                held_limit: limits.max_event_bytes,
                templates: Templates::default(),
                passing: (wire == Wire::OpenAi).then(Passing::default),
                state: State::Open,
            },
            received: 0,
            limit: limits.max_response_bytes,
        }
    }

    /// Decodes the next bytes, cut as they are, and tells the sink what they say. What came before a failure has been told;
    /// after a failure, or the end, nothing more is read.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<()> {
        self.received = self.received.saturating_add(bytes.len());
        if self.events.state == State::Open {
            let result = self.decode(bytes, sink).and_then(|()| {
                if self.events.state == State::Open && self.received > self.limit {
                    return Err(too_large(
                        self.limit,
                        "the answer",
                        "limits.maxResponseBytes",
                    ));
                }
                Ok(())
            });
            if let Err(error) = result {
                self.events.state = State::Failed(error);
            }
        }
        self.outcome()
    }

    fn decode(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<()> {
        let mut rest = bytes;
        while self.events.state == State::Open {
            if self.lines.is_between() {
                rest = self.events.repeated(rest, sink)?;
            }
            let Some(line) = self.lines.next(&mut rest)? else {
                break;
            };
            self.events.line(line, sink)?;
        }
        Ok(())
    }

    /// The stream ended. Fails with `stream_truncated` if the answer did not.
    pub fn end(&mut self, sink: &mut dyn Sink) -> Result<()> {
        if self.events.state == State::Open {
            let (last, after_late_lf) = (self.lines.last(), self.lines.take_late_lf());
            let events = &mut self.events;
            let has_last = last.is_some();
            let result = last.map_or(Ok(()), |line| {
                events.line(
                    Line {
                        text: &line,
                        end: b"\n",
                        after_late_lf,
                    },
                    sink,
                )
            });
            // An event that the end of the stream cut in two is no unreadable one.
            let cut = !events.held.is_empty();
            let after_late_lf = after_late_lf && !has_last;
            // A blank line that the service wrote, or that nothing needs, is not written once more.
            let end: &[u8] = if events.passing.as_ref().is_some_and(|passing| !passing.open) {
                b""
            } else {
                b"\n"
            };
            let result = result.and_then(|()| {
                events.line(
                    Line {
                        text: b"",
                        end,
                        after_late_lf,
                    },
                    sink,
                )
            });
            let result = result.map_err(|error| {
                if cut && error == unreadable() {
                    truncated(self.received)
                } else {
                    error
                }
            });
            // Bytes after the finish that make no event lose nothing that the caller was promised.
            let result = if self.events.answer.is_finished() {
                Ok(())
            } else {
                result
            };
            self.events.state = match result {
                Err(error) => State::Failed(error),
                Ok(()) if self.events.state == State::Done => State::Done,
                Ok(()) if self.events.answer.is_finished() => match self.events.end(sink) {
                    Ok(()) => State::Done,
                    Err(error) => State::Failed(error),
                },
                Ok(()) => State::Failed(truncated(self.received)),
            };
        }
        self.outcome()
    }

    /// Whether the answer said that it is over: what follows would not be read.
    pub fn is_done(&self) -> bool {
        self.events.state == State::Done
    }

    /// What has been heard.
    pub fn answer(&self) -> &Answer {
        &self.events.answer
    }

    /// What has been heard, to be told more.
    pub fn answer_mut(&mut self) -> &mut Answer {
        &mut self.events.answer
    }

    fn outcome(&self) -> Result<()> {
        match &self.events.state {
            State::Failed(error) => Err(error.clone()),
            State::Open | State::Done => Ok(()),
        }
    }
}

impl Events {
    /// Reads events that repeat one that was read before, as long as they do: nearly all of a stream. Returns what follows.
    fn repeated<'a>(&mut self, mut bytes: &'a [u8], sink: &mut dyn Sink) -> Result<&'a [u8]> {
        if self.name != Name::Plain
            || !self.held.is_empty()
            || self.passing.as_ref().is_some_and(|it| !it.lines.is_empty())
        {
            return Ok(bytes);
        }
        while let Some(data) = bytes.strip_prefix(b"data: ") {
            let Some((template, found)) = self.templates.find(data) else {
                break;
            };
            let Some((event, after)) = data.split_at_checked(found.end) else {
                break;
            };
            // A line end that may go on in the next chunk is left to the lines.
            let after = match after {
                [b'\n', b'\n', after @ ..] | [b'\r', b'\n', b'\r', b'\n', after @ ..] => after,
                [b'\n', after @ ..] | [b'\r', b'\n', after @ ..] => after,
                _ => break,
            };
            if event.len() > self.held_limit {
                break;
            }
            tell(
                template.choice,
                &template.what,
                &found.text(),
                &mut self.answer,
                self.passing.is_some(),
                sink,
            )?;
            if let Some(passing) = &mut self.passing {
                // The blank line to come is this event's.
                passing.left_out = false;
                sink.verbatim(&lossy(event));
                let lines = bytes.get(..bytes.len() - after.len()).unwrap_or_default();
                passing.open = !lines.ends_with(b"\n\n") && !lines.ends_with(b"\r\n\r\n");
                sink.line(lines);
            }
            bytes = after;
        }
        Ok(bytes)
    }

    fn line(&mut self, line: Line<'_>, sink: &mut dyn Sink) -> Result<()> {
        if let Some(passing) = &mut self.passing {
            // The rest of the line before goes where that line went.
            match line.after_late_lf && !passing.dropped {
                true if passing.lines.is_empty() => sink.line(b"\n"),
                true => passing.lines.push(b'\n'),
                false => {}
            }
            passing.dropped = std::mem::take(&mut passing.left_out) && line.text.is_empty();
            if !passing.dropped {
                passing.open = !line.text.is_empty();
                passing.lines.extend_from_slice(line.text);
                passing.lines.extend_from_slice(line.end);
            }
        }
        match field(line.text) {
            Field::Data(data) => self.data(data, sink)?,
            Field::Event(name) => {
                self.name = match name {
                    b"ping" | b"keepalive" | b"heartbeat" => Name::Ping,
                    b"error" => Name::Error,
                    _ => Name::Plain,
                };
                return Ok(());
            }
            Field::End => {
                self.name = Name::Plain;
                self.release(sink)?;
            }
            Field::Id(_) | Field::Retry(_) => return Ok(()),
            Field::Other => {}
        }
        if let Some(passing) = self.passing.as_mut().filter(|_| self.held.is_empty()) {
            // What stands before the first event is no answer yet.
            if self.answer.is_empty() {
                (passing.dropped, passing.open) = (true, false);
            } else {
                sink.line(&passing.lines);
            }
            passing.lines.clear();
        }
        Ok(())
    }

    fn data(&mut self, data: &[u8], sink: &mut dyn Sink) -> Result<()> {
        if data.len() > self.held_limit {
            return Err(TooLong {
                limit: self.held_limit,
            }
            .into());
        }
        let data = data.trim_ascii();
        if !self.held.is_empty() {
            return self.hold(data);
        }
        if data.is_empty() {
            return Ok(());
        }
        if data == b"[DONE]" {
            self.leave_out();
            self.end(sink)?;
            self.state = State::Done;
            return Ok(());
        }
        if b"[DONE]".starts_with(data) {
            return self.hold(data);
        }
        if let Some((template, found)) = self
            .templates
            .find(data)
            .filter(|(_, found)| found.end == data.len())
        {
            // A name that makes an error of it is looked at below.
            if self.name != Name::Error {
                tell(
                    template.choice,
                    &template.what,
                    &found.text(),
                    &mut self.answer,
                    self.passing.is_some(),
                    sink,
                )?;
                if self.passing.is_some() {
                    sink.verbatim(&lossy(data));
                }
                return Ok(());
            }
        }
        match self.read(data, sink) {
            Ok(()) if self.name == Name::Error => Err(Error::new(
                Code::StreamError,
                "the service reported an error",
            )),
            Ok(()) => Ok(()),
            Err(Unread::Failed(error)) => Err(error),
            // What a ping carries is its own affair. A name alone makes none: some proxies put it before what the service sent.
            Err(Unread::Incomplete | Unread::Unreadable) if self.name == Name::Ping => Ok(()),
            Err(Unread::Incomplete) => self.hold(data),
            Err(Unread::Unreadable) => Err(unreadable()),
        }
    }

    /// Reads an event in full, and learns what it looks like.
    fn read(&mut self, data: &[u8], sink: &mut dyn Sink) -> std::result::Result<(), Unread> {
        let heads = self.answer.heads();
        let read = self.wire.read_event(data, &mut self.answer, sink);
        // What was learnt under another head would leave this one in its place.
        if self.answer.heads() != heads {
            self.templates.forget();
        }
        let learnt: Learnt<'_> = read?;
        if let Some(said) = learnt {
            self.templates.learn(data, &said);
        } else if self.passing.is_some() && openai::is_only_usage(data) {
            if self.include_usage {
                sink.verbatim(&lossy(data));
                self.passing
                    .iter_mut()
                    .for_each(|passing| passing.usage = true);
            } else {
                self.leave_out();
            }
        }
        Ok(())
    }

    /// What has been read since the last event does not pass.
    fn leave_out(&mut self) {
        if let Some(passing) = &mut self.passing {
            passing.lines.clear();
            (passing.left_out, passing.dropped, passing.open) = (true, true, false);
        }
    }

    /// Ends the answer.
    fn end(&mut self, sink: &mut dyn Sink) -> Result<()> {
        let told = self.passing.as_ref().is_some_and(|passing| passing.usage);
        self.answer.end(self.include_usage && !told, sink)
    }

    fn hold(&mut self, data: &[u8]) -> Result<()> {
        if self.held.len().saturating_add(data.len()) > self.held_limit {
            return Err(TooLong {
                limit: self.held_limit,
            }
            .into());
        }
        self.held.extend_from_slice(data);
        self.held.push(b'\n');
        Ok(())
    }

    /// The event is complete: what was held must be read now.
    fn release(&mut self, sink: &mut dyn Sink) -> Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        match self.read(&held, sink) {
            Ok(()) => Ok(()),
            Err(Unread::Failed(error)) => Err(error),
            Err(Unread::Incomplete | Unread::Unreadable) => Err(unreadable()),
        }
    }
}

/// Tells what a template found. On a wire whose events pass as they are, it is only heard.
fn tell(
    choice: u32,
    what: &Plain,
    piece: &Text<'_>,
    answer: &mut Answer,
    passes: bool,
    sink: &mut dyn Sink,
) -> Result<()> {
    let mut silent = Silent;
    let sink = if passes { &mut silent } else { sink };
    match what {
        Plain::Text => answer.text(choice, piece, sink),
        Plain::Reasoning => {
            answer.reasoning(choice, piece, sink);
            Ok(())
        }
        Plain::Arguments { id, name } => {
            let fragment = Fragment {
                id: id.as_ref().map(Text::lent),
                name: name.as_ref().map(Text::lent),
                arguments: Some(piece.lent()),
            };
            answer.tool_call(choice, &fragment, sink)
        }
    }
}

impl From<TooLong> for Error {
    fn from(error: TooLong) -> Self {
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

fn unreadable() -> Error {
    Error::new(
        Code::StreamError,
        "an event of the stream is not the JSON that this wire sends",
    )
}

fn truncated(received: usize) -> Error {
    let what = if received == 0 {
        "the stream held nothing"
    } else {
        "the stream ended before the answer did"
    };
    Error::new(Code::StreamTruncated, what)
}

/// A sink that tells nobody: for what is only to be heard.
pub(crate) struct Silent;

impl Sink for Silent {
    fn text(&mut self, _: &Head, _: &str) {}
    fn reasoning(&mut self, _: &Head, _: &str) {}
    fn arguments(&mut self, _: &Head, _: usize, _: &str) {}
    fn chunk(&mut self, _: &Head, _: &Chunk<'_>) {}
    fn verbatim(&mut self, _: &str) {}
    fn line(&mut self, _: &[u8]) {}
}

/// A piece of a streamed answer, for Rust.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The next text of the first choice.
    Text(String),
    /// Any other chunk, as OpenAI's `chat.completion.chunk`.
    Chunk(Value),
    /// The end: everything, put together, as OpenAI's `chat.completion`.
    End(Box<Value>),
}

/// The pieces of a streamed answer, as a [`Stream`] over any stream of bytes: for Rust programs that bring their own HTTP
/// client. It ends after [`Piece::End`] or the first error; the pieces before an error have been yielded.
///
/// ```
/// use futures::{executor::block_on, stream, StreamExt};
/// use oci_genai_edge::{openai::Head, decode::{pieces, Decoder, Limits, Piece}, wire::Wire};
///
/// let body = stream::iter([Ok::<_, oci_genai_edge::error::Error>("data: {\"apiFormat\":\"COHERE\",\"text\":\"Hi\",\"finishReason\":\"COMPLETE\"}\n\n")]);
/// let decoder = Decoder::new(Wire::Cohere, Head::default(), Limits::default(), false);
/// let pieces: Vec<_> = block_on(pieces(body, decoder).collect());
/// assert!(matches!(pieces.last(), Some(Ok(Piece::End(_)))));
/// ```
pub fn pieces<S, B>(bytes: S, decoder: Decoder) -> impl Stream<Item = Result<Piece>>
where
    S: Stream<Item = Result<B>>,
    B: AsRef<[u8]>,
{
    let state = (Box::pin(bytes), decoder, Collected::default(), false);
    try_unfold(
        state,
        |(mut bytes, mut decoder, mut ready, mut ended)| async move {
            loop {
                if let Some(piece) = ready.0.pop_front() {
                    return Ok(Some((piece, (bytes, decoder, ready, ended))));
                }
                if let Some(error) = ready.1.take() {
                    return Err(error);
                }
                if ended {
                    return Ok(None);
                }
                let told = match bytes.next().await {
                    Some(Ok(chunk)) => decoder.feed(chunk.as_ref(), &mut ready),
                    Some(Err(error)) => Err(error),
                    None => decoder.end(&mut ready),
                };
                if decoder.is_done() {
                    ended = true;
                    ready.0.push_back(Piece::End(Box::new(
                        decoder.answer().completion().to_value(),
                    )));
                }
                // Told after what came before it.
                ready.1 = told.err();
            }
        },
    )
}

/// Pieces that wait to be polled for, and the failure after them.
#[derive(Default)]
struct Collected(std::collections::VecDeque<Piece>, Option<Error>);

impl Sink for Collected {
    fn text(&mut self, _: &Head, text: &str) {
        self.0.push_back(Piece::Text(text.to_owned()));
    }

    fn chunk(&mut self, head: &Head, chunk: &Chunk<'_>) {
        self.0.extend(parse(&chunk.to_json(head)).map(Piece::Chunk));
    }

    fn verbatim(&mut self, json: &str) {
        self.0.extend(parse(json.as_bytes()).map(Piece::Chunk));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(wire: Wire, stream: &str) -> (Result<()>, String) {
        let mut decoder = Decoder::new(wire, Head::default(), Limits::default(), false);
        let fed = decoder.feed(stream.as_bytes(), &mut Silent);
        let ended = fed.and_then(|()| decoder.end(&mut Silent));
        let text = decoder
            .answer()
            .completion()
            .choices
            .first()
            .and_then(|choice| choice.message.content.clone());
        (ended, text.unwrap_or_default())
    }

    fn generic(text: &str) -> String {
        format!("data: {{\"index\":0,\"message\":{{\"content\":[{{\"type\":\"TEXT\",\"text\":\"{text}\"}}]}}}}\n")
    }

    const FINISH: &str = "data: {\"finishReason\":\"stop\"}\n";

    #[test]
    fn events_may_be_separated_by_one_newline() {
        let stream = generic("a") + &generic("b") + FINISH;
        assert_eq!(decode(Wire::Generic, &stream), (Ok(()), "ab".into()));
        // and the last one may lack its own
        assert_eq!(
            decode(Wire::Generic, stream.trim_end()),
            (Ok(()), "ab".into())
        );
    }

    #[test]
    fn json_may_span_data_lines() {
        let stream =
            "data: {\"message\":\ndata: {\"content\":[{\"text\":\"a\"}]}}\n\ndata: {\"finishReason\":\ndata: \"stop\"}\n\n";
        assert_eq!(decode(Wire::Generic, stream), (Ok(()), "a".into()));
    }

    #[test]
    fn pings_and_blank_data_are_no_events() {
        let stream = format!(
            ": hi\n\nevent: ping\ndata: pong\n\ndata:\n\nevent: ping\n{}\n{FINISH}\ndata: [DONE]\n\nnonsense",
            generic("a")
        );
        assert_eq!(decode(Wire::Generic, &stream), (Ok(()), "a".into()));
    }

    #[test]
    fn broken_streams_keep_what_they_said() {
        let code = |stream: &str| {
            let (result, text) = decode(Wire::Generic, stream);
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
            decode(Wire::Generic, &(generic("a") + "\ndata: [DONE]\n\n")),
            (Ok(()), "a".into())
        );
    }

    #[test]
    fn limits() {
        let tight = Limits {
            max_event_bytes: 100,
            max_response_bytes: 400,
            ..Limits::default()
        };
        let run = |stream: &str| {
            let mut decoder = Decoder::new(Wire::Generic, Head::default(), tight, false);
            decoder
                .feed(stream.as_bytes(), &mut Silent)
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
