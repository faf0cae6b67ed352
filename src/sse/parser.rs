//! Bytes -> server-sent events, incrementally.
//!
//! [`Decoder`] implements the parsing half of the
//! [WHATWG standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation): fed any
//! cut of a byte stream (inside a UTF-8 character, between CR and LF) it reports the same events. It does not reconnect,
//! keep time or open anything.
//!
//! Cost: every byte is looked at once, however the stream is cut. A line that lies whole in one chunk is not copied before
//! it is interpreted; a line that does not is kept, up to a limit, until its end arrives. Comments are never kept.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr2;

/// One dispatched event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The event type; `message` where the stream named none.
    pub event: &'a str,
    /// The data lines, joined by LF.
    pub data: &'a str,
    /// The last event id at the time of the dispatch; it stays in force for later events.
    pub id: &'a str,
}

/// An event grew over the limit. The decoder stays in this state: what follows can't be told apart any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The limit, in bytes.
    pub limit: usize,
}

/// How large an event may be where nobody says otherwise: 16 MiB.
pub const DEFAULT_MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// An incremental parser of one event stream.
///
/// ```
/// use oci_genai_edge::sse::Decoder;
///
/// let mut decoder = Decoder::new();
/// let mut seen = Vec::new();
/// for chunk in ["data: Hel", "lo\r", "\ndata: world\n", "\n"] {
///     decoder.feed(chunk.as_bytes(), |event| seen.push(event.data.to_owned()))?;
/// }
/// assert_eq!(seen, ["Hello\nworld"]);
/// # Ok::<(), oci_genai_edge::sse::TooLong>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    lines: Lines,
    pending: Pending,
}

impl Decoder {
    /// A decoder at the start of a stream, with [`DEFAULT_MAX_EVENT_BYTES`].
    pub fn new() -> Self {
        Self::with_max_event_bytes(DEFAULT_MAX_EVENT_BYTES)
    }

    /// A decoder that refuses events of more than so many bytes of data, and lines as long.
    pub fn with_max_event_bytes(limit: usize) -> Self {
        Decoder {
            lines: Lines::new(limit),
            pending: Pending {
                limit,
                ..Pending::default()
            },
        }
    }

