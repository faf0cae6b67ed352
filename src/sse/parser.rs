//! Bytes -> server-sent events, incrementally.
//!
//! [`Parser`] implements the parsing half of the [WHATWG
//! standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation):
//! it reports the same events however a byte stream is cut, inside a UTF-8 character or between CR
//! and LF too. It does not reconnect, keep time or open anything.
//!
//! Cost: a byte is scanned once, those of an event that a chunk begins and does not complete twice,
//! however the stream is cut. An event that lies whole in one chunk, or a line that does, is
//! interpreted where it stands; a line that does not is buffered, up to a limit, until its end
//! arrives. Comments are never buffered.

use super::{
    decode_utf8, is_too_long, parse_field, split_single_line, split_whole_line, EventTooLong,
    Field, Lines,
};

/// How large an event may be by default: 16 MiB.
pub const DEFAULT_MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;
/// SPEED: in fewer bytes than this it doesn't pay to look for whole events.
const MIN_WHOLE_BYTES: usize = 48;

/// One dispatched event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The event type; `message` where the stream names none.
    pub event: &'a str,
    /// The data lines, joined by LF.
    pub data: &'a str,
    /// The last event id at the time of the dispatch; it stays in force for later events.
    pub id: &'a str,
}

/// An incremental parser of one event stream.
///
/// ```
/// use oci_genai_edge::sse::Parser;
///
/// let mut parser = Parser::new();
/// let mut seen = Vec::new();
/// for chunk in ["data: Hel", "lo\r", "\ndata: world\n", "\n"] {
///     parser.feed(chunk.as_bytes(), |event| seen.push(event.data.to_owned()))?;
/// }
/// assert_eq!(seen, ["Hello\nworld"]);
/// # Ok::<(), oci_genai_edge::sse::EventTooLong>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parser {
    lines: Lines,
    pending: PendingEvent,
}

impl Parser {
    /// A parser at the start of a stream, with [`DEFAULT_MAX_EVENT_BYTES`].
    pub fn new() -> Self {
        Self::with_max_event_bytes(DEFAULT_MAX_EVENT_BYTES)
    }

    /// A parser that fails on events with more than `limit` bytes of data, and on lines as long.
    pub fn with_max_event_bytes(limit: usize) -> Self {
        Parser {
            lines: Lines::new(limit),
            pending: PendingEvent {
                limit,
                ..PendingEvent::default()
            },
        }
    }

    /// Parses the next bytes, however they are cut, and reports every event that they complete.
    /// Events before a failure are reported.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        mut on_event: impl FnMut(Event<'_>),
    ) -> Result<(), EventTooLong> {
        let (mut rest, mut may_hold_events) = (bytes, true);
        loop {
            if rest.len() >= MIN_WHOLE_BYTES && may_hold_events && self.is_between_events() {
                rest = self.pending.dispatch_whole_events(rest, &mut on_event);
                // What is left completes no event, or fails. It is not searched again.
                may_hold_events = false;
            }
            let Some(line) = self.lines.next_line(&mut rest)? else {
                return Ok(());
            };
            // SPEED: an event of one line whose blank line is here too is dispatched where it
            // stands.
            if let (Field::Data(value), Some(after)) =
                (parse_field(line.text), rest.strip_prefix(b"\n"))
            {
                if self.pending.is_new() && value.len() <= self.pending.limit {
                    self.pending.dispatch_single_line(value, &mut on_event);
                    rest = after;
                    continue;
                }
            }
            if let Err(error) = self.pending.push_line(line.text, &mut on_event) {
                self.lines.fail();
                return Err(error);
            }
        }
    }

    /// Ends the stream. The standard discards an event that no blank line completes; `lenient`
    /// reports it, as some servers leave the last blank line out.
    pub fn end(
        &mut self,
        lenient: bool,
        mut on_event: impl FnMut(Event<'_>),
    ) -> Result<(), EventTooLong> {
        if lenient {
            if let Some(line) = self.lines.take_unterminated() {
                self.pending.push_line(&line, &mut on_event)?;
            }
            self.pending.push_line(b"", &mut on_event)?;
        }
        self.pending.discard();
        Ok(())
    }

    /// The last reconnection time that the stream requested, in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.pending.retry
    }

    /// The last event id: what a reconnecting client sends.
    pub fn last_event_id(&self) -> &str {
        &self.pending.id
    }

    #[inline(always)]
    fn is_between_events(&self) -> bool {
        self.pending.is_new() && self.lines.at_line_start()
    }
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

