//! Templates of the events that a stream repeats. Nearly all events of a stream differ in one
//! string only, the next piece of the text, and in the padding that OCI adds. Once such an event
//! has been read as JSON, an event with the same bytes everywhere else adds another string in the
//! same way, and is not read as JSON again.
//!
//! Why this is safe: what stands around the strings is compared byte by byte, and the strings
//! themselves are scanned to their closing quotes by the rules of JSON. An event that matches
//! therefore has the same tokens as the event that the template was made of, the contents of those
//! strings aside, and the wire would read it the same way. Whatever does not match is read in full.

use std::borrow::Cow;

use crate::answer::{Accumulator, Fragment};
use crate::error::Result;
use crate::json::{find_string_end, matches_at, unescape_into, RawJson, Wtf8Cow};
use crate::openai::Sink;
use crate::wire::{DeltaKind, SingleDelta};

/// How many templates a stream has at most: a text, a reasoning and a tool call or two take turns.
const MAX_TEMPLATES: usize = 4;
/// After so many events in a row that no template matched, only each so manieth event becomes a
/// template: in a stream whose every event differs, making them is wasted.
const RELEARN_INTERVAL: u32 = 16;

/// The templates of one stream, the newest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Templates {
    templates: Vec<Template>,
    /// How many events have been offered since one last matched.
    misses: u32,
}

/// An event without the strings that differ from one event to the next: its slots.
#[derive(Clone, Debug)]
pub(super) struct Template {
    choice: u32,
    kind: DeltaKind,
    /// What stands before the first slot, after each, and at the end; with the quotes.
    literals: [Vec<u8>; 3],
    /// Whether there is padding: a second slot.
    has_padding: bool,
    /// Whether the padding is the first of the two.
    padding_is_first: bool,
}

/// The text of a match.
#[derive(Debug)]
pub(super) struct MatchedText<'a> {
    text: Wtf8Cow<'a>,
    /// The same as the content of a JSON string, where that is as [`crate::json`] would write it.
    escaped: Option<&'a [u8]>,
}

/// Bytes that begin with an event like the template's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match<'a> {
    content: &'a [u8],
    has_escapes: bool,
    /// How long the event is.
    pub(super) event_len: usize,
}

impl Templates {
    /// The first template whose event the bytes begin with.
    #[inline(always)]
    pub(super) fn find<'a>(&mut self, bytes: &'a [u8]) -> Option<(&Template, Match<'a>)> {
        let (template, found) = self
            .templates
            .iter()
            .find_map(|template| Some((template, template.find(bytes)?)))?;
        self.misses = 0;
        Some((template, found))
    }

    /// Drops all templates.
    pub(super) fn clear(&mut self) {
        self.templates.clear();
    }

    /// Adds the template of an event that has been read in full.
    pub(super) fn learn(&mut self, event: &[u8], delta: SingleDelta<'_>) {
        self.misses += 1;
        if self.misses > RELEARN_INTERVAL && !self.misses.is_multiple_of(RELEARN_INTERVAL) {
            return;
        }
        if let Some(template) = Template::new(event, delta) {
            self.templates.truncate(MAX_TEMPLATES - 1);
            self.templates.insert(0, template);
        }
    }
}

impl Template {
    fn new(event: &[u8], delta: SingleDelta<'_>) -> Option<Template> {
        // An event that came in several data lines has bytes that no other one has between `data: `
        // and its line end.
        if event.contains(&b'\n') {
            return None;
        }
        let content = |string: RawJson<'_>| {
            let start = string.offset_in(event) + 1;
            Some((start, start + string.as_bytes().len().checked_sub(2)?))
        };
        let slot: (usize, usize) = content(delta.slot)?;
        let padding = delta.padding.and_then(content);
        let padding_is_first = padding.is_some_and(|padding| padding.0 < slot.0);
        let (first, second) = match padding {
            Some(padding) if padding_is_first => (padding, Some(slot)),
            padding => (slot, padding),
        };
        let literal = |from: usize, to: usize| event.get(from..to).map(<[u8]>::to_vec);
        let (between_end, after) = match second {
            Some(second) => (second.0, literal(second.1, event.len())?),
            None => (event.len(), Vec::new()),
        };
        Some(Template {
            choice: delta.choice,
            kind: delta.kind,
            literals: [literal(0, first.0)?, literal(first.1, between_end)?, after],
            has_padding: second.is_some(),
            padding_is_first,
        })
    }

    /// Whether its events name the reasoning otherwise than the caller does.
    pub(super) fn has_alias(&self) -> bool {
        self.kind == DeltaKind::ReasoningAlias
    }

    #[inline(always)]
    fn find<'a>(&self, bytes: &'a [u8]) -> Option<Match<'a>> {
        let [before, between, after] = &self.literals;
        if !matches_at(bytes, 0, before) {
            return None;
        }
        let (mut start, mut string) = (before.len(), find_string_end(bytes, before.len())?);
        if !matches_at(bytes, string.quote, between) {
            return None;
        }
        let mut event_len = string.quote + between.len();
        if self.has_padding {
            let second = find_string_end(bytes, event_len)?;
            if !matches_at(bytes, second.quote, after) {
                return None;
            }
            if self.padding_is_first {
                (start, string) = (event_len, second);
            }
            event_len = second.quote + after.len();
        }
        Some(Match {
            content: bytes.get(start..string.quote)?,
            has_escapes: string.has_escapes,
            event_len,
        })
    }

    /// Adds the text of a match to an answer, as the wire does with the text of the event that the
    /// template was made of.
    #[inline(always)]
    pub(super) fn push(
        &self,
        MatchedText { text, escaped }: &MatchedText<'_>,
        answer: &mut Accumulator,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        match &self.kind {
            DeltaKind::Text => answer.push_matched_text(self.choice, text, *escaped, sink),
            DeltaKind::Reasoning | DeltaKind::ReasoningAlias => {
                answer.push_reasoning(self.choice, text, sink);
                Ok(())
            }
            DeltaKind::Arguments { id, name } => {
                let fragment = Fragment {
                    id: id.as_ref().map(Wtf8Cow::as_borrowed),
                    name: name.as_ref().map(Wtf8Cow::as_borrowed),
                    arguments: Some(text.as_borrowed()),
                    position: None,
                };
                answer.push_matched_tool_call(self.choice, &fragment, *escaped, sink)
            }
        }
    }
}