    /// Interprets the next bytes, however they are cut, and reports every event that they complete. Events before a
    /// failure have been reported.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        mut on_event: impl FnMut(Event<'_>),
    ) -> Result<(), TooLong> {
        let mut rest = bytes;
        while let Some(line) = self.lines.next(&mut rest)? {
            // An event of one line that is here with its blank line: dispatched from where it stands.
            if let (Field::Data(value), Some(after)) = (field(line.text), rest.strip_prefix(b"\n"))
            {
                if self.pending.is_new() && value.len() <= self.pending.limit {
                    self.pending.dispatch_one(value, &mut on_event);
                    rest = after;
                    continue;
                }
            }
            if let Err(error) = self.pending.line(line.text, &mut on_event) {
                self.lines.fail();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Ends the stream. The standard discards an event that no blank line completed; pass `lenient` to have it reported, as
    /// some servers leave the last blank line out.
    pub fn end(
        &mut self,
        lenient: bool,
        mut on_event: impl FnMut(Event<'_>),
    ) -> Result<(), TooLong> {
        if lenient {
            if let Some(line) = self.lines.last() {
                self.pending.line(&line, &mut on_event)?;
            }
            self.pending.line(b"", &mut on_event)?;
        }
        self.pending.discard();
        Ok(())
    }

    /// The last reconnection time that the stream asked for, in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.pending.retry
    }

    /// The last event id: what a reconnecting client would send.
    pub fn last_event_id(&self) -> &str {
        &self.pending.id
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

/// The event that is being put together.
#[derive(Clone, Debug, Default)]
struct Pending {
    event: String,
    data: Vec<u8>,
    has_data: bool,
    /// The id in force. The standard's two buffers are one here: the second is only looked at when an event is dispatched,
    /// and a blank line copies it whether or not there is data.
    id: String,
    /// The id that the lines of the pending event set.
    next_id: Option<String>,
    retry: Option<u64>,
    limit: usize,
}

impl Pending {
    fn line(&mut self, line: &[u8], on_event: &mut impl FnMut(Event<'_>)) -> Result<(), TooLong> {
        match field(line) {
            Field::End => self.dispatch(on_event),
            Field::Data(value) => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                if self.data.len().saturating_add(value.len()) > self.limit {
                    return Err(TooLong { limit: self.limit });
                }
                self.data.extend_from_slice(value);
            }
            Field::Event(value) => self.event = String::from_utf8_lossy(value).into_owned(),
            Field::Id(value) if !value.contains(&0) => {
                self.next_id = Some(String::from_utf8_lossy(value).into_owned())
            }
            Field::Retry(value) => self.retry = digits(value).or(self.retry),
            Field::Id(_) | Field::Other => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, on_event: &mut impl FnMut(Event<'_>)) {
        if let Some(id) = self.next_id.take() {
            self.id = id;
        }
        if self.has_data {
            let data = lossy(&self.data);
            let event = if self.event.is_empty() {
                "message"
            } else {
                self.event.as_str()
            };
            on_event(Event {
                event,
                data: &data,
                id: &self.id,
            });
        }
        self.discard();
    }

    /// Whether no line of the event has come.
    fn is_new(&self) -> bool {
        !self.has_data && self.next_id.is_none() && self.event.is_empty()
    }

    fn dispatch_one(&self, data: &[u8], on_event: &mut impl FnMut(Event<'_>)) {
        on_event(Event {
            event: "message",
            data: &lossy(data),
            id: &self.id,
        });
    }

    /// Forgets the event that is being put together; what is in force for the stream stays.
    fn discard(&mut self) {
        self.next_id = None;
        self.has_data = false;
        self.data.clear();
        self.event.clear();
    }
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// A blank line.
    End,
    Data(&'a [u8]),
    Event(&'a [u8]),
    Id(&'a [u8]),
    Retry(&'a [u8]),
    /// A comment, or a field that the standard ignores.
    Other,
}

/// Interprets one line, given without its end.
pub(crate) fn field(line: &[u8]) -> Field<'_> {
    // Nearly all lines of a model's stream are this one.
    if let Some(value) = line.strip_prefix(b"data: ") {
        return Field::Data(value);
    }
    if line.is_empty() {
        return Field::End;
    }
    let (name, value) = match line.iter().position(|&b| b == b':') {
        Some(at) => {
            let (name, rest) = line.split_at(at);
            let value = rest.get(1..).unwrap_or_default();
            (name, value.strip_prefix(b" ").unwrap_or(value))
        }
        None => (line, &b""[..]),
    };
    match name {
        b"data" => Field::Data(value),
        b"event" => Field::Event(value),
        b"id" => Field::Id(value),
        b"retry" => Field::Retry(value),
        _ => Field::Other,
    }
}

/// UTF-8 as the standard decodes it: what is not UTF-8 becomes U+FFFD. Lines may be decoded one by one, because no
/// character contains the byte of a line end.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Splits a byte stream into lines that end with LF, CR or CRLF, and drops a byte order mark at its start.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    /// The start of a line whose end has not arrived.
    partial: Vec<u8>,
    /// The last line ended with a CR at the very end of a chunk: an LF that follows belongs to it.
    after_cr: bool,
    /// Inside a comment that is longer than what has arrived: nobody wants its bytes.
    in_comment: bool,
    /// How many bytes of a byte order mark have been seen; all of them once the start is behind us.
    bom: usize,
    keeps_comments: bool,
    /// The partial line has been given out whole.
    spent: bool,
    /// An LF was dropped that belonged to a CR before it.
    late_lf: bool,
    limit: usize,
    failed: bool,
}

/// A line of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Without its end.
    pub(crate) text: &'a [u8],
    /// Its end: LF, CR or CRLF.
    pub(crate) end: &'static [u8],
    /// The line before ended with a CR, and its LF came with this one.
    pub(crate) after_late_lf: bool,
}

const BOM: &[u8] = b"\xEF\xBB\xBF";
/// A line is a field name and a colon longer than the value that the limit is about.
const FIELD_NAME_ROOM: usize = 8;

impl Lines {
    pub(crate) fn new(limit: usize) -> Self {
        Lines {
            partial: Vec::new(),
            after_cr: false,
            in_comment: false,
            bom: 0,
            keeps_comments: false,
            spent: false,
            late_lf: false,
            limit,
            failed: false,
        }
    }

    /// Gives out comments that came in pieces too.
    pub(crate) fn with_comments(mut self, wanted: bool) -> Self {
        self.keeps_comments = wanted;
        self
    }

    /// Whether the next byte begins a line, with nothing kept from before.
    pub(crate) fn is_between(&self) -> bool {
        let nothing_kept = (self.partial.is_empty() || self.spent) && !self.late_lf;
        nothing_kept && !self.in_comment && !self.after_cr && !self.failed && self.bom == BOM.len()
    }

    /// Takes the next line off the bytes, without its end; none when they don't complete one, and are kept. A failure is final.
    pub(crate) fn next<'l, 'b: 'l>(
        &'l mut self,
        bytes: &mut &'b [u8],
    ) -> Result<Option<Line<'l>>, TooLong> {
        if self.failed {
            return Err(TooLong { limit: self.limit });
        }
        if std::mem::take(&mut self.spent) {
            self.partial.clear();
        }
        let mut rest = self.skip_bom(bytes);
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            if let Some(after) = rest.strip_prefix(b"\n") {
                self.late_lf = true;
                rest = after;
            }
        }
        while let Some((line, after)) = split_line(rest) {
            let (end, after) = after.split_at(1.min(after.len()));
            let ending;
            (ending, rest) = match (end, after) {
                (b"\r", [b'\n', after @ ..]) => (&b"\r\n"[..], after),
                (b"\r", after) => {
                    self.after_cr = after.is_empty();
                    (&b"\r"[..], after)
                }
                _ => (&b"\n"[..], after),
            };
            *bytes = rest;
            if std::mem::take(&mut self.in_comment) {
                continue;
            }
            let after_late_lf = std::mem::take(&mut self.late_lf);
            if self.partial.is_empty() {
                return Ok(Some(Line {
                    text: line,
                    end: ending,
                    after_late_lf,
                }));
            }
            self.keep(line)?;
            self.spent = true;
            return Ok(Some(Line {
                text: &self.partial,
                end: ending,
                after_late_lf,
            }));
        }
        *bytes = &[];
        if self.in_comment
            || (!self.keeps_comments && self.partial.is_empty() && rest.first() == Some(&b':'))
        {
            self.in_comment |= !rest.is_empty();
            return Ok(None);
        }
        self.keep(rest)?;
        Ok(None)
    }

    /// Makes a failure of what a line said final.
    pub(crate) fn fail(&mut self) {
        self.failed = true;
    }

    /// The last line, if the stream ended inside it.
    pub(crate) fn last(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.partial);
        (!self.failed && !std::mem::take(&mut self.spent) && !line.is_empty()).then_some(line)
    }

    /// Whether an LF was dropped that belonged to a CR before it, and no line has told so.
    pub(crate) fn take_late_lf(&mut self) -> bool {
        std::mem::take(&mut self.late_lf)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.partial.len().saturating_add(bytes.len())
            > self.limit.saturating_add(FIELD_NAME_ROOM)
        {
            self.failed = true;
            return Err(TooLong { limit: self.limit });
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    fn skip_bom<'a>(&mut self, mut bytes: &'a [u8]) -> &'a [u8] {
        while let (Some(wanted), Some((first, rest))) = (BOM.get(self.bom), bytes.split_first()) {
            if first == wanted {
                self.bom += 1;
                bytes = rest;
            } else {
                // Not a mark after all: its first bytes were text.
                self.partial
                    .extend_from_slice(BOM.get(..self.bom).unwrap_or_default());
                self.bom = BOM.len();
            }
        }
        bytes
    }
}

/// The first line and, from its end mark on, the rest.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // A search that is set up for long input costs more than a loop where there are only a few bytes.
    let at = if bytes.len() < 16 {
        bytes.iter().position(|&b| b == b'\n' || b == b'\r')?
    } else {
        memchr2(b'\n', b'\r', bytes)?
    };
    Some(bytes.split_at(at))
}

fn digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event is larger than {} bytes", self.limit)
    }
}

impl std::error::Error for TooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Type, data and id of each event, for one way to cut the stream.
    fn decode<'a>(
        chunks: impl IntoIterator<Item = &'a [u8]>,
    ) -> (Vec<(String, String, String)>, Option<u64>) {
        let (mut decoder, mut events) = (Decoder::new(), Vec::new());
        for chunk in chunks {
            decoder
                .feed(chunk, |e| {
                    events.push((e.event.to_owned(), e.data.to_owned(), e.id.to_owned()))
                })
                .unwrap();
        }
        (events, decoder.retry())
    }

    /// The data of every event, after checking that all two-way cuts and single bytes agree.
    fn data(stream: &[u8]) -> Vec<String> {
        let whole = decode([stream]);
        assert_eq!(decode(stream.chunks(1)), whole);
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(decode([head, tail]), whole, "cut at {at}");
        }
        whole.0.into_iter().map(|(_, data, _)| data).collect()
    }

    #[test]
    fn line_ends() {
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
    fn one_space_is_taken_off() {
        assert_eq!(
            data(b"data:a\n\ndata: b\n\ndata:  c\n\ndata:\td\n\n"),
            ["a", "b", " c", "\td"]
        );
    }

    #[test]
    fn empty_data_is_an_event_and_no_data_is_none() {
        assert_eq!(
            data(b"data\n\ndata:\ndata\n\nevent: x\n\nid: 1\n\n: c\n\n"),
            ["", "\n"]
        );
    }

    #[test]
    fn a_mark_is_dropped_at_the_start_only() {
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
    fn what_is_not_utf8_is_replaced() {
        assert_eq!(data(b"data: \xF0\x9F\x98\x80\n\n"), ["\u{1F600}"]);
        assert_eq!(data(b"data: a\xFFb\xF0\x9F\n\n"), ["a\u{FFFD}b\u{FFFD}"]);
    }

    #[test]
    fn types_ids_and_retry() {
        let stream = b"event: add\nid: 1\ndata: a\n\ndata: b\n\nid\nretry: 1500\nretry: x\ndata: c\n\nid: a\0b\ndata: d\n\n";
        let (events, retry) = decode([&stream[..]]);
        let event =
            |kind: &str, data: &str, id: &str| (kind.to_owned(), data.to_owned(), id.to_owned());
        let wanted = [
            event("add", "a", "1"),
            event("message", "b", "1"),
            event("message", "c", ""),
            event("message", "d", ""),
        ];
        assert_eq!(events, wanted);
        assert_eq!(retry, Some(1500));
    }

    #[test]
    fn an_unfinished_event_is_dropped_or_asked_for() {
        for stream in ["data: a\n\ndata: b\n", "data: a\n\ndata: b"] {
            for (lenient, wanted) in [(false, vec!["a"]), (true, vec!["a", "b"])] {
                let (mut decoder, mut seen) = (Decoder::new(), Vec::new());
                decoder
                    .feed(stream.as_bytes(), |event| seen.push(event.data.to_owned()))
                    .unwrap();
                decoder
                    .end(lenient, |event| seen.push(event.data.to_owned()))
                    .unwrap();
                assert_eq!(seen, wanted);
            }
        }
    }

    #[test]
    fn limits() {
        let fails = |stream: &[u8]| {
            let mut decoder = Decoder::with_max_event_bytes(8);
            let mut seen = 0;
            let result = stream
                .chunks(3)
                .try_for_each(|chunk| decoder.feed(chunk, |_| seen += 1));
            (
                result.is_err(),
                seen,
                decoder.feed(b"\n\ndata: x\n\n", |_| ()).is_err(),
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
            fails(b": a comment may be as long as it likes\ndata: ok\n\n"),
            (false, 1, false)
        );
    }
}
