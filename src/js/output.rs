//! The two shapes of output that JavaScript reads: chunks, and OpenAI's events.

use crate::openai::{Chunk, EventWriter, Head, Sink};

/// What a call's sink writes.
#[derive(Debug)]
pub(super) enum Output {
    /// For `for await`.
    Chunks(Chunks),
    /// For responses.
    Events(EventWriter),
}

/// The chunks of one network chunk: all their text in one buffer, and a word a chunk, which is its kind and the length of its
/// text. Lengths count UTF-16 units, as JavaScript's strings do.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    text: Vec<u8>,
    words: Vec<u32>,
    /// Whether there is anything but plain text.
    mixed: bool,
}

/// The kinds, in the two highest bits. What a model says piece by piece travels bare; all else is a whole chunk as JSON text.
const TEXT: u32 = 0;
const REASONING: u32 = 1 << 30;
/// A piece of a call's arguments; the next word is the index of the call.
const ARGUMENTS: u32 = 2 << 30;
const JSON: u32 = 3 << 30;

impl Output {
    pub(super) fn sink(&mut self) -> &mut dyn Sink {
        match self {
            Output::Chunks(chunks) => chunks,
            Output::Events(events) => events,
        }
    }

    pub(super) fn bytes(&self) -> (&[u8], &[u32]) {
        match self {
            Output::Chunks(chunks) => (&chunks.text, &chunks.words),
            Output::Events(events) => (events.bytes(), &[]),
        }
    }

    /// Whether there is anything but plain text.
    pub(super) fn is_mixed(&self) -> bool {
        matches!(self, Output::Chunks(chunks) if chunks.mixed)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes().0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        match self {
            Output::Chunks(chunks) => {
                chunks.text.clear();
                chunks.words.clear();
                chunks.mixed = false;
            }
            Output::Events(events) => events.clear(),
        }
    }
}

impl Chunks {
    fn push(&mut self, text: &str, kind: u32) {
        let units = if text.is_ascii() {
            text.len()
        } else {
            text.encode_utf16().count()
        };
        self.text.extend_from_slice(text.as_bytes());
        self.words.push(units as u32 | kind);
        self.mixed |= kind != TEXT;
    }
}

impl Sink for Chunks {
    fn text(&mut self, _: &Head, text: &str) {
        self.push(text, TEXT);
    }

    fn reasoning(&mut self, _: &Head, text: &str) {
        self.push(text, REASONING);
    }

    fn arguments(&mut self, _: &Head, call: usize, piece: &str) {
        self.push(piece, ARGUMENTS);
        self.words.push(call as u32);
    }

    fn chunk(&mut self, head: &Head, chunk: &Chunk<'_>) {
        let json = chunk.to_json(head);
        self.push(&String::from_utf8_lossy(&json), JSON);
    }

    fn verbatim(&mut self, json: &str) {
        self.push(json, JSON);
    }
}
