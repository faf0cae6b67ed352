//! The text of an answer: from the deltas of the service to those of the chunks.

use std::borrow::Cow;

use super::accumulator::Accumulator;
use super::tool_calls::Fragment;
use super::tool_tags::TagEvent;
use crate::error::Result;
use crate::json::{SurrogateJoiner, Wtf8Cow};
use crate::openai::{Delta, Sink};

impl Accumulator {
    /// The next delta of the text.
    pub(crate) fn push_text(
        &mut self,
        choice: u32,
        delta: &Wtf8Cow<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        self.push_matched_text(choice, delta, None, sink)
    }

    /// The same, where it may be known how a JSON string writes the delta.
    #[inline(always)]
    pub(crate) fn push_matched_text(
        &mut self,
        choice: u32,
        delta: &Wtf8Cow<'_>,
        escaped: Option<&[u8]>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        // SPEED: nearly every delta of a stream takes this path: the first choice, plain text.
        if let Some(state) = self
            .choices
            .first_mut()
            .filter(|state| state.index == choice && state.is_plain())
        {
            if let Ok(text) = std::str::from_utf8(&delta.0) {
                if !text.is_empty() {
                    state.text_deltas += 1;
                    state.text.push_str(text);
                    match escaped {
                        Some(escaped) => sink.escaped_text(&self.metadata, text, escaped),
                        None => sink.text(&self.metadata, text),
                    }
                }
                return Ok(());
            }
        }
        self.push_other_text(choice, delta, sink)
    }

    #[inline(never)]
    fn push_other_text(
        &mut self,
        choice: u32,
        delta: &Wtf8Cow<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        if delta.is_empty() {
            self.ensure_choice(choice);
            return Ok(());
        }
        let mut joiner = std::mem::take(&mut self.choice(choice).text_joiner);
        let text = joiner.join(&delta.0);
        self.choice(choice).text_joiner = joiner;
        self.add_text(choice, &text, sink)
    }

    /// Text that repeats everything that was received. Only what is new of it is emitted.
    pub(crate) fn push_restated_text(
        &mut self,
        choice: u32,
        whole: &Wtf8Cow<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let whole = whole.to_lossy();
        let state = self.choice(choice);
        let Some(new) = whole.strip_prefix(state.received_text()) else {
            return Ok(());
        };
        if !new.is_empty() {
            // A pending half of a surrogate pair is part of the restated text, paired or not.
            state.text_joiner = SurrogateJoiner::default();
        }
        self.add_text(choice, new, sink)
    }

    /// The text of a last event, which is either the last delta or the whole text: no recording
    /// shows which. A text that equals everything received in several deltas is a restatement.
    pub(crate) fn push_last_text(
        &mut self,
        choice: u32,
        delta: &Wtf8Cow<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let state = self.choice(choice);
        if state.text_deltas > 1 && delta.0.as_ref() == state.received_text().as_bytes() {
            return Ok(());
        }
        self.push_text(choice, delta, sink)
    }

    /// Text from the service: emitted as it is, unless markup has to be extracted from it.
    pub(super) fn add_text(&mut self, choice: u32, text: &str, sink: &mut dyn Sink) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let state = self.choice(choice);
        state.text_deltas += 1;
        let Some(tagged) = &mut state.tagged else {
            self.emit_text(choice, text, sink);
            return Ok(());
        };
        tagged.received.push_str(text);
        match tagged.reasoning.as_mut().filter(|it| !it.is_done()) {
            Some(parser) => {
                let delta = parser.push(text);
                self.emit_reasoning(choice, &delta.reasoning, sink);
                self.add_visible_text(choice, &delta.text, sink)
            }
            None => self.add_visible_text(choice, text, sink),
        }
    }

    /// Ends the text of a choice: what was held back of it is decided on.
    pub(super) fn end_text(&mut self, choice: u32, sink: &mut dyn Sink) -> Result<()> {
        let Some(tagged) = &mut self.choice(choice).tagged else {
            return Ok(());
        };
        if let Some(parser) = &mut tagged.reasoning {
            let delta = parser.end();
            self.emit_reasoning(choice, &delta.reasoning, sink);
            self.add_visible_text(choice, &delta.text, sink)?;
        }
        let mut events = Vec::new();
        let tagged = self.choice(choice).tagged.as_mut();
        if let Some(parser) = tagged.and_then(|it| it.calls.as_mut()) {
            parser.end(&mut events);
        }
        self.push_tag_events(choice, events, sink)
    }

    /// Text without reasoning, which may hold tool calls.
    fn add_visible_text(&mut self, choice: u32, text: &str, sink: &mut dyn Sink) -> Result<()> {
        let tagged = self.choice(choice).tagged.as_mut();
        let Some(parser) = tagged.and_then(|it| it.calls.as_mut()) else {
            if !text.is_empty() {
                self.emit_text(choice, text, sink);
            }
            return Ok(());
        };
        let mut events = Vec::new();
        parser.push(text, &mut events);
        self.push_tag_events(choice, events, sink)
    }

    fn push_tag_events(
        &mut self,
        choice: u32,
        events: Vec<TagEvent>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let owned = |text: String| Some(Wtf8Cow(Cow::Owned(text.into_bytes())));
        for event in events {
            match event {
                TagEvent::Text(text) => self.emit_text(choice, &text, sink),
                TagEvent::Call { name, arguments } => {
                    let fragment = Fragment {
                        id: None,
                        name: owned(name),
                        arguments: owned(arguments),
                        ..Fragment::default()
                    };
                    self.push_tool_call(choice, &fragment, sink)?;
                }
            }
        }
        Ok(())
    }

    fn emit_text(&mut self, choice: u32, text: &str, sink: &mut dyn Sink) {
        let state = self.choice(choice);
        state.text.push_str(text);
        if state.role_sent && choice == 0 {
            sink.text(&self.metadata, text);
        } else {
            self.emit(
                choice,
                Delta {
                    content: Some(text),
                    ..Delta::default()
                },
                sink,
            );
        }
    }
}
