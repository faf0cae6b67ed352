//! `<tool_call>{…}</tool_call>` in the text of a model -> tool calls.
//!
//! Qwen on a Dedicated AI Cluster writes its calls into the text unless it was deployed with a tool
//! parser; fine-tunes of Hermes and Llama write `<tool_calling>` (seen in locus
//! `docs/how-to/oci-dac.md` and langchain-oracle). Text is buffered only while it may be the start
//! of an opening tag, or stands inside a pair of tags; what turns out to be neither is emitted as
//! the text that it is.

use serde_json::Value;

/// What the parser finds in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TagEvent {
    Text(String),
    Call { name: String, arguments: String },
}

/// Looks for calls in the text of one choice.
#[derive(Clone, Debug, Default)]
pub(super) struct ToolTagParser {
    /// Text that has not been decided on.
    buffer: String,
    /// Index of the tag that is open; the buffer starts with it.
    open_tag: Option<usize>,
    /// How far the buffer has been searched for the closing tag, from behind the opening one.
    searched: usize,
    /// The last event was a call: white space after it only separates it from the next call.
    after_call: bool,
    /// That white space, in front of a tag that may or may not hold a call.
    pending_whitespace: String,
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
    }

    /// Ends the text: the buffer holds a call whose closing tag is missing, or text.
    pub(super) fn end(&mut self, events: &mut Vec<TagEvent>) {
        let buffer = std::mem::take(&mut self.buffer);
        let tag = self.open_tag.take().and_then(|tag| TAGS.get(tag));
        let body = tag.and_then(|(open, _)| buffer.strip_prefix(open));
        let whitespace = std::mem::take(&mut self.pending_whitespace);
        match body.and_then(|body| parse_calls(body.trim()).ok()) {
            Some(calls) => events.extend(calls),
            None if self.after_call && buffer.trim().is_empty() => {}
            None => {
                push_text(&whitespace, events);
                push_text(&buffer, events);
            }
        }
    }

    /// Takes one event off the buffer; false when more text must arrive first.
    fn step(&mut self, events: &mut Vec<TagEvent>) -> bool {
        match self.open_tag.and_then(|tag| TAGS.get(tag)) {
            Some((open, close)) => self.step_inside(open, close, events),
            None => self.step_outside(events),
        }
    }

    fn step_outside(&mut self, events: &mut Vec<TagEvent>) -> bool {
        if self.after_call {
            let blank = self.buffer.len() - self.buffer.trim_start().len();
            let rest = self.buffer.get(blank..).unwrap_or_default();
            if rest.is_empty() {
                return false;
            }
            if TAGS.iter().any(|(open, _)| rest.starts_with(open)) {
                let rest = self.buffer.split_off(blank);
                self.pending_whitespace = std::mem::replace(&mut self.buffer, rest);
            } else if TAGS.iter().any(|(open, _)| open.starts_with(rest)) {
                return false;
            }
            self.after_call = false;
        }
        let Some(at) = self.buffer.find('<') else {
            push_text(&std::mem::take(&mut self.buffer), events);
            return false;
        };
        let Some((before, tag)) = self.buffer.split_at_checked(at) else {
            return false;
        };
        push_text(before, events);
        if let Some(open) = TAGS.iter().position(|(open, _)| tag.starts_with(open)) {
            self.open_tag = Some(open);
            self.searched = 0;
        } else if TAGS.iter().any(|(open, _)| open.starts_with(tag)) {
            self.buffer.drain(..at);
            return false;
        } else {
            push_text("<", events);
            self.buffer.drain(..=at);
            return true;
        }
        self.buffer.drain(..at);
        true
    }

    fn step_inside(&mut self, open: &str, close: &str, events: &mut Vec<TagEvent>) -> bool {
        let body = self.buffer.get(open.len()..).unwrap_or_default();
        // A body that does not start like JSON never becomes a call.
        if !body.trim_start().is_empty() && !body.trim_start().starts_with(['{', '[']) {
            return self.reject(open.len(), events);
        }
        let found = body.get(self.searched..).and_then(|rest| rest.find(close));
        let Some(at) = found.map(|at| at + self.searched) else {
            // The closing tag may be cut in two.
            let mut from = body.len().saturating_sub(close.len());
            while !body.is_char_boundary(from) {
                from -= 1;
            }
            self.searched = from;
            return false;
        };
        match parse_calls(body.get(..at).unwrap_or_default().trim()) {
            Ok(calls) => {
                events.extend(calls);
                self.buffer.drain(..open.len() + at + close.len());
                self.open_tag = None;
                self.after_call = true;
                self.pending_whitespace.clear();
                true
            }
            // The tag stands inside a string of the arguments.
            Err(InvalidCall::Unfinished) => {
                self.searched = at + close.len();
                true
            }
            Err(InvalidCall::NotACall) => self.reject(open.len() + at + close.len(), events),
        }
    }

    /// The first `bytes` of the buffer are text after all.
    fn reject(&mut self, bytes: usize, events: &mut Vec<TagEvent>) -> bool {
        let rest = self.buffer.split_off(bytes);
        push_text(&std::mem::take(&mut self.pending_whitespace), events);
        push_text(&std::mem::replace(&mut self.buffer, rest), events);
        self.open_tag = None;
        true
    }
}

/// Adjacent text is one event.
fn push_text(text: &str, events: &mut Vec<TagEvent>) {
    match events.last_mut() {
        _ if text.is_empty() => {}
        Some(TagEvent::Text(known)) => known.push_str(text),
        _ => events.push(TagEvent::Text(text.to_owned())),
    }
}

enum InvalidCall {
    Unfinished,
    NotACall,
}

/// One call, or a list of them: `{"name": …, "arguments": {…}}`. Some models write `parameters`.
fn parse_calls(body: &str) -> Result<Vec<TagEvent>, InvalidCall> {
    // The closing tag may stand inside a string of the arguments; elsewhere it ends the call.
    let parsed = crate::json::parse_lenient(body.as_bytes()).map_err(|error| {
        if error.is_eof() && ends_in_string(body) {
            InvalidCall::Unfinished
        } else {
            InvalidCall::NotACall
        }
    })?;
    let calls = match parsed {
        Value::Array(calls) if !calls.is_empty() => calls,
        call => vec![call],
    };
    calls
        .iter()
        .map(|call| parse_call(call).ok_or(InvalidCall::NotACall))
        .collect()
}

/// Whether JSON text breaks off inside a string.
fn ends_in_string(json: &str) -> bool {
    let (mut inside, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ => {}
        }
    }
    inside
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

    #[test]
    fn text_is_buffered_only_while_it_may_be_a_tag() {
        let (mut parser, mut seen) = (ToolTagParser::default(), Vec::new());
        parser.push("1 <tool_box> 2 <tool_", &mut seen);
        assert_eq!(seen, [text("1 <tool_box> 2 ")]);
        parser.push("x", &mut seen);
        assert_eq!(seen, [text("1 <tool_box> 2 <tool_x")]);
    }
}
