//! `<tool_call>{…}</tool_call>` in the text of a model -> tool calls.
//!
//! Qwen on a Dedicated AI Cluster writes its calls into the text unless it was deployed with a tool parser; fine-tunes of Hermes
//! and Llama write `<tool_calling>` (seen by locus `docs/how-to/oci-dac.md` and langchain-oracle). Text is held back only while it
//! could still be an opening tag, or stands inside one; what turns out to be neither is released as the text that it was.

use crate::gather::try_each;
use crate::json::{Flaw, Value};

use crate::json;

/// What the text turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Text(String),
    Call { name: String, arguments: String },
}

/// Looks for calls in the text of one choice.
#[derive(Clone, Debug, Default)]
pub(crate) struct ToolText {
    held: String,
    /// Which of the tags is open; the held text starts with it.
    open: Option<usize>,
    /// How far the held text has been searched for the closing tag.
    searched: usize,
    /// A call was the last thing found: white space after it only separates it from the next.
    after_call: bool,
    /// That white space, before a tag of which it isn't known yet whether a call follows.
    gap: String,
}

const TAGS: [(&str, &str); 2] = [
    ("<tool_call>", "</tool_call>"),
    ("<tool_calling>", "</tool_calling>"),
];

impl ToolText {
    /// The next piece of the text.
    pub(crate) fn push(&mut self, piece: &str, found: &mut Vec<Found>) {
        self.held.push_str(piece);
        while self.step(found) {}
    }

    /// The text ended: what is held is a call whose closing tag is missing, or text.
    pub(crate) fn end(&mut self, found: &mut Vec<Found>) {
        let held = std::mem::take(&mut self.held);
        let inside = self
            .open
            .take()
            .and_then(|tag| TAGS.get(tag))
            .and_then(|(open, _)| held.strip_prefix(open));
        let gap = std::mem::take(&mut self.gap);
        match inside.and_then(|inside| calls(inside.trim()).ok()) {
            Some(calls) => found.extend(calls),
            None if self.after_call && held.trim().is_empty() => {}
            None => {
                release(&gap, found);
                release(&held, found);
            }
        }
    }

    /// Takes one thing off the held text; false when more must come first.
    fn step(&mut self, found: &mut Vec<Found>) -> bool {
        match self.open.and_then(|tag| TAGS.get(tag)) {
            Some((open, close)) => self.inside(open, close, found),
            None => self.outside(found),
        }
    }

    fn outside(&mut self, found: &mut Vec<Found>) -> bool {
        if self.after_call {
            let blank = self.held.len() - self.held.trim_start().len();
            let rest = self.held.get(blank..).unwrap_or_default();
            if rest.is_empty() {
                return false;
            }
            if TAGS.iter().any(|(open, _)| rest.starts_with(open)) {
                self.gap = self.held.drain(..blank).collect();
            } else if TAGS.iter().any(|(open, _)| open.starts_with(rest)) {
                return false;
            }
            self.after_call = false;
        }
        let Some(at) = self.held.find('<') else {
            release(&std::mem::take(&mut self.held), found);
            return false;
        };
        let Some((before, tag)) = self.held.split_at_checked(at) else {
            return false;
        };
        release(before, found);
        if let Some(open) = TAGS.iter().position(|(open, _)| tag.starts_with(open)) {
            self.open = Some(open);
            self.searched = 0;
        } else if TAGS.iter().any(|(open, _)| open.starts_with(tag)) {
            self.held.drain(..at);
            return false;
        } else {
            release("<", found);
            self.held.drain(..=at);
            return true;
        }
        self.held.drain(..at);
        true
    }

    fn inside(&mut self, open: &str, close: &str, found: &mut Vec<Found>) -> bool {
        let body = self.held.get(open.len()..).unwrap_or_default();
        // What does not start like JSON will never be a call.
        if !body.trim_start().is_empty() && !body.trim_start().starts_with(['{', '[']) {
            return self.give_up(open.len(), found);
        }
        let Some(at) = body
            .get(self.searched..)
            .and_then(|rest| rest.find(close))
            .map(|at| at + self.searched)
        else {
            // The closing tag may be cut in two.
            let mut from = body.len().saturating_sub(close.len());
            while !body.is_char_boundary(from) {
                from -= 1;
            }
            self.searched = from;
            return false;
        };
        match calls(body.get(..at).unwrap_or_default().trim()) {
            Ok(calls) => {
                found.extend(calls);
                self.held.drain(..open.len() + at + close.len());
                self.open = None;
                self.after_call = true;
                self.gap.clear();
                true
            }
            // The tag stood inside a string of the arguments.
            Err(Broken::Unfinished) => {
                self.searched = at + close.len();
                true
            }
            Err(Broken::NoCall) => self.give_up(open.len() + at + close.len(), found),
        }
    }

    /// Not a call: so many bytes are text after all.
    fn give_up(&mut self, bytes: usize, found: &mut Vec<Found>) -> bool {
        let rest = self.held.split_off(bytes);
        release(&std::mem::take(&mut self.gap), found);
        release(&std::mem::replace(&mut self.held, rest), found);
        self.open = None;
        true
    }
}