/// The event whose lines are being collected.
#[derive(Clone, Debug, Default)]
struct PendingEvent {
    event: String,
    data: Vec<u8>,
    has_data: bool,
    /// The id in force. The standard has two buffers for it; one is enough, because the second is
    /// read at a dispatch only, and a blank line copies it whether or not there is data.
    id: String,
    /// The id that the lines of this event set, if they set one.
    next_id: String,
    has_next_id: bool,
    retry: Option<u64>,
    limit: usize,
}

impl PendingEvent {
    fn push_line(
        &mut self,
        line: &[u8],
        on_event: &mut impl FnMut(Event<'_>),
    ) -> Result<(), EventTooLong> {
        match parse_field(line) {
            Field::End => self.dispatch(on_event),
            Field::Data(value) => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                if self.data.len().saturating_add(value.len()) > self.limit {
                    return Err(EventTooLong { limit: self.limit });
                }
                self.data.extend_from_slice(value);
            }
            Field::Event(value) => set(&mut self.event, value),
            Field::Id(value) if !value.contains(&0) => {
                self.has_next_id = true;
                set(&mut self.next_id, value);
            }
            Field::Retry(value) => self.retry = parse_digits(value).or(self.retry),
            Field::Id(_) | Field::Ignored => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, on_event: &mut impl FnMut(Event<'_>)) {
        if self.has_next_id {
            std::mem::swap(&mut self.id, &mut self.next_id);
        }
        if self.has_data {
            on_event(Event {
                event: or_message(&self.event),
                data: &decode_utf8(&self.data),
                id: &self.id,
            });
        }
        self.discard();
    }

    /// Whether no line of the event has arrived.
    fn is_new(&self) -> bool {
        !self.has_data && !self.has_next_id && self.event.is_empty()
    }

    fn dispatch_single_line(&self, data: &[u8], on_event: &mut impl FnMut(Event<'_>)) {
        on_event(Event {
            event: "message",
            data: &decode_utf8(data),
            id: &self.id,
        });
    }

    /// Dispatches the events that stand whole in the bytes, from a line start on where no event is
    /// pending, and returns what follows them. What is over a limit is left there too.
    ///
    /// SPEED: their lines are interpreted where they stand, and only data of several lines is
    /// copied. Line by line through [`Lines`], an event with a name takes half as long again, one
    /// with an id twice as long.
    fn dispatch_whole_events<'b>(
        &mut self,
        bytes: &'b [u8],
        on_event: &mut impl FnMut(Event<'_>),
    ) -> &'b [u8] {
        let mut rest = bytes;
        loop {
            // Most events of a model's stream are one line of data.
            while let Some((value, after)) = split_single_line(rest) {
                if value.len() > self.limit {
                    return rest;
                }
                self.dispatch_single_line(value, on_event);
                rest = after;
            }
            match self.dispatch_whole_event(rest, on_event) {
                Some(after) => rest = after,
                None => {
                    self.data.clear();
                    return rest;
                }
            }
        }
    }

    /// Dispatches one event that stands whole in the bytes, and returns what follows it.
    fn dispatch_whole_event<'b>(
        &mut self,
        bytes: &'b [u8],
        on_event: &mut impl FnMut(Event<'_>),
    ) -> Option<&'b [u8]> {
        let mut rest = bytes;
        let (mut event, mut id, mut data): (&[u8], Option<&[u8]>, Option<&[u8]>);
        (event, id, data) = (b"", None, None);
        loop {
            let (line, after) = split_whole_line(rest)?;
            if is_too_long(line, self.limit) {
                return None;
            }
            rest = after;
            match parse_field(line) {
                Field::End => break,
                Field::Data(value) => {
                    if let Some(first) = data {
                        if self.data.is_empty() {
                            self.data.extend_from_slice(first);
                        }
                        self.data.push(b'\n');
                        self.data.extend_from_slice(value);
                    } else {
                        data = Some(value);
                    }
                    if self.data.len().max(value.len()) > self.limit {
                        return None;
                    }
                }
                Field::Event(value) => event = value,
                Field::Id(value) if !value.contains(&0) => id = Some(value),
                Field::Retry(value) => self.retry = parse_digits(value).or(self.retry),
                Field::Id(_) | Field::Ignored => {}
            }
        }
        if let Some(id) = id {
            set(&mut self.id, id);
        }
        if let Some(data) = data {
            let data = if self.data.is_empty() {
                data
            } else {
                &self.data
            };
            on_event(Event {
                event: or_message(&decode_utf8(event)),
                data: &decode_utf8(data),
                id: &self.id,
            });
            self.data.clear();
        }
        Some(rest)
    }

    /// Drops the event; what is in force for the whole stream stays.
    fn discard(&mut self) {
        self.has_next_id = false;
        self.has_data = false;
        self.data.clear();
        self.event.clear();
    }
}

/// The type of an event.
fn or_message(name: &str) -> &str {
    if name.is_empty() {
        "message"
    } else {
        name
    }
}

/// Replaces the text, and keeps its memory.
fn set(text: &mut String, value: &[u8]) {
    text.clear();
    text.push_str(&decode_utf8(value));
}

fn parse_digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Type, data and id of each event, for one way to cut the stream.
    fn parse<'a>(
        chunks: impl IntoIterator<Item = &'a [u8]>,
    ) -> (Vec<(String, String, String)>, Option<u64>) {
        let (mut parser, mut events) = (Parser::new(), Vec::new());
        for chunk in chunks {
            parser
                .feed(chunk, |e| {
                    events.push((e.event.to_owned(), e.data.to_owned(), e.id.to_owned()))
                })
                .unwrap();
        }
        (events, parser.retry())
    }

    /// The data of every event, after checking that all two-way cuts and single bytes agree.
    fn data(stream: &[u8]) -> Vec<String> {
        let whole = parse([stream]);
        assert_eq!(parse(stream.chunks(1)), whole);
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(parse([head, tail]), whole, "cut at {at}");
        }
        whole.0.into_iter().map(|(_, data, _)| data).collect()
    }

    #[test]
    fn lf_cr_and_crlf_end_lines() {
        for end in ["\n", "\r", "\r\n"] {
            let stream = format!("data: a{end}data: b{end}{end}data: c{end}{end}");
            assert_eq!(data(stream.as_bytes()), ["a\nb", "c"], "{end:?}");
        }
        assert_eq!(
            data(b"data: a\r\rdata: b\n\r\ndata: c\r\n\n"),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn one_space_after_the_colon_is_dropped() {
        assert_eq!(
            data(b"data:a\n\ndata: b\n\ndata:  c\n\ndata:\td\n\n"),
            ["a", "b", " c", "\td"]
        );
    }

    #[test]
    fn empty_data_is_dispatched_and_no_data_is_not() {
        assert_eq!(
            data(b"data\n\ndata:\ndata\n\nevent: x\n\nid: 1\n\n: c\n\n"),
            ["", "\n"]
        );
    }

    #[test]
    fn a_byte_order_mark_is_dropped_at_the_start_only() {
        assert_eq!(
            data(b"\xEF\xBB\xBFdata: a\n\n\xEF\xBB\xBFdata: b\n\n"),
            ["a"]
        );
        assert_eq!(
            data(b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\ndata: b\n\n"),
            ["b"]
        );
        assert_eq!(data(b"\xEF\xBBdata: a\n\ndata: b\n\n"), ["b"]);
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        assert_eq!(data(b"data: \xF0\x9F\x98\x80\n\n"), ["\u{1F600}"]);
        assert_eq!(data(b"data: a\xFFb\xF0\x9F\n\n"), ["a\u{FFFD}b\u{FFFD}"]);
    }

    #[test]
    fn types_ids_and_retry() {
        let stream = b"event: add\nid: 1\ndata: a\n\ndata: b\n\n\
            id\nretry: 1500\nretry: x\ndata: c\n\nid: a\0b\ndata: d\n\n";
        let (events, retry) = parse([&stream[..]]);
        let event =
            |kind: &str, data: &str, id: &str| (kind.to_owned(), data.to_owned(), id.to_owned());
        let expected = [
            event("add", "a", "1"),
            event("message", "b", "1"),
            event("message", "c", ""),
            event("message", "d", ""),
        ];
        assert_eq!(events, expected);
        assert_eq!(retry, Some(1500));
    }

    #[test]
    fn an_event_is_read_alike_whole_and_in_pieces() {
        // Each is long enough to be looked for as a whole, and follows something of another kind.
        let events = [
            (
                "event: add\ndata: {\"text\":\"ab\"}\n\n",
                "add",
                "{\"text\":\"ab\"}",
                "",
            ),
            (
                "data: one\ndata\ndata: three\n\n",
                "message",
                "one\n\nthree",
                "",
            ),
            (
                ": comment\nid: 7\nid: 8\0\ndata: seven\n\n",
                "message",
                "seven",
                "7",
            ),
            ("data: after an id\n\n", "message", "after an id", "7"),
            (
                "event: lost\nid: 9\n\ndata: nine\n\n",
                "message",
                "nine",
                "9",
            ),
            ("event: a\nevent: b\ndata: b\nother: c\n\n", "b", "b", "9"),
            ("data: \nretry: 10\nid\n\n", "message", "", ""),
        ];
        for end in ["\n", "\r", "\r\n"] {
            let stream: String = events.iter().map(|event| event.0).collect();
            let stream = stream.replace('\n', end);
            let whole = parse([stream.as_bytes()]);
            let expected = events.map(|(_, kind, data, id)| (kind.into(), data.into(), id.into()));
            assert_eq!(whole, (expected.to_vec(), Some(10)), "{end:?}");
            for size in 1..stream.len() {
                assert_eq!(
                    parse(stream.as_bytes().chunks(size)),
                    whole,
                    "{end:?} {size}"
                );
            }
        }
    }

    #[test]
    fn an_unfinished_event_is_discarded_unless_lenient() {
        for stream in ["data: a\n\ndata: b\n", "data: a\n\ndata: b"] {
            for (lenient, expected) in [(false, vec!["a"]), (true, vec!["a", "b"])] {
                let (mut parser, mut seen) = (Parser::new(), Vec::new());
                parser
                    .feed(stream.as_bytes(), |event| seen.push(event.data.to_owned()))
                    .unwrap();
                parser
                    .end(lenient, |event| seen.push(event.data.to_owned()))
                    .unwrap();
                assert_eq!(seen, expected);
            }
        }
    }

    #[test]
    fn limits_are_enforced() {
        let fails = |stream: &[u8]| {
            let mut parser = Parser::with_max_event_bytes(8);
            let mut seen = 0;
            let result = stream
                .chunks(3)
                .try_for_each(|chunk| parser.feed(chunk, |_| seen += 1));
            (
                result.is_err(),
                seen,
                parser.feed(b"\n\ndata: x\n\n", |_| ()).is_err(),
            )
        };
        assert_eq!(fails(b"data: 12345678\n\n"), (false, 1, false));
        assert_eq!(
            fails(b"data: ok\n\ndata: 123456789012345\n\n"),
            (true, 1, true)
        );
        assert_eq!(fails(b"data: 12345678901234567890"), (true, 0, true));
        assert_eq!(fails(b"data: 1234\ndata: 5678\n\n"), (true, 0, true));
        assert_eq!(fails(&b"data\n".repeat(12)), (true, 0, true));
        assert_eq!(
            fails(b": comments are not counted against the limit\ndata: ok\n\n"),
            (false, 1, false)
        );
        // Among events that arrive whole.
        for (event, succeeds) in [
            ("data: 12345678\n\n", true),
            ("data: 123456789\n\n", false),
            ("id: 1\ndata: 123\ndata: 4567\n\n", true),
            ("id: 1\ndata: 1234\ndata: 5678\n\n", false),
            ("event: 123456789\n\n", true),
            ("event: 1234567890\n\n", false),
            (": a comment of any length\n\n", true),
        ] {
            let stream = format!("data: b\n\n{event}{}", "data: a\n\n".repeat(9));
            let mut parser = Parser::with_max_event_bytes(8);
            let mut seen = 0;
            let fed = parser.feed(stream.as_bytes(), |_| seen += 1);
            assert_eq!((fed.is_ok(), seen >= 10), (succeeds, succeeds), "{event:?}");
            assert!(seen >= 1, "{event:?}");
        }
    }
}
