//! Chunks -> the bytes of an event stream, as OpenAI sends it.

use super::chunk::Chunk;
use super::metadata::Metadata;
use super::sink::Sink;
use crate::json::escape_into;

/// Writes chunks as OpenAI's server-sent events.
///
/// SPEED: the bytes around the delta of a plain chunk are the same in a whole answer. They are
/// written once, and a text is then two copies and one pass that escapes it; reasoning and the
/// arguments of tool calls are a copy more. Through serde they take twice as long.
#[derive(Clone, Debug, Default)]
pub struct EventWriter {
    out: Vec<u8>,
    /// Up to the text: the delta, and the name of its content.
    before_text: Vec<u8>,
    after_delta: &'static str,
    null_usage: bool,
}

impl EventWriter {
    /// A writer for one answer. With `include_usage` every chunk but the last has `"usage":null`,
    /// as at OpenAI.
    pub fn new(include_usage: bool) -> Self {
        let after_delta = if include_usage {
            "},\"finish_reason\":null}],\"usage\":null}\n\n"
        } else {
            "},\"finish_reason\":null}]}\n\n"
        };
        EventWriter {
            out: Vec::new(),
            before_text: Vec::new(),
            after_delta,
            null_usage: include_usage,
        }
    }

    /// Takes what has been written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// What has been written and not been taken.
    pub fn bytes(&self) -> &[u8] {
        &self.out
    }

    /// Discards what has been written, and keeps the memory.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    /// Writes the event that ends a stream at OpenAI.
    pub fn done(&mut self) {
        self.out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn prepare(&mut self, metadata: &Metadata) {
        if !self.before_text.is_empty() {
            return;
        }
        let mut chunk = Chunk::default().to_json(metadata);
        // {…,"choices":[]} -> {…,"choices":[
        chunk.truncate(chunk.len().saturating_sub(2));
        self.before_text = b"data: ".to_vec();
        self.before_text.extend_from_slice(&chunk);
        self.before_text
            .extend_from_slice(b"{\"index\":0,\"delta\":{");
        self.before_text.extend_from_slice(CONTENT);
    }

    /// Writes a chunk whose delta is a string inside `start` and `end`.
    fn write_delta(&mut self, metadata: &Metadata, start: &[u8], text: &str, end: &[u8]) {
        self.prepare(metadata);
        let delta = self.before_text.len().saturating_sub(CONTENT.len());
        self.out
            .extend_from_slice(self.before_text.get(..delta).unwrap_or_default());
        self.out.extend_from_slice(start);
        escape_into(&mut self.out, text);
        self.out.extend_from_slice(end);
        self.out.extend_from_slice(self.after_delta.as_bytes());
    }
}

const CONTENT: &[u8] = b"\"content\":\"";

impl Sink for EventWriter {
    fn text(&mut self, metadata: &Metadata, text: &str) {
        self.prepare(metadata);
        self.out.extend_from_slice(&self.before_text);
        escape_into(&mut self.out, text);
        self.out.push(b'"');
        self.out.extend_from_slice(self.after_delta.as_bytes());
    }

    fn reasoning(&mut self, metadata: &Metadata, text: &str) {
        self.write_delta(metadata, b"\"reasoning_content\":\"", text, b"\"");
    }

    fn arguments(&mut self, metadata: &Metadata, call: usize, arguments: &str) {
        let start = format!("\"tool_calls\":[{{\"index\":{call},\"function\":{{\"arguments\":\"");
        self.write_delta(metadata, start.as_bytes(), arguments, b"\"}}]");
    }

    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
        self.out.extend_from_slice(b"data: ");
        chunk.write(metadata, self.null_usage, &mut self.out);
        self.out.extend_from_slice(b"\n\n");
    }

    fn verbatim(&mut self, _: &str) {
        // The same chunk arrives in `raw_bytes`.
    }

    fn reads_verbatim(&self) -> bool {
        false
    }

    fn raw_bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::{ChunkChoice, Delta};
    use serde_json::{json, Value};

    fn events(writer: &mut EventWriter) -> Vec<Value> {
        let text = String::from_utf8(writer.take()).unwrap();
        let json = |event: &str| event.strip_prefix("data: ").unwrap().to_owned();
        text.split_terminator("\n\n")
            .map(|event| serde_json::from_str(&json(event)).unwrap())
            .collect()
    }

    #[test]
    fn a_text_and_the_same_text_as_a_chunk_are_equal_events() {
        let metadata = Metadata {
            id: "chatcmpl-1".into(),
            created: 7,
            model: "a \"model\"".into(),
        };
        for include_usage in [false, true] {
            let mut writer = EventWriter::new(include_usage);
            let text = "quote \" slash \\ line\n tab\t nul\0 é 😀";
            writer.text(&metadata, text);
            let delta = Delta {
                content: Some(text),
                ..Delta::default()
            };
            let choice = ChunkChoice {
                delta,
                ..ChunkChoice::default()
            };
            writer.chunk(
                &metadata,
                &Chunk {
                    choices: vec![choice],
                    ..Chunk::default()
                },
            );
            let events = events(&mut writer);
            assert_eq!(events[0], events[1]);
            let choices = json!([{"index": 0, "delta": {"content": text}, "finish_reason": null}]);
            assert_eq!(events[0].get("choices"), Some(&choices));
            assert_eq!(events[0].get("usage").is_some(), include_usage);
        }
    }

    #[test]
    fn reasoning_and_arguments_are_the_chunks_that_they_stand_for() {
        /// Writes them as the trait does by default.
        struct ByDefault(EventWriter);
        impl Sink for ByDefault {
            fn text(&mut self, metadata: &Metadata, text: &str) {
                self.0.text(metadata, text);
            }
            fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
                self.0.chunk(metadata, chunk);
            }
            fn verbatim(&mut self, json: &str) {
                self.0.verbatim(json);
            }
        }
        let metadata = Metadata {
            id: "chatcmpl-1".into(),
            created: 7,
            model: "m".into(),
        };
        for include_usage in [false, true] {
            let mut quick = EventWriter::new(include_usage);
            let mut plain = ByDefault(EventWriter::new(include_usage));
            for sink in [&mut quick as &mut dyn Sink, &mut plain] {
                sink.reasoning(&metadata, "why \"so\"\n");
                sink.arguments(&metadata, 12, "{\"a\":\"é\"}");
                sink.text(&metadata, "so");
            }
            assert_eq!(quick.take(), plain.0.take());
        }
    }
}
