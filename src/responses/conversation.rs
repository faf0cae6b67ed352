//! The input of a response -> the messages of a chat, as JSON text.

use serde_json::Value;

use super::refusal::refusal;
use super::text::{fill, push};
use crate::error::Result;
use crate::json::append;
use crate::openai::Param;

/// The messages, while items are added.
#[derive(Default)]
pub(super) struct Conversation {
    /// JSON text, with a comma between them.
    messages: Vec<u8>,
    /// Of each message, the path of its first item.
    paths: Vec<String>,
    turn: Turn,
}

/// What the model said up to the next item of somebody else: reasoning, text and calls are items of
/// their own in a response, and one message of a chat.
#[derive(Default)]
struct Turn {
    path: String,
    reasoning: String,
    /// JSON text.
    content: Vec<u8>,
    /// JSON text, with a comma between them.
    calls: Vec<u8>,
}

/// Parts of a message's content, by their types, and what they are in a chat.
const PARTS: &[(&str, &str)] = &[
    ("input_text", TEXT),
    ("output_text", TEXT),
    ("text", TEXT),
    ("refusal", "{\"type\":\"refusal\",\"refusal\":$refusal}"),
    ("reasoning_text", REASONING),
    ("summary_text", REASONING),
    (
        "input_image",
        "{\"type\":\"image_url\",\"image_url\":{\"url\":$image_url",
    ),
    (
        "input_video",
        "{\"type\":\"video_url\",\"video_url\":$video_url}",
    ),
];

const TEXT: &str = "{\"type\":\"text\",\"text\":$text}";
const REASONING: &str = "{\"type\":\"reasoning\",\"text\":$text}";
const FILE: &str = "{\"type\":\"file\",\"file\":{\"file_data\":$file_data}}";
const FILE_URL: &str = "{\"type\":\"document_url\",\"document_url\":$file_url}";
const CALL: &str = "{\"id\":$call_id,\"type\":\"function\",\
                    \"function\":{\"name\":$name,\"arguments\":$arguments}}";

impl Conversation {
    pub(super) fn push_instructions(&mut self, instructions: &Param<'_, '_>) -> Result<()> {
        instructions.string()?;
        self.push_text("system", instructions);
        Ok(())
    }

    /// Text, or items.
    pub(super) fn push_input(&mut self, input: &Param<'_, '_>) -> Result<()> {
        match input.value {
            Value::String(_) => self.push_text("user", input),
            Value::Array(items) if !items.is_empty() => {
                for item in input.items()? {
                    self.push_item(&item)?;
                }
            }
            Value::Array(_) => return Err(input.error("input is empty".into())),
            _ => return Err(input.must_be("a string or an array of items")),
        }
        Ok(())
    }

    /// The messages, and of each the path of what it was made of.
    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<String>) {
        self.end_turn();
        (self.messages, self.paths)
    }

    fn push_item(&mut self, item: &Param<'_, '_>) -> Result<()> {
        item.object()?;
        match item.get_string("type")?.unwrap_or("message") {
            "message" => self.push_message(item),
            "function_call" => {
                let turn = self.turn_of(item);
                if !turn.calls.is_empty() {
                    turn.calls.push(b',');
                }
                fill(&mut turn.calls, CALL, item)
            }
            "function_call_output" => {
                self.end_turn();
                let out = self.begin(item.name());
                fill(
                    out,
                    "{\"role\":\"tool\",\"tool_call_id\":$call_id,\"content\":",
                    item,
                )?;
                push_content(out, &item.require("output")?)?;
                push(out, "}");
                Ok(())
            }
            "reasoning" => {
                let text = reasoning_text(item)?;
                if text.is_empty() {
                    return Ok(());
                }
                if !self.turn.content.is_empty() && self.turn.calls.is_empty() {
                    self.end_turn();
                }
                push_paragraph(&mut self.turn_of(item).reasoning, &text);
                Ok(())
            }
            "item_reference" => {
                let hint = "send the item itself, not a reference to it";
                Err(refusal(item, "items are not stored", "", hint))
            }
            other => {
                let hint = "send messages, reasoning, function calls and their outputs only";
                Err(refusal(
                    item,
                    "OCI has nothing for an item of type",
                    other,
                    hint,
                ))
            }
        }
    }

    fn push_message(&mut self, item: &Param<'_, '_>) -> Result<()> {
        let content = item.require("content")?;
        let role = item.require("role")?;
        match role.string()? {
            "assistant" => {
                if !self.turn.content.is_empty() {
                    // Calls stay next to their results.
                    let calls = std::mem::take(&mut self.turn.calls);
                    self.end_turn();
                    self.turn.calls = calls;
                }
                push_content(&mut self.turn_of(item).content, &content)
            }
            "user" | "system" | "developer" => {
                self.end_turn();
                let out = self.begin(item.name());
                fill(out, "{\"role\":$role,\"content\":", item)?;
                push_content(out, &content)?;
                push(out, "}");
                Ok(())
            }
            _ => Err(role.must_be("\"user\", \"assistant\", \"system\" or \"developer\"")),
        }
    }

    /// A message of a text.
    fn push_text(&mut self, role: &str, text: &Param<'_, '_>) {
        let out = self.begin(text.name());
        for part in ["{\"role\":\"", role, "\",\"content\":"] {
            push(out, part);
        }
        append(out, text.value);
        push(out, "}");
    }

    /// The turn of the model that the item belongs to.
    fn turn_of(&mut self, item: &Param<'_, '_>) -> &mut Turn {
        if self.turn.path.is_empty() {
            self.turn.path = item.name();
        }
        &mut self.turn
    }

    fn end_turn(&mut self) {
        let turn = std::mem::take(&mut self.turn);
        // Reasoning alone is no message.
        if turn.content.is_empty() && turn.calls.is_empty() {
            return;
        }
        let out = self.begin(turn.path);
        push(out, "{\"role\":\"assistant\",\"content\":");
        out.extend_from_slice(if turn.content.is_empty() {
            b"null"
        } else {
            &turn.content
        });
        if !turn.reasoning.is_empty() {
            push(out, ",\"reasoning_content\":");
            append(out, &turn.reasoning.as_str());
        }
        if !turn.calls.is_empty() {
            push(out, ",\"tool_calls\":[");
            out.extend_from_slice(&turn.calls);
            push(out, "]");
        }
        push(out, "}");
    }

    /// Begins a message that is made of the item with this path.
    fn begin(&mut self, path: String) -> &mut Vec<u8> {
        self.paths.push(path);
        if !self.messages.is_empty() {
            self.messages.push(b',');
        }
        &mut self.messages
    }
}

