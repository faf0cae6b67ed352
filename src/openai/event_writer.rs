//! Chunks -> the bytes of an event stream, as OpenAI sends it.

use super::chunk::Chunk;
use super::metadata::Metadata;
use super::sink::Sink;
use crate::json::escape_into;

/// Writes chunks as OpenAI's server-sent events.
///
/// SPEED: the bytes around the delta of a plain chunk are the same in a whole answer, those around
/// a piece of arguments in a whole tool call. They are written once, and such a chunk is then two
/// copies and one of its text: escaped, as most of them stand in the service's own events already.
/// Through serde a text takes twice as long. With a frame made for each piece of arguments, and the
/// piece escaped anew, a gateway takes 1.5 times as long for tool calls.
#[derive(Clone, Debug, Default)]
pub struct EventWriter {
    out: Vec<u8>,
    /// Up to the text: the delta, and the name of its content.
    before_text: Vec<u8>,
    /// Up to the arguments of the call with this index.
    before_arguments: Vec<u8>,
    call: usize,
    null_usage: bool,
}

impl EventWriter {
    /// A writer for one answer. With `include_usage` every chunk but the last has `"usage":null`,
    /// as at OpenAI.
    pub fn new(include_usage: bool) -> Self {
        EventWriter {
            null_usage: include_usage,
            ..EventWriter::default()
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

    /// What stands before the text of a delta, up to where the delta's own members begin.
    fn before_delta(&mut self, metadata: &Metadata) -> &[u8] {
        if self.before_text.is_empty() {
            self.prepare(metadata);
        }
        let end = self.before_text.len().saturating_sub(CONTENT.len());
        self.before_text.get(..end).unwrap_or_default()
    }

    #[inline(always)]
    fn begin_text(&mut self, metadata: &Metadata) {
        if self.before_text.is_empty() {
            self.prepare(metadata);
        }
        self.out.extend_from_slice(&self.before_text);
    }

    #[inline(always)]
    fn begin_arguments(&mut self, metadata: &Metadata, call: usize) {
        if self.call != call || self.before_arguments.is_empty() {
            self.prepare_arguments(metadata, call);
        }
        self.out.extend_from_slice(&self.before_arguments);
    }

    #[inline(never)]
    fn prepare(&mut self, metadata: &Metadata) {
        let mut chunk = Chunk::default().to_json(metadata);
        // {…,"choices":[]} -> {…,"choices":[
        chunk.truncate(chunk.len().saturating_sub(2));
        self.before_text = b"data: ".to_vec();
        self.before_text.extend_from_slice(&chunk);
        self.before_text
            .extend_from_slice(b"{\"index\":0,\"delta\":{");
        self.before_text.extend_from_slice(CONTENT);
    }

    #[inline(never)]
    fn prepare_arguments(&mut self, metadata: &Metadata, call: usize) {
        let mut before = self.before_delta(metadata).to_vec();
        let start = format!("\"tool_calls\":[{{\"index\":{call},\"function\":{{\"arguments\":\"");
        before.extend_from_slice(start.as_bytes());
        (self.before_arguments, self.call) = (before, call);
    }
}

const CONTENT: &[u8] = b"\"content\":\"";

/// What follows the text of a delta, without and with usage that is null.
const AFTER_TEXT: [&[u8]; 2] = [
    b"\"},\"finish_reason\":null}]}\n\n",
    b"\"},\"finish_reason\":null}],\"usage\":null}\n\n",
];
/// What follows a piece of arguments.
const AFTER_ARGUMENTS: [&[u8]; 2] = [
    b"\"}}]},\"finish_reason\":null}]}\n\n",
    b"\"}}]},\"finish_reason\":null}],\"usage\":null}\n\n",
];

fn after([without, with]: [&'static [u8]; 2], null_usage: bool) -> &'static [u8] {
    if null_usage {
        with
    } else {
        without
    }
}

impl Sink for EventWriter {
    fn text(&mut self, metadata: &Metadata, text: &str) {
        self.begin_text(metadata);
        escape_into(&mut self.out, text);
        self.out
            .extend_from_slice(after(AFTER_TEXT, self.null_usage));
    }

    fn escaped_text(&mut self, metadata: &Metadata, _: &str, escaped: &[u8]) {
        self.begin_text(metadata);
        self.out.extend_from_slice(escaped);
        self.out
            .extend_from_slice(after(AFTER_TEXT, self.null_usage));
    }

    fn reasoning(&mut self, metadata: &Metadata, text: &str) {
        let before = self.before_delta(metadata).len();
        self.out
            .extend_from_slice(self.before_text.get(..before).unwrap_or_default());
        self.out.extend_from_slice(b"\"reasoning_content\":\"");
        escape_into(&mut self.out, text);
        self.out
            .extend_from_slice(after(AFTER_TEXT, self.null_usage));
    }

    fn arguments(&mut self, metadata: &Metadata, call: usize, arguments: &str) {
        self.begin_arguments(metadata, call);
        escape_into(&mut self.out, arguments);
        self.out
            .extend_from_slice(after(AFTER_ARGUMENTS, self.null_usage));
    }

    fn escaped_arguments(&mut self, metadata: &Metadata, call: usize, _: &str, escaped: &[u8]) {
        self.begin_arguments(metadata, call);
        self.out.extend_from_slice(escaped);
        self.out
            .extend_from_slice(after(AFTER_ARGUMENTS, self.null_usage));
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
                sink.arguments(&metadata, 0, "{\"b\":");
                sink.arguments(&metadata, 12, "{\"a\":\"é\"}");
                sink.arguments(&metadata, 12, "\n");
                sink.arguments(&metadata, 0, "1}");
                sink.escaped_text(&metadata, "\"\n", b"\\\"\\n");
                sink.escaped_arguments(&metadata, 0, "\\ é", "\\\\ é".as_bytes());
                sink.text(&metadata, "so");
            }
            assert_eq!(quick.take(), plain.0.take());
        }
    }
}
