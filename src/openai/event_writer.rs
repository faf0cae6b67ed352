//! The writer of OpenAI events: chunks -> the bytes of an event stream.

use super::chunk::{Chunk, Head, Sink};
use crate::json::write_content;

/// Writes what it is given as OpenAI's server-sent events. The start of every plain chunk is the same bytes, so it is made
/// once; the text between it and the end is escaped as JSON.
#[derive(Clone, Debug, Default)]
pub struct EventWriter {
    out: Vec<u8>,
    before_text: Vec<u8>,
    after_text: &'static str,
    usage_is_null: bool,
}

impl EventWriter {
    /// A writer for one answer. With `include_usage` every chunk but the last carries `"usage":null`, as at OpenAI.
    pub fn new(include_usage: bool) -> Self {
        let after_text = if include_usage {
            "\"},\"finish_reason\":null}],\"usage\":null}\n\n"
        } else {
            "\"},\"finish_reason\":null}]}\n\n"
        };
        EventWriter {
            out: Vec::new(),
            before_text: Vec::new(),
            after_text,
            usage_is_null: include_usage,
        }
    }

    /// What has been written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// What has been written and not been taken.
    pub fn bytes(&self) -> &[u8] {
        &self.out
    }

    /// Forgets what has been written, and keeps its room.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    /// The event that ends a stream at OpenAI.
    pub fn done(&mut self) {
        self.out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// An event with a body of its own: an error.
    pub fn data(&mut self, json: &[u8]) {
        self.out.extend_from_slice(b"data: ");
        self.out.extend_from_slice(json);
        self.out.extend_from_slice(b"\n\n");
    }

    fn text_start(&mut self, head: &Head) {
        let mut start = b"data: ".to_vec();
        let mut json = Chunk::default().to_json(head);
        // {…,"choices":[]} -> {…,"choices":[
        json.truncate(json.len().saturating_sub(2));
        start.extend_from_slice(&json);
        start.extend_from_slice(b"{\"index\":0,\"delta\":{\"content\":\"");
        self.before_text = start;
    }
}

impl Sink for EventWriter {
    fn text(&mut self, head: &Head, text: &str) {
        if self.before_text.is_empty() {
            self.text_start(head);
        }
        self.out.extend_from_slice(&self.before_text);
        write_content(&mut self.out, text);
        self.out.extend_from_slice(self.after_text.as_bytes());
    }

    fn chunk(&mut self, head: &Head, chunk: &Chunk<'_>) {
        self.out.extend_from_slice(b"data: ");
        chunk.write(head, self.usage_is_null, &mut self.out);
        self.out.extend_from_slice(b"\n\n");
    }

    fn verbatim(&mut self, _: &str) {
        // It comes as a line too.
    }

    fn line(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{json, parse, Value};
    use crate::openai::{ChunkChoice, Delta};

    fn events(writer: &mut EventWriter) -> Vec<Value> {
        let text = String::from_utf8(writer.take()).unwrap();
        text.split_terminator("\n\n")
            .map(|event| parse(event.strip_prefix("data: ").unwrap().as_bytes()).unwrap())
            .collect()
    }

    #[test]
    fn the_quick_way_says_the_same_as_the_long_way() {
        let head = Head {
            id: "chatcmpl-1".into(),
            created: 7,
            model: "a \"model\"".into(),
        };
        for include_usage in [false, true] {
            let mut writer = EventWriter::new(include_usage);
            let text = "quote \" slash \\ line\n tab\t nul\0 é 😀";
            writer.text(&head, text);
            let delta = Delta {
                content: Some(text),
                ..Delta::default()
            };
            let choice = ChunkChoice {
                delta,
                ..ChunkChoice::default()
            };
            writer.chunk(
                &head,
                &Chunk {
                    choices: vec![choice],
                    ..Chunk::default()
                },
            );
            let seen = events(&mut writer);
            assert_eq!(seen[0], seen[1]);
            assert_eq!(
                seen[0].get("choices"),
                Some(&json!([{"index": 0, "delta": {"content": text}, "finish_reason": null}]))
            );
            assert_eq!(seen[0].get("usage").is_some(), include_usage);
        }
    }
}