impl<'a> Match<'a> {
    /// The text; `unescaped` is the memory for one that has escapes.
    #[inline(always)]
    pub(super) fn text(self, unescaped: &'a mut Vec<u8>) -> MatchedText<'a> {
        let (text, is_canonical) = if self.has_escapes {
            unescaped.clear();
            let is_canonical = unescape_into(unescaped, self.content);
            (&**unescaped, is_canonical)
        } else {
            (self.content, true)
        };
        MatchedText {
            text: Wtf8Cow(Cow::Borrowed(text)),
            escaped: is_canonical.then_some(self.content),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A template of an event whose text is the member `t`, and its padding `p`.
    fn template(event: &str) -> Option<Template> {
        let json = RawJson::parse(event.as_bytes()).unwrap();
        let delta = SingleDelta {
            choice: 0,
            kind: DeltaKind::Text,
            slot: json.get("t").unwrap(),
            padding: json.get("p"),
        };
        Template::new(event.as_bytes(), delta)
    }

    fn found(template: &Template, bytes: &str) -> Option<(String, usize)> {
        let found = template.find(bytes.as_bytes())?;
        let text = found.text(&mut Vec::new()).text.to_lossy();
        Some((text, found.event_len))
    }

    #[test]
    fn the_text_is_found_on_either_side_of_the_padding() {
        for (first, other) in [
            (r#"{"t":"a"}"#, r#"{"t":"bc"}"#),
            (r#"{"t":"a","p":"aaa"}"#, r#"{"t":"bc","p":""}"#),
            (
                r#"{"p":"","t":"a","x":1}"#,
                r#"{"p":"aaaa","t":"bc","x":1}"#,
            ),
        ] {
            let template = template(first).unwrap();
            assert_eq!(found(&template, first), Some(("a".into(), first.len())));
            for after in ["", "\n\n", "x"] {
                let bytes = format!("{other}{after}");
                assert_eq!(found(&template, &bytes), Some(("bc".into(), other.len())));
            }
        }
    }

    #[test]
    fn escapes_in_the_text_are_replaced() {
        let template = template(r#"{"t":"a","p":"b"}"#).unwrap();
        let event = r#"{"t":"\"\u0041\n","p":"\\"}"#;
        assert_eq!(found(&template, event), Some(("\"A\n".into(), event.len())));
    }

    #[test]
    fn an_event_that_differs_elsewhere_does_not_match() {
        let template = template(r#"{"t":"a","p":"b","x":1}"#).unwrap();
        for event in [
            r#"{"t":"a","p":"b","x":2}"#,
            r#"{"t":"a","p":"b","x":1"#,
            r#"{"t":"a","p":"b"}"#,
            r#"{"t":"a","P":"b","x":1}"#,
            r#" {"t":"a","p":"b","x":1}"#,
            r#"{"t":"a\","p":"b","x":1}"#,
            r#"{"t":"a\x","p":"b","x":1}"#,
            "{\"t\":\"a\n\",\"p\":\"b\",\"x\":1}",
            "",
        ] {
            assert_eq!(found(&template, event), None, "{event}");
        }
    }

    #[test]
    fn an_event_of_several_lines_makes_no_template() {
        assert!(template("{\"t\":\n\"a\"}").is_none());
    }

    #[test]
    fn the_newest_templates_are_kept() {
        let mut templates = Templates::default();
        let event = |number: usize| format!("{{\"n\":{number},\"t\":\"a\"}}");
        for number in 0..=MAX_TEMPLATES {
            let event = event(number);
            let slot = RawJson::parse(event.as_bytes()).unwrap().get("t").unwrap();
            let delta = SingleDelta {
                choice: 0,
                kind: DeltaKind::Text,
                slot,
                padding: None,
            };
            templates.learn(event.as_bytes(), delta);
        }
        assert!(templates.find(event(0).as_bytes()).is_none());
        for number in 1..=MAX_TEMPLATES {
            assert!(templates.find(event(number).as_bytes()).is_some());
        }
        templates.clear();
        assert!(templates.find(event(1).as_bytes()).is_none());
    }

    #[test]
    fn a_stream_that_never_repeats_makes_few_templates() {
        let mut templates = Templates::default();
        let mut made = 0;
        for number in 0..10 * RELEARN_INTERVAL {
            let event = format!("{{\"n\":{number},\"t\":\"a\"}}");
            let slot = RawJson::parse(event.as_bytes()).unwrap().get("t").unwrap();
            let delta = SingleDelta {
                choice: 0,
                kind: DeltaKind::Text,
                slot,
                padding: None,
            };
            templates.learn(event.as_bytes(), delta);
            let newest = templates.templates.first().unwrap();
            made += u32::from(newest.find(event.as_bytes()).is_some());
        }
        assert_eq!(made, RELEARN_INTERVAL + 9);
    }
}
