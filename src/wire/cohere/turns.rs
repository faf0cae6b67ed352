//! A conversation in the places that the COHERE wire has for it.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::openai::{Message, Part};

/// The conversation.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) message: String,
    pub(super) history: Vec<CohereMessage>,
    pub(super) preamble: String,
    pub(super) results: Vec<ToolResult>,
}

/// [`CohereMessage`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-message.ts)
#[derive(Serialize)]
#[serde(
    tag = "role",
    rename_all = "UPPERCASE",
    rename_all_fields = "camelCase"
)]
pub(super) enum CohereMessage {
    System {
        message: String,
    },
    User {
        message: String,
    },
    Chatbot {
        message: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call>,
    },
    Tool {
        tool_results: Vec<ToolResult>,
    },
}

/// [`CohereToolCall`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-tool-call.ts)
#[derive(Clone, Serialize)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) parameters: Value,
}

/// [`CohereToolResult`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-tool-result.ts)
#[derive(Serialize)]
pub(super) struct ToolResult {
    call: Call,
    outputs: Value,
}

impl Turns {
    /// Distributes the messages. With an explicit preamble, system messages stay in the history.
    pub(super) fn of(messages: &[Message], has_preamble: bool) -> Result<Turns> {
        let mut turns = Turns::default();
        let mut calls: Vec<(&str, Call)> = Vec::new();
        // Results at the end belong to the current turn; a new message beside them would be
        // rejected.
        let is_result = |message: &Message| matches!(message, Message::Tool { .. });
        let ends_with_results = messages.last().is_some_and(is_result);
        let trailing = messages
            .iter()
            .rev()
            .take_while(|message| is_result(message))
            .count();
        let last = messages
            .len()
            .saturating_sub(if ends_with_results { trailing } else { 1 });
        let mut results = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            if !is_result(message) && !results.is_empty() {
                let tool_results = std::mem::take(&mut results);
                turns.history.push(CohereMessage::Tool { tool_results });
            }
            match message {
                Message::System { content, .. } if turns.history.is_empty() && !has_preamble => {
                    if !turns.preamble.is_empty() {
                        turns.preamble.push_str("\n\n");
                    }
                    turns.preamble.push_str(&text_of(content, index)?);
                }
                Message::System { content, .. } => {
                    let message = text_of(content, index)?;
                    turns.history.push(CohereMessage::System { message });
                }
                Message::User { content, .. } if index == last && !ends_with_results => {
                    turns.message = text_of(content, index)?;
                }
                Message::User { content, .. } => {
                    let message = text_of(content, index)?;
                    turns.history.push(CohereMessage::User { message });
                }
                Message::Assistant {
                    content,
                    calls: requested,
                    ..
                } => {
                    let message = text_of(content, index)?;
                    let mut tool_calls = Vec::with_capacity(requested.len());
                    for requested in requested {
                        let call = Call::new(requested, index)?;
                        calls.push((&requested.id, call.clone()));
                        tool_calls.push(call);
                    }
                    turns.history.push(CohereMessage::Chatbot {
                        message,
                        tool_calls,
                    });
                }
                Message::Tool { call_id, content } => {
                    let unknown = || {
                        Error::param(
                            format!("messages[{index}].tool_call_id"),
                            "no earlier assistant message makes the call that this answers",
                        )
                    };
                    let call = calls.iter().rfind(|(id, _)| id == call_id);
                    let (_, call) = call.ok_or_else(unknown)?;
                    let outputs = outputs(&text_of(content, index)?);
                    results.push(ToolResult {
                        call: call.clone(),
                        outputs,
                    });
                }
            }
        }
        turns.results = results;
        if turns.message.is_empty() && turns.results.is_empty() {
            let message =
                "the last message must be a user's text or a tool's result on the COHERE \
                           wire";
            return Err(Error::param("messages", message)
                .with_hint("end with a user message that is not empty"));
        }
        Ok(turns)
    }
}

fn text_of(content: &[Part], message: usize) -> Result<String> {
    let mut text = String::new();
    for part in content {
        match part {
            Part::Text(part) | Part::Refusal(part) => text.push_str(part),
            // The wire has no place for earlier reasoning, and these models do not reason.
            Part::Reasoning(_) => {}
            _ => {
                let path = format!("messages[{message}].content");
                return Err(
                    Error::param(path, "the COHERE wire takes text only").with_hint(
                        "send the part to a model whose apiFormat is GENERIC or COHEREV2, or put \
                     documents under oci.documents",
                    ),
                );
            }
        }
    }
    Ok(text)
}

/// A list of objects, whatever the tool returned.
fn outputs(text: &str) -> Value {
    match crate::json::parse_lenient(text.as_bytes()) {
        Ok(Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_object) => {
            items.into()
        }
        Ok(object @ Value::Object(_)) => vec![object].into(),
        _ => vec![crate::json::object(vec![("output", text.into())])].into(),
    }
}