/// Adjacent text is one piece.
fn release(text: &str, found: &mut Vec<Found>) {
    match found.last_mut() {
        _ if text.is_empty() => {}
        Some(Found::Text(known)) => known.push_str(text),
        _ => found.push(Found::Text(text.to_owned())),
    }
}

enum Broken {
    Unfinished,
    NoCall,
}

/// One call, or a list of them: `{"name": …, "arguments": {…}}`. Some models say `parameters`.
fn calls(body: &str) -> Result<Vec<Found>, Broken> {
    // The tag may have stood inside a string of the arguments; elsewhere it ends what it is in.
    let unfinished = |flaw| {
        if flaw == Flaw::Incomplete && ends_in_string(body) {
            Broken::Unfinished
        } else {
            Broken::NoCall
        }
    };
    let parsed = json::parse(body.as_bytes()).map_err(unfinished)?;
    let several = match parsed {
        Value::Array(several) if !several.is_empty() => several,
        one => vec![one],
    };
    try_each(several.iter(), |one| call(one).ok_or(Broken::NoCall))
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

fn call(call: &Value) -> Option<Found> {
    let call = call
        .get("function")
        .filter(|inner| inner.is_object())
        .unwrap_or(call);
    let name = call.get("name")?.as_str().filter(|name| !name.is_empty())?;
    let arguments = match call.get("arguments").or_else(|| call.get("parameters")) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => "{}".to_owned(),
        Some(value) => String::from_utf8(json::write(value)).ok()?,
    };
    Some(Found::Call {
        name: name.to_owned(),
        arguments,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: &str) -> Found {
        Found::Call {
            name: name.into(),
            arguments: arguments.into(),
        }
    }

    fn text(text: &str) -> Found {
        Found::Text(text.into())
    }

    fn filter<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Vec<Found> {
        let (mut filter, mut all) = (ToolText::default(), Vec::new());
        for piece in pieces {
            filter.push(piece, &mut all);
        }
        filter.end(&mut all);
        all
    }

    /// What is found, after checking that every cut gives the same.
    fn found(whole: &str) -> Vec<Found> {
        let expected = filter([whole]);
        let cuts: Vec<usize> = (0..=whole.len())
            .filter(|at| whole.is_char_boundary(*at))
            .collect();
        for &at in &cuts {
            let (head, tail) = whole.split_at(at);
            assert_eq!(filter([head, tail]), expected, "{whole:?} cut at {at}");
        }
        let single: Vec<&str> = cuts
            .windows(2)
            .map(|ends| whole.get(ends[0]..ends[1]).unwrap())
            .collect();
        assert_eq!(filter(single), expected, "{whole:?} in single characters");
        expected
    }

    #[test]
    fn calls_between_text() {
        assert_eq!(
            found("Let me look.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"b\": 1, \"a\": \"é\"}}\n</tool_call>"),
            [text("Let me look.\n"), call("f", "{\"b\":1,\"a\":\"é\"}")]
        );
        assert_eq!(
            found("<tool_call>{\"name\":\"f\"}</tool_call>\n<tool_call>{\"name\":\"g\",\"parameters\":{}}</tool_call>\n"),
            [call("f", "{}"), call("g", "{}")]
        );
        assert_eq!(
            found("<tool_calling>{\"name\":\"f\",\"arguments\":\"{}\"}</tool_calling> and more"),
            [call("f", "{}"), text(" and more")]
        );
        let broken = " \n<tool_call>{\"name\":\"\"}</tool_call>";
        assert_eq!(
            found(&format!(
                "<tool_call>{{\"name\":\"f\"}}</tool_call>{broken}"
            )),
            [call("f", "{}"), text(broken)]
        );
        assert_eq!(
            found("<tool_call>[{\"name\":\"f\"},{\"name\":\"g\"}]</tool_call>"),
            [call("f", "{}"), call("g", "{}")]
        );
    }

    #[test]
    fn what_is_no_call_is_text() {
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
            assert_eq!(found(plain), [text(plain)], "{plain}");
        }
    }

    #[test]
    fn a_closing_tag_may_be_missing_or_be_quoted() {
        assert_eq!(found("<tool_call>{\"name\":\"f\"}\n"), [call("f", "{}")]);
        let quoted = "{\"name\":\"f\",\"arguments\":{\"x\":\"</tool_call>\"}}";
        assert_eq!(
            found(&format!("<tool_call>{quoted}</tool_call>")),
            [call("f", "{\"x\":\"</tool_call>\"}")]
        );
    }

    #[test]
    fn text_is_not_held_longer_than_needed() {
        let (mut filter, mut seen) = (ToolText::default(), Vec::new());
        filter.push("1 <tool_box> 2 <tool_", &mut seen);
        assert_eq!(seen, [text("1 <tool_box> 2 ")]);
        filter.push("x", &mut seen);
        assert_eq!(seen, [text("1 <tool_box> 2 <tool_x")]);
    }
}
