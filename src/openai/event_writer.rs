//! Chunks -> the bytes of an event stream, as OpenAI sends it.

use super::chunk::Chunk;
use super::metadata::Metadata;
use super::sink::Sink;
use crate::json::escape_into;

/// Writes chunks as OpenAI's server-sent events.
///
/// SPEED: the bytes around the text of a plain chunk are the same in a whole answer, those around a
/// piece of arguments in a whole tool call. Such a frame is made once, and what follows one text is
/// copied together with what precedes the next, because each copy costs as much as its bytes do:
/// with two copies a chunk, a gateway takes 10 % longer (1,400-byte network chunks, Node 24). Most
/// texts stand in the service's own events as JSON strings already. With frames that are made for
/// each piece, and escaped anew, tool calls take 1.5 times as long.
#[derive(Clone, Debug, Default)]
pub struct EventWriter {
    out: Vec<u8>,
    frames: Frames,
    /// What precedes the members of a delta; empty before the first.
    before_delta: Vec<u8>,
    /// The call that the frame of arguments is for.
    call: Option<usize>,
    /// `out` ends with the start of such an event, whose text has not come.
    open: Option<Kind>,
    null_usage: bool,
}

#[derive(Clone, Debug, Default)]
struct Frames {
    text: Frame,
    reasoning: Frame,
    arguments: Frame,
}

/// The bytes around a text, from one event's start to the next one's.
#[derive(Clone, Debug, Default)]
struct Frame {
    before: Vec<u8>,
    after: Vec<u8>,
    /// `after`, and `before` of the next event.
    between: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
    Arguments,
}

impl Kind {
    fn of(self, frames: &Frames) -> &Frame {
        match self {
            Kind::Text => &frames.text,
            Kind::Reasoning => &frames.reasoning,
            Kind::Arguments => &frames.arguments,
        }
    }
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
        self.close();
        std::mem::take(&mut self.out)
    }

    /// What has been written and not been taken.
    pub fn bytes(&self) -> &[u8] {
        self.out.get(..self.written()).unwrap_or_default()
    }

    /// Discards what has been written, and keeps the memory.
    pub fn clear(&mut self) {
        self.out.clear();
        self.open = None;
    }

    /// Writes the event that ends a stream at OpenAI.
    pub fn done(&mut self) {
        self.close();
        self.out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// The length of `out` without the event that is open.
    fn written(&self) -> usize {
        let open = self.open.map(|kind| kind.of(&self.frames).before.len());
        self.out.len().saturating_sub(open.unwrap_or(0))
    }

    fn close(&mut self) {
        self.out.truncate(self.written());
        self.open = None;
    }

    /// Writes an event of this kind. A first one is not followed by the start of another: where
    /// each network chunk holds one event, that would be wasted.
    fn write(&mut self, kind: Kind, text: &str, escaped: Option<&[u8]>) {
        let is_first = self.out.is_empty();
        if self.open != Some(kind) {
            self.close();
        }
        let EventWriter {
            out, frames, open, ..
        } = self;
        let frame = kind.of(frames);
        if open.is_none() {
            out.extend_from_slice(&frame.before);
        }
        match escaped {
            Some(escaped) => out.extend_from_slice(escaped),
            None => escape_into(out, text),
        }
        if is_first {
            out.extend_from_slice(&frame.after);
        } else {
            out.extend_from_slice(&frame.between);
            *open = Some(kind);
        }
    }

    #[inline(always)]
    fn prepare(&mut self, metadata: &Metadata) {
        if self.before_delta.is_empty() {
            self.set_frames(metadata);
        }
    }

    #[inline(always)]
    fn prepare_arguments(&mut self, metadata: &Metadata, call: usize) {
        if self.call != Some(call) {
            self.set_arguments_frame(metadata, call);
        }
    }

    #[inline(never)]
    fn set_frames(&mut self, metadata: &Metadata) {
        let mut chunk = Chunk::default().to_json(metadata);
        // {…,"choices":[]} -> {…,"choices":[
        chunk.truncate(chunk.len().saturating_sub(2));
        self.before_delta = [b"data: ", &*chunk, b"{\"index\":0,\"delta\":{"].concat();
        self.frames.text = self.frame("\"content\":\"", "\"");
        self.frames.reasoning = self.frame("\"reasoning_content\":\"", "\"");
    }

    #[inline(never)]
    fn set_arguments_frame(&mut self, metadata: &Metadata, call: usize) {
        self.prepare(metadata);
        // The frame that it has opened is still needed to close it.
        self.close();
        let start = format!("\"tool_calls\":[{{\"index\":{call},\"function\":{{\"arguments\":\"");
        self.frames.arguments = self.frame(&start, "\"}}]");
        self.call = Some(call);
    }

    /// The frame of a delta, given what stands around the text in it.
    fn frame(&self, start: &str, end: &str) -> Frame {
        let usage = if self.null_usage {
            ",\"usage\":null"
        } else {
            ""
        };
        let after = format!("{end}}},\"finish_reason\":null}}]{usage}}}\n\n").into_bytes();
        let before = [&self.before_delta, start.as_bytes()].concat();
        Frame {
            between: [&*after, &before].concat(),
            before,
            after,
        }
    }
}

impl Sink for EventWriter {
    fn text(&mut self, metadata: &Metadata, text: &str) {
        self.prepare(metadata);
        self.write(Kind::Text, text, None);
    }

    fn escaped_text(&mut self, metadata: &Metadata, text: &str, escaped: &[u8]) {
        self.prepare(metadata);
        self.write(Kind::Text, text, Some(escaped));
    }

    fn reasoning(&mut self, metadata: &Metadata, text: &str) {
        self.prepare(metadata);
        self.write(Kind::Reasoning, text, None);
    }

    fn arguments(&mut self, metadata: &Metadata, call: usize, arguments: &str) {
        self.prepare_arguments(metadata, call);
        self.write(Kind::Arguments, arguments, None);
    }

    fn escaped_arguments(
        &mut self,
        metadata: &Metadata,
        call: usize,
        arguments: &str,
        escaped: &[u8],
    ) {
        self.prepare_arguments(metadata, call);
        self.write(Kind::Arguments, arguments, Some(escaped));
    }

    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
        self.close();
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
        self.close();
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
                let content = Some(text);
                let delta = Delta {
                    content,
                    ..Delta::default()
                };
                self.0.chunk(metadata, &Chunk::of_first_choice(delta));
            }
            fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
                self.0.chunk(metadata, chunk);
            }
            fn verbatim(&mut self, json: &str) {
                self.0.verbatim(json);
            }
            fn raw_bytes(&mut self, bytes: &[u8]) {
                self.0.raw_bytes(bytes);
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
                sink.text(&metadata, "it");
                sink.reasoning(&metadata, "is");
                sink.arguments(&metadata, 1, "{}");
                sink.arguments(&metadata, 1, "");
            }
            assert_eq!(quick.bytes(), plain.0.bytes());
            assert_eq!(quick.take(), plain.0.take());
            for sink in [&mut quick as &mut dyn Sink, &mut plain] {
                sink.text(&metadata, "first");
                sink.text(&metadata, "second");
                sink.raw_bytes(b": comment\n\n");
                sink.text(&metadata, "third");
            }
            quick.done();
            plain.0.done();
            assert_eq!(quick.bytes(), plain.0.bytes());
        }
    }
}
