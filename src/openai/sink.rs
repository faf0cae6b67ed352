//! Where chunks go while they are decoded.

use super::chunk::{Chunk, Delta, FunctionDelta, ToolCallDelta};
use super::metadata::Metadata;

/// Takes chunks while they are decoded. Each form of output is a sink: strings for JavaScript,
/// events for a gateway, values for Rust.
pub trait Sink {
    /// Text of the first choice and nothing else: nearly every chunk of a stream, and the only call
    /// that has to be fast.
    fn text(&mut self, metadata: &Metadata, text: &str);

    /// Reasoning of the first choice and nothing else.
    fn reasoning(&mut self, metadata: &Metadata, text: &str) {
        let delta = Delta {
            reasoning_content: Some(text),
            ..Delta::default()
        };
        self.chunk(metadata, &Chunk::of_first_choice(delta));
    }

    /// More arguments of a call of the first choice, and nothing else.
    fn arguments(&mut self, metadata: &Metadata, call: usize, arguments: &str) {
        let function = FunctionDelta {
            name: None,
            arguments,
        };
        let call = ToolCallDelta {
            index: call,
            function,
            ..ToolCallDelta::default()
        };
        let delta = Delta {
            tool_calls: vec![call],
            ..Delta::default()
        };
        self.chunk(metadata, &Chunk::of_first_choice(delta));
    }

    /// [`Sink::text`] of which it is known how a JSON string writes it, without the quotes.
    fn escaped_text(&mut self, metadata: &Metadata, text: &str, _escaped: &[u8]) {
        self.text(metadata, text);
    }

    /// [`Sink::arguments`] of which it is known how a JSON string writes them, without the quotes.
    fn escaped_arguments(
        &mut self,
        metadata: &Metadata,
        call: usize,
        arguments: &str,
        _escaped: &[u8],
    ) {
        self.arguments(metadata, call, arguments);
    }

    /// Any other chunk.
    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>);

    /// A chunk that the service wrote in OpenAI's own form.
    fn verbatim(&mut self, json: &str);

    /// The same chunk as bytes of the service's stream, with the lines around it. Only a sink that
    /// writes a stream uses them, instead of [`Sink::verbatim`].
    fn raw_bytes(&mut self, _bytes: &[u8]) {}

    /// Whether [`Sink::verbatim`] does anything.
    fn reads_verbatim(&self) -> bool {
        self.keeps_chunks()
    }

    /// Whether chunks that the service wrote in OpenAI's own form are to be decoded like those of
    /// the other wires, for a sink that writes another form.
    fn decodes_chunks(&self) -> bool {
        false
    }

    /// Whether anybody receives what is emitted here.
    fn keeps_chunks(&self) -> bool {
        true
    }
}

/// A sink that discards everything, for an answer that is only accumulated.
pub(crate) struct NullSink;

impl Sink for NullSink {
    fn text(&mut self, _: &Metadata, _: &str) {}
    fn reasoning(&mut self, _: &Metadata, _: &str) {}
    fn arguments(&mut self, _: &Metadata, _: usize, _: &str) {}
    fn chunk(&mut self, _: &Metadata, _: &Chunk<'_>) {}
    fn verbatim(&mut self, _: &str) {}
    fn raw_bytes(&mut self, _: &[u8]) {}

    fn keeps_chunks(&self) -> bool {
        false
    }
}
