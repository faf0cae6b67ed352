//! What stands between an event-stream crate and chunks: the wire's types for serde_json, and the
//! rules of the wires, written for these four streams and no more. It
//! borrows where serde can, and reads no field that it doesn't use.

use std::borrow::Cow;

use serde::Deserialize;

use crate::chunk::{Call, Chunk, Delta, Take};
use crate::corpus::Format;

/// Text that borrows from the event where it holds no escape. A plain `Option<Cow<str>>` would
/// always copy.
#[derive(Default, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Generic<'a> {
    #[serde(default)]
    index: u32,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow, default)]
    content: Vec<Part<'a>>,
    #[serde(borrow, default)]
    tool_calls: Vec<Fragment<'a>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Text<'a>,
}

#[derive(Deserialize)]
struct Fragment<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    arguments: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cohere<'a> {
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
}

/// Reads the data of events, one after another.
pub(crate) struct Reader {
    format: Format,
    /// How many tool calls have begun.
    calls: usize,
    /// The text so far: COHERE repeats it at the end.
    text: String,
}

impl Reader {
    pub(crate) fn new(format: Format) -> Self {
        Reader {
            format,
            calls: 0,
            text: String::new(),
        }
    }

    /// One event. Returns whether it was the last.
    pub(crate) fn read(&mut self, data: &str, take: Take<'_>) -> bool {
        if data == "[DONE]" {
            return true;
        }
        match self.format {
            Format::Cohere => self.cohere(
                serde_json::from_str(data).expect("an event of COHERE"),
                take,
            ),
            Format::Generic => self.generic(
                serde_json::from_str(data).expect("an event of GENERIC"),
                take,
            ),
        }
        false
    }

    fn generic(&mut self, event: Generic<'_>, take: Take<'_>) {
        let index = event.index;
        if let Some(message) = &event.message {
            for part in &message.content {
                if !part.text.0.is_empty() {
                    take(Chunk {
                        index,
                        delta: Delta::Text(&part.text.0),
                        finish: None,
                    });
                }
            }
            for fragment in &message.tool_calls {
                let (id, name) = (
                    fragment.id.as_ref().map(|id| &*id.0),
                    fragment.name.as_ref().map(|name| &*name.0),
                );
                let opens = id.is_some() || name.is_some();
                self.calls += usize::from(opens);
                let arguments = &*fragment.arguments.0;
                if opens || !arguments.is_empty() {
                    let call = Call {
                        index: self.calls.saturating_sub(1),
                        id,
                        name,
                        arguments,
                    };
                    take(Chunk {
                        index,
                        delta: Delta::Call(call),
                        finish: None,
                    });
                }
            }
        }
        if let Some(reason) = &event.finish_reason {
            take(Chunk {
                index,
                delta: Delta::Nothing,
                finish: Some(finish(&reason.0)),
            });
        }
    }

    fn cohere(&mut self, event: Cohere<'_>, take: Take<'_>) {
        let text = &*event.text.0;
        let new = if event.finish_reason.is_some() {
            text.strip_prefix(&*self.text).unwrap_or("")
        } else {
            text
        };
        if !new.is_empty() {
            self.text.push_str(new);
            take(Chunk {
                index: 0,
                delta: Delta::Text(new),
                finish: None,
            });
        }
        if let Some(reason) = &event.finish_reason {
            take(Chunk {
                index: 0,
                delta: Delta::Nothing,
                finish: Some(finish(&reason.0)),
            });
        }
    }
}

fn finish(word: &str) -> &'static str {
    match word {
        "length" | "MAX_TOKENS" => "length",
        "tool_calls" | "TOOL_CALL" => "tool_calls",
        "content_filter" => "content_filter",
        _ => "stop",
    }
}
