//! The two shapes of output that JavaScript reads: chunks, and OpenAI's events.

use crate::chat::{Chunk, EventWriter, Head, Sink};

/// What a call's sink writes.
#[derive(Debug)]
pub(super) enum Output {
    /// For `for await`.
    Chunks(Chunks),
    /// For responses.
    Events(EventWriter),
}

/// The chunks of one network chunk: all their text in one buffer, and one length a chunk.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    text: Vec<u8>,
    lengths: Vec<u32>,
}

/// A length with this bit is that of a whole chunk, as JSON text; without it, of the text of a plain one. Lengths count UTF-16
/// units, as JavaScript's strings do.
const JSON: u32 = 1 << 31;

impl Output {
    pub(super) fn sink(&mut self) -> &mut dyn Sink {
        match self {
            Output::Chunks(chunks) => chunks,
            Output::Events(events) => events,
        }
    }

    pub(super) fn bytes(&self) -> (&[u8], &[u32]) {
        match self {
            Output::Chunks(chunks) => (&chunks.text, &chunks.lengths),
            Output::Events(events) => (events.bytes(), &[]),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes().0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        match self {
            Output::Chunks(chunks) => {
                chunks.text.clear();
                chunks.lengths.clear();
            }
            Output::Events(events) => events.clear(),
        }
    }
}

impl Chunks {
    fn push(&mut self, text: &str, kind: u32) {
        let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
        self.text.extend_from_slice(text.as_bytes());
        self.lengths.push(units as u32 | kind);
    }
}

impl Sink for Chunks {
    fn text(&mut self, _: &Head, text: &str) {
        self.push(text, 0);
    }

    fn chunk(&mut self, head: &Head, chunk: &Chunk<'_>) {
        let json = chunk.to_json(head);
        self.push(&String::from_utf8_lossy(&json), JSON);
    }

    fn verbatim(&mut self, json: &str) {
        self.push(json, JSON);
    }
}
