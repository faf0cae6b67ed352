//! The forms of output that JavaScript reads: chunks, and the events of a dialect.

use super::boundary::{KIND_ARGUMENTS, KIND_JSON, KIND_REASONING, KIND_SHIFT, KIND_TEXT};
use crate::openai::{Chunk, EventWriter, Metadata, Sink};
use crate::responses;

/// Where a call's chunks go.
#[derive(Debug)]
pub(super) enum Output {
    /// For `for await`.
    Chunks(Chunks),
    /// For responses: the events of Chat Completions.
    Events(EventWriter),
    /// Those of the Responses API, or a whole response.
    Responses(Box<responses::EventWriter>),
}

/// The chunks of one network chunk: all their text in one buffer, and for each chunk a word with
/// its kind and the length of its text. Lengths are in UTF-16 units, as in JavaScript's strings.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    text: Vec<u8>,
    words: Vec<u32>,
    /// Whether any chunk is more than plain text.
    is_mixed: bool,
}

impl Output {
    pub(super) fn sink(&mut self) -> &mut dyn Sink {
        match self {
            Output::Chunks(chunks) => chunks,
            Output::Events(events) => events,
            Output::Responses(events) => events.as_mut(),
        }
    }

    pub(super) fn bytes(&self) -> (&[u8], &[u32]) {
        match self {
            Output::Chunks(chunks) => (&chunks.text, &chunks.words),
            Output::Events(events) => (events.bytes(), &[]),
            Output::Responses(events) => (events.bytes(), &[]),
        }
    }

    /// Whether any chunk is more than plain text.
    pub(super) fn is_mixed(&self) -> bool {
        matches!(self, Output::Chunks(chunks) if chunks.is_mixed)
    }

    pub(super) fn clear(&mut self) {
        match self {
            Output::Chunks(chunks) => {
                chunks.text.clear();
                chunks.words.clear();
                chunks.is_mixed = false;
            }
            Output::Events(events) => events.clear(),
            Output::Responses(events) => events.clear(),
        }
    }
}

impl Chunks {
    fn push(&mut self, text: &str, kind: u32) {
        // SPEED: text is ASCII in nearly all streams, where units are bytes.
        let units = if text.is_ascii() {
            text.len()
        } else {
            text.encode_utf16().count()
        };
        self.text.extend_from_slice(text.as_bytes());
        self.words.push(units as u32 | kind << KIND_SHIFT);
        self.is_mixed |= kind != KIND_TEXT;
    }
}

impl Sink for Chunks {
    fn text(&mut self, _: &Metadata, text: &str) {
        self.push(text, KIND_TEXT);
    }

    fn reasoning(&mut self, _: &Metadata, text: &str) {
        self.push(text, KIND_REASONING);
    }

    fn arguments(&mut self, _: &Metadata, call: usize, arguments: &str) {
        self.push(arguments, KIND_ARGUMENTS);
        self.words.push(call as u32);
    }

    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
        let json = chunk.to_json(metadata);
        self.push(&String::from_utf8_lossy(&json), KIND_JSON);
    }

    fn verbatim(&mut self, json: &str) {
        self.push(json, KIND_JSON);
    }
}