/// Text, or parts. One part of text is text.
fn push_content(out: &mut Vec<u8>, content: &Param<'_, '_>) -> Result<()> {
    match content.value {
        Value::String(_) => append(out, content.value),
        Value::Array(parts) => {
            if let [part] = parts.as_slice() {
                let kind = part.get("type").and_then(Value::as_str);
                let is_text = matches!(kind, Some("input_text" | "output_text"));
                let text = part.get("text").filter(|text| is_text && text.is_string());
                if let Some(text) = text {
                    append(out, text);
                    return Ok(());
                }
            }
            push(out, "[");
            for (index, part) in content.items()?.enumerate() {
                push(out, if index == 0 { "" } else { "," });
                push_part(out, &part)?;
            }
            push(out, "]");
        }
        _ => return Err(content.must_be("a string or an array of parts")),
    }
    Ok(())
}

/// A part of a message's content.
fn push_part(out: &mut Vec<u8>, part: &Param<'_, '_>) -> Result<()> {
    part.object()?;
    if let Some(id) = part.get("file_id") {
        let hint = "send the file itself, as a data: URL";
        return Err(refusal(&id, "OCI stores no files for a response", "", hint));
    }
    let kind = part.require("type")?;
    let name = kind.string()?;
    let template = match name {
        "input_file" if part.get("file_url").is_some() => FILE_URL,
        "input_file" => FILE,
        "input_audio" => {
            append(out, part.value);
            return Ok(());
        }
        _ => match PARTS.iter().find(|(known, _)| *known == name) {
            Some((_, template)) => template,
            None => {
                return Err(kind.must_be(
                    "\"input_text\", \"input_image\", \"input_file\", \"input_audio\", \
                     \"input_video\", \"output_text\" or \"refusal\"",
                ))
            }
        },
    };
    fill(out, template, part)?;
    if name == "input_image" {
        if let Some(detail) = part.get("detail") {
            let detail = match detail.string()? {
                "original" => "high",
                word @ ("auto" | "low" | "high") => word,
                _ => return Err(detail.must_be("\"auto\", \"low\", \"high\" or \"original\"")),
            };
            push(out, ",\"detail\":");
            append(out, &detail);
        }
        push(out, "}}");
    }
    Ok(())
}

/// What a reasoning item says: its text, or the summary of it.
fn reasoning_text(item: &Param<'_, '_>) -> Result<String> {
    let mut text = String::new();
    for key in ["content", "summary"] {
        let Some(parts) = item.get(key).filter(|_| text.is_empty()) else {
            continue;
        };
        for part in parts.items()? {
            push_paragraph(&mut text, part.get_string("text")?.unwrap_or_default());
        }
    }
    Ok(text)
}

fn push_paragraph(text: &mut String, paragraph: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(paragraph);
}
