//! `<tool_call>{…}</tool_call>` in the text of a model -> tool calls.
//!
//! Qwen on a Dedicated AI Cluster writes its calls into the text unless it was deployed with a tool
//! parser; fine-tunes of Hermes and Llama write `<tool_calling>` (seen in locus
//! `docs/how-to/oci-dac.md` and langchain-oracle). Text is buffered only while it may be the start
//! of an opening tag, or stands inside a pair of tags; what turns out to be neither is emitted as
//! the text that it is, and so is what is longer than [`MAX_HELD_BYTES`].

use serde_json::Value;

use super::held::{match_tag, TagMatch, MAX_HELD_BYTES};
use crate::json::{RawJson, SyntaxError};
use crate::text::find;

/// What the parser finds in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TagEvent {
    Text(String),
    Call { name: String, arguments: String },
}

/// Looks for calls in the text of one choice.
///
/// Its work is linear in the text, however the text is cut: each byte is looked at once, and what
/// stands between two tags is parsed again only when it has doubled.
#[derive(Clone, Debug, Default)]
pub(super) struct ToolTagParser {
    /// Text that has not been decided on, and in front of it, during a step, text that has.
    buffer: String,
    /// Where the text begins that has not been decided on.
    start: usize,
    /// How far the buffer has been searched.
    searched: usize,
    /// The tag that is open.
    open: Option<OpenTag>,
    /// The last event was a call: white space after it only separates it from the next call.
    after_call: bool,
}

/// A tag that has been opened and not been closed.
#[derive(Clone, Debug)]
struct OpenTag {
    close: &'static str,
    /// Where the opening tag begins: behind the white space after an earlier call.
    tag: usize,
    /// Where its body begins.
    body: usize,
    /// The first character that is no white space has been seen.
    has_begun: bool,
    /// Whether the search is inside a string of the body, and behind a backslash in it.
    in_string: bool,
    escaped: bool,
    /// How long the body was when it was last checked, or 0.
    checked: usize,
}

const TAGS: [(&str, &str); 2] = [
    ("<tool_call>", "</tool_call>"),
    ("<tool_calling>", "</tool_calling>"),
];

impl ToolTagParser {
    /// Takes the next delta of the text.
    pub(super) fn push(&mut self, delta: &str, events: &mut Vec<TagEvent>) {
        self.buffer.push_str(delta);
        while self.step(events) {}
        self.discard_decided();
    }

    /// Ends the text: the buffer holds a call whose closing tag is missing, or text.
    pub(super) fn end(&mut self, events: &mut Vec<TagEvent>) {
        while let Some(open) = &self.open {
            let body = self.buffer.get(open.body..).unwrap_or_default();
            if let Ok(calls) = parse_calls(body.trim()) {
                events.extend(calls);
                self.start = self.buffer.len();
                break;
            }
            let Some(end) = self.end_of_malformed(self.buffer.len()) else {
                break;
            };
            self.reject(end, events);
            while self.step(events) {}
        }
        let is_separator = self.open.is_none() && self.after_call;
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        if !(is_separator && rest.trim().is_empty()) {
            push_text(rest, events);
        }
        *self = ToolTagParser::default();
    }

    /// Decides on some of the buffer; false when more text must arrive first.
    fn step(&mut self, events: &mut Vec<TagEvent>) -> bool {
        match self.open.take() {
            Some(open) => self.step_inside(open, events),
            None => self.step_outside(events),
        }
    }

    fn step_outside(&mut self, events: &mut Vec<TagEvent>) -> bool {
        if self.after_call {
            let rest = self.buffer.get(self.searched..).unwrap_or_default();
            self.searched = self.buffer.len() - rest.trim_start().len();
            let is_too_long = self.searched - self.start > MAX_HELD_BYTES;
            let rest = self.buffer.get(self.searched..).unwrap_or_default();
            match match_tag(rest, &OPENING) {
                _ if is_too_long => {}
                TagMatch::Whole(tag) => return self.open_tag(tag),
                TagMatch::Partial => return false,
                TagMatch::None => {}
            }
            self.after_call = false;
        }
        loop {
            let rest = self.buffer.get(self.searched..).unwrap_or_default();
            let Some(at) = memchr::memchr(b'<', rest.as_bytes()) else {
                self.emit_text(self.buffer.len(), events);
                return false;
            };
            let rest = rest.get(at..).unwrap_or_default();
            self.searched += at;
            match match_tag(rest, &OPENING) {
                TagMatch::Whole(tag) => {
                    self.emit_text(self.searched, events);
                    return self.open_tag(tag);
                }
                TagMatch::Partial => {
                    self.emit_text(self.searched, events);
                    return false;
                }
                TagMatch::None => self.searched += 1,
            }
        }
    }

