//! `<think>…</think>` at the start of a model's text -> reasoning.
//!
//! Models that reason write it so where the deployment has no reasoning parser (DeepSeek R1, Qwen 3
//! on vLLM without `--reasoning-parser`). Only white space may precede the tag; elsewhere it is
//! text. What may be part of a tag is held back, and nothing else: reasoning is emitted as it
//! arrives. White space in front of `<think>`, and between `</think>` and the text, is markup.

use super::held::{match_tag, TagMatch};
use crate::text::split_once;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// What a delta of the text becomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ThinkDelta {
    pub(super) reasoning: String,
    pub(super) text: String,
}

/// Splits the text of one choice into reasoning and text.
#[derive(Clone, Debug, Default)]
pub(super) struct ThinkTagParser {
    state: State,
    /// Text that has not been decided on.
    buffer: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the tag, if there is one.
    #[default]
    Start,
    Reasoning,
    /// In the white space behind the closing tag.
    Separator,
    Text,
}

impl ThinkTagParser {
    /// Whether the rest of the text needs no parser.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Text
    }

    /// Takes the next delta of the text.
    pub(super) fn push(&mut self, delta: &str) -> ThinkDelta {
        let mut out = ThinkDelta::default();
        self.buffer.push_str(delta);
        while self.step(&mut out) {}
        out
    }

    /// Ends the text: what was held back is no tag.
    pub(super) fn end(&mut self) -> ThinkDelta {
        let rest = std::mem::take(&mut self.buffer);
        let mut out = ThinkDelta::default();
        match std::mem::replace(&mut self.state, State::Text) {
            State::Reasoning => out.reasoning = rest,
            State::Start | State::Text => out.text = rest,
            State::Separator => {}
        }
        out
    }

    /// Decides on some of the buffer; false when more text must arrive first.
    fn step(&mut self, out: &mut ThinkDelta) -> bool {
        match self.state {
            State::Start => {
                let rest = self.buffer.trim_start();
                let blank = self.buffer.len() - rest.len();
                match match_tag(rest, &[OPEN]) {
                    TagMatch::Whole(_) if blank <= MAX_BLANK_BYTES => {
                        self.buffer.drain(..blank + OPEN.len());
                        self.state = State::Reasoning;
                    }
                    TagMatch::Partial if blank <= MAX_BLANK_BYTES => return false,
                    _ => self.state = State::Text,
                }
                true
            }
            State::Reasoning => {
                let (reasoning, is_closed) = before_tag(&self.buffer, CLOSE);
                out.reasoning.push_str(reasoning);
                let decided = reasoning.len() + if is_closed { CLOSE.len() } else { 0 };
                self.buffer.drain(..decided);
                if is_closed {
                    self.state = State::Separator;
                }
                is_closed
            }
            State::Separator => {
                let blank = self.buffer.len() - self.buffer.trim_start().len();
                self.buffer.drain(..blank);
                if self.buffer.is_empty() {
                    return false;
                }
                self.state = State::Text;
                true
            }
            State::Text => {
                out.text.push_str(&std::mem::take(&mut self.buffer));
                false
            }
        }
    }
}

/// How much white space before the tag is held back, in bytes: it is scanned again with each delta.
const MAX_BLANK_BYTES: usize = 1024;

/// What precedes a tag, or the beginning of one at the end of the text, and whether it is whole.
fn before_tag<'a>(text: &'a str, tag: &str) -> (&'a str, bool) {
    if let Some((before, _)) = split_once(text, tag) {
        return (before, true);
    }
    let is_partial = |at: usize| text.get(at..).is_some_and(|rest| tag.starts_with(rest));
    let from = text.len().saturating_sub(tag.len());
    let at = (from..text.len()).find(|at| is_partial(*at));
    let (before, _) = text
        .split_at_checked(at.unwrap_or(text.len()))
        .unwrap_or((text, ""));
    (before, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (String, String) {
        let (mut parser, mut all) = (ThinkTagParser::default(), ThinkDelta::default());
        let mut add = |delta: ThinkDelta| {
            all.reasoning += &delta.reasoning;
            all.text += &delta.text;
        };
        for piece in pieces {
            add(parser.push(piece));
        }
        add(parser.end());
        (all.reasoning, all.text)
    }

    /// Reasoning and text, after checking that every cut gives the same.
    fn split(whole: &str) -> (String, String) {
        let expected = parse([whole]);
        let cuts = (0..=whole.len()).filter(|at| whole.is_char_boundary(*at));
        for at in cuts {
            let (head, tail) = whole.split_at(at);
            assert_eq!(parse([head, tail]), expected, "{whole:?} cut at {at}");
        }
        let single = whole.split_inclusive(|_: char| true);
        assert_eq!(parse(single), expected, "{whole:?} in single characters");
        expected
    }

    #[test]
    fn reasoning_at_the_start_is_split_off() {
        for (whole, reasoning, text) in [
            ("<think>why</think>so", "why", "so"),
            (
                "\n <think>\nwhy é\n</think>\n\nso </think>",
                "\nwhy é\n",
                "so </think>",
            ),
            ("<think></think>so", "", "so"),
            (
                "<think>a < b </thin </think></think>",
                "a < b </thin ",
                "</think>",
            ),
            ("<think>cut off</thi", "cut off</thi", ""),
            ("<think>all</think>\n", "all", ""),
            ("<think>a<think>b</think>c", "a<think>b", "c"),
        ] {
            assert_eq!(split(whole), (reasoning.into(), text.into()), "{whole:?}");
        }
    }

    #[test]
    fn elsewhere_it_is_text() {
        let long = " ".repeat(MAX_BLANK_BYTES + 1) + "<think>a</think>";
        for whole in [
            "",
            " ",
            "a<think>b</think>",
            "<thin",
            "<thinking>a",
            " <think",
            "é",
            &long,
        ] {
            assert_eq!(split(whole), (String::new(), whole.into()), "{whole:?}");
        }
    }

    #[test]
    fn only_a_tag_is_held_back() {
        let mut parser = ThinkTagParser::default();
        assert_eq!(parser.push(" <thi"), ThinkDelta::default());
        assert_eq!(parser.push("nk>a").reasoning, "a");
        assert_eq!(parser.push("b</").reasoning, "b");
        assert_eq!(parser.push("c").reasoning, "</c");
        assert_eq!(parser.push("</think>d").text, "d");
        assert!(parser.is_done());
    }
}