    /// Opens the tag at which the search stands.
    fn open_tag(&mut self, tag: usize) -> bool {
        if let Some((open, close)) = TAGS.get(tag) {
            let body = self.searched + open.len();
            self.open = Some(OpenTag {
                close,
                tag: self.searched,
                body,
                has_begun: false,
                in_string: false,
                escaped: false,
                checked: 0,
            });
            self.searched = body;
        }
        true
    }

    fn step_inside(&mut self, mut open: OpenTag, events: &mut Vec<TagEvent>) -> bool {
        // More than this is never a call.
        let limit = open.tag + MAX_HELD_BYTES;
        if !open.has_begun {
            let rest = self.buffer.get(self.searched..).unwrap_or_default();
            let rest = rest.trim_start();
            self.searched = self.buffer.len() - rest.len();
            // A body that does not start like JSON never becomes a call.
            if !rest.is_empty() && !rest.starts_with(['{', '[']) {
                self.reject(open.body, events);
                return true;
            }
            open.has_begun = !rest.is_empty();
        }
        while let Some(&byte) = self.buffer.as_bytes().get(self.searched) {
            let at = self.searched;
            if at >= limit {
                break;
            }
            self.searched += 1;
            match byte {
                _ if open.escaped => open.escaped = false,
                b'\\' if open.in_string => open.escaped = true,
                b'"' => open.in_string = !open.in_string,
                b'<' => {
                    let rest = self.buffer.get(at..).unwrap_or_default();
                    match match_tag(rest, &[open.close]) {
                        TagMatch::Whole(_) if at + open.close.len() <= limit => {
                            let is_open = open.in_string;
                            self.open = Some(open);
                            if is_open {
                                return self.close_in_string(at, events);
                            }
                            return self.close_tag(at, events);
                        }
                        TagMatch::Partial if self.buffer.len() < limit => {
                            self.searched = at;
                            self.open = Some(open);
                            return false;
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        if self.buffer.len() < limit {
            self.open = Some(open);
            return false;
        }
        let mut end = limit;
        while !self.buffer.is_char_boundary(end) {
            end -= 1;
        }
        self.reject(end, events);
        true
    }

    /// A closing tag outside of strings ends the call, or shows that there is none.
    fn close_tag(&mut self, at: usize, events: &mut Vec<TagEvent>) -> bool {
        let Some((body, end)) = self.open.as_ref().map(|it| (it.body, at + it.close.len())) else {
            return true;
        };
        let body = self.buffer.get(body..at).unwrap_or_default();
        match parse_calls(body.trim()) {
            Ok(calls) => {
                events.extend(calls);
                self.open = None;
                (self.start, self.searched, self.after_call) = (end, end, true);
            }
            Err(NotACall) => self.reject(self.end_of_malformed(at).unwrap_or(end), events),
        }
        true
    }

    /// A closing tag in a string of the arguments is part of the string, if the body is JSON up to
    /// there. SPEED: that is checked when the body has doubled, so that many such tags cost no more
    /// than a few.
    fn close_in_string(&mut self, at: usize, events: &mut Vec<TagEvent>) -> bool {
        let Some(open) = &mut self.open else {
            return true;
        };
        let end = at + open.close.len();
        self.searched = end;
        let length = at - open.body;
        if length >= 2 * open.checked {
            open.checked = length;
            if let Some(end) = self.end_of_malformed(at) {
                self.reject(end, events);
            }
        }
        true
    }

    /// Where the first closing tag ends before which the body can't become JSON any more, if there
    /// is one. `to`: how much of the buffer counts.
    fn end_of_malformed(&self, to: usize) -> Option<usize> {
        let open = self.open.as_ref()?;
        let body = self.buffer.get(open.body..to)?;
        let blank = body.len() - body.trim_start().len();
        let Err(SyntaxError::At(at)) = RawJson::parse(body.get(blank..)?.as_bytes()) else {
            return None;
        };
        let from = open.body + blank + at;
        let close = find(self.buffer.get(from..)?, open.close)?;
        Some(from + close + open.close.len())
    }

    /// The buffer up to a position is text after all.
    fn reject(&mut self, end: usize, events: &mut Vec<TagEvent>) {
        (self.open, self.after_call) = (None, false);
        self.emit_text(end, events);
    }

    /// Emits the buffer up to a position as text.
    fn emit_text(&mut self, end: usize, events: &mut Vec<TagEvent>) {
        push_text(self.buffer.get(self.start..end).unwrap_or_default(), events);
        (self.start, self.searched) = (end, end);
    }

    /// Drops what has been decided on from the buffer.
    fn discard_decided(&mut self) {
        let decided = std::mem::take(&mut self.start);
        if decided == 0 {
            return;
        }
        self.buffer.drain(..decided);
        self.searched -= decided;
        if let Some(open) = &mut self.open {
            open.tag -= decided;
            open.body -= decided;
        }
    }
}

const OPENING: [&str; 2] = [TAGS[0].0, TAGS[1].0];

/// Adjacent text is one event.
fn push_text(text: &str, events: &mut Vec<TagEvent>) {
    match events.last_mut() {
        _ if text.is_empty() => {}
        Some(TagEvent::Text(known)) => known.push_str(text),
        _ => events.push(TagEvent::Text(text.to_owned())),
    }
}

/// What stands between the tags is no call.
struct NotACall;

/// One call, or a list of them: `{"name": …, "arguments": {…}}`. Some models write `parameters`.
fn parse_calls(body: &str) -> Result<Vec<TagEvent>, NotACall> {
    let calls = match crate::json::parse_lenient(body.as_bytes()) {
        Ok(Value::Array(calls)) if !calls.is_empty() => calls,
        Ok(call) => vec![call],
        Err(_) => return Err(NotACall),
    };
    calls
        .iter()
        .map(|call| parse_call(call).ok_or(NotACall))
        .collect()
}

fn parse_call(call: &Value) -> Option<TagEvent> {
    let call = call
        .get("function")
        .filter(|inner| inner.is_object())
        .unwrap_or(call);
    let name = call.get("name")?.as_str().filter(|name| !name.is_empty())?;
    let arguments = match call.get("arguments").or_else(|| call.get("parameters")) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => "{}".to_owned(),
        Some(value) => crate::json::to_text(value),
    };
    Some(TagEvent::Call {
        name: name.to_owned(),
        arguments,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: &str) -> TagEvent {
        TagEvent::Call {
            name: name.into(),
            arguments: arguments.into(),
        }
    }

    fn text(text: &str) -> TagEvent {
        TagEvent::Text(text.into())
    }

    fn parse<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Vec<TagEvent> {
        let (mut parser, mut all) = (ToolTagParser::default(), Vec::new());
        for piece in pieces {
            parser.push(piece, &mut all);
        }
        parser.end(&mut all);
        all
    }

    /// The events, after checking that every cut of the text gives the same.
    fn events(whole: &str) -> Vec<TagEvent> {
        let expected = parse([whole]);
        let cuts: Vec<usize> = (0..=whole.len())
            .filter(|at| whole.is_char_boundary(*at))
            .collect();
        for &at in &cuts {
            let (head, tail) = whole.split_at(at);
            assert_eq!(parse([head, tail]), expected, "{whole:?} cut at {at}");
        }
        let single: Vec<&str> = cuts
            .windows(2)
            .map(|ends| whole.get(ends[0]..ends[1]).unwrap())
            .collect();
        assert_eq!(parse(single), expected, "{whole:?} in single characters");
        expected
    }

    #[test]
    fn calls_are_extracted_from_the_text_around_them() {
        assert_eq!(
            events("Let me look.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"b\": 1, \"a\": \"é\"}}\n</tool_call>"),
            [text("Let me look.\n"), call("f", "{\"b\":1,\"a\":\"é\"}")]
        );
        assert_eq!(
            events("<tool_call>{\"name\":\"f\"}</tool_call>\n<tool_call>{\"name\":\"g\",\"parameters\":{}}</tool_call>\n"),
            [call("f", "{}"), call("g", "{}")]
        );
        assert_eq!(
            events("<tool_calling>{\"name\":\"f\",\"arguments\":\"{}\"}</tool_calling> and more"),
            [call("f", "{}"), text(" and more")]
        );
        let broken = " \n<tool_call>{\"name\":\"\"}</tool_call>";
        assert_eq!(
            events(&format!(
                "<tool_call>{{\"name\":\"f\"}}</tool_call>{broken}"
            )),
            [call("f", "{}"), text(broken)]
        );
        assert_eq!(
            events("<tool_call>[{\"name\":\"f\"},{\"name\":\"g\"}]</tool_call>"),
            [call("f", "{}"), call("g", "{}")]
        );
    }

    #[test]
    fn tags_without_a_call_stay_text() {
        for plain in [
            "a < b and <b>bold</b> <",
            "<tool",
            "<tool_cal>",
            "<tool_call>not json</tool_call>",
            "<tool_call>{\"name\": }</tool_call> after",
            "<tool_call>{\"no\":\"name\"}</tool_call>",
            "<tool_call>{\"name\":\"f\"",
            "<tool_call>{\"name\":\"f\"</tool_call> and more",
            "<tool_call>[]</tool_call>",
            "<<tool_call",
            "é<é",
        ] {
            assert_eq!(events(plain), [text(plain)], "{plain}");
        }
    }

    #[test]
    fn the_closing_tag_may_be_missing_or_stand_in_a_string() {
        assert_eq!(events("<tool_call>{\"name\":\"f\"}\n"), [call("f", "{}")]);
        let quoted = "{\"name\":\"f\",\"arguments\":{\"x\":\"</tool_call>\"}}";
        assert_eq!(
            events(&format!("<tool_call>{quoted}</tool_call>")),
            [call("f", "{\"x\":\"</tool_call>\"}")]
        );
    }

    /// What a text holds, by trying every closing tag in turn: the rules without the means by which
    /// the parser is incremental and linear.
    fn by_trial(text: &str) -> Vec<TagEvent> {
        fn head(text: &str, end: usize) -> &str {
            text.get(..end).unwrap()
        }
        fn tail(text: &str, start: usize) -> &str {
            text.get(start..).unwrap()
        }
        let (mut events, mut rest, mut after_call) = (Vec::new(), text, false);
        loop {
            let tags = TAGS.iter();
            let found = tags.filter_map(|(open, close)| Some((rest.find(open)?, *open, *close)));
            let Some((at, open, close)) = found.min() else {
                if !(after_call && rest.trim().is_empty()) {
                    push_text(rest, &mut events);
                }
                return events;
            };
            let (before, tag) = rest.split_at(at);
            let body = tail(tag, open.len());
            let begins = body.trim_start().chars().next();
            let parse = |body: &str| crate::json::parse_lenient(body.trim_start().as_bytes());
            let is_open = |body: &str| {
                let quotes = body.replace("\\\\", "").replace("\\\"", "");
                parse(body).is_err_and(|error| error.is_eof())
                    && quotes.matches('"').count() % 2 == 1
            };
            let mut closes = body.match_indices(close).map(|(at, _)| at);
            let end = closes.find(|at| !is_open(head(body, *at)));
            let (inside, after) = match (begins, end) {
                (Some('{' | '[') | None, Some(end)) => {
                    (head(body, end), tail(body, end + close.len()))
                }
                (Some('{' | '[') | None, None) => (body, ""),
                _ => ("", body),
            };
            let is_blank = after_call && before.trim().is_empty();
            after_call = false;
            if !is_blank {
                push_text(before, &mut events);
            }
            match parse_calls(inside.trim()) {
                Ok(calls) => {
                    events.extend(calls);
                    after_call = true;
                }
                Err(NotACall) => {
                    let rejected = head(rest, rest.len() - after.len());
                    push_text(
                        if is_blank {
                            rejected
                        } else {
                            tail(rejected, at)
                        },
                        &mut events,
                    );
                }
            }
            rest = after;
        }
    }

    #[test]
    fn random_text_is_parsed_as_by_trial() {
        const PIECES: [&str; 22] = [
            "<tool_call>",
            "</tool_call>",
            "<tool_calling>",
            "</tool_calling>",
            "{\"name\":\"f\"}",
            "{\"name\":\"",
            "\"}",
            "\"",
            "\\\\",
            "{",
            "}",
            "[",
            "]",
            " ",
            "\n",
            "é",
            "<",
            "!",
            ",\"a\":",
            "1",
            "x",
            "\"arguments\":{}",
        ];
        let mut seed = 20_231_130_u64;
        let mut below = |limit: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % limit
        };
        let mut calls = 0;
        for round in 0..100_000 {
            let mut text = String::from(["", "<tool_call>{\"name\":\""][round % 2]);
            for _ in 0..below(16) {
                // Tags above all.
                text += PIECES[below(if round % 3 == 0 { 8 } else { PIECES.len() })];
            }
            let expected = by_trial(&text);
            assert_eq!(parse([text.as_str()]), expected, "{text:?}");
            let chars = text.split_inclusive(|_: char| true);
            assert_eq!(parse(chars), expected, "{text:?} in single characters");
            calls += expected
                .iter()
                .filter(|it| matches!(it, TagEvent::Call { .. }))
                .count();
        }
        assert!(calls > 1000, "{calls} calls");
    }

    #[test]
    fn text_is_buffered_only_while_it_may_be_a_tag() {
        let (mut parser, mut seen) = (ToolTagParser::default(), Vec::new());
        parser.push("1 <tool_box> 2 <tool_", &mut seen);
        assert_eq!(seen, [text("1 <tool_box> 2 ")]);
        parser.push("x", &mut seen);
        assert_eq!(seen, [text("1 <tool_box> 2 <tool_x")]);
    }
}
