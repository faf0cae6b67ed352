//! The messages of a GENERIC request.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::openai::{Chat, Message, Part, RequestedCall};
use crate::wire::translate::{url, Url};

/// [`Message`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/message.ts)
/// with the fields of its subtypes: `SystemMessage`, `DeveloperMessage`, `UserMessage`,
/// `AssistantMessage`, `ToolMessage`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GenericMessage<'a> {
    pub(super) role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_call_id: Option<&'a str>,
    pub(super) content: Vec<ChatContent<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_calls: Vec<FunctionCall<'a>>,
}

/// [`ChatContent`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/chat-content.ts)
#[derive(Clone, Debug, Serialize)]
#[serde(
    tag = "type",
    rename_all = "UPPERCASE",
    rename_all_fields = "camelCase"
)]
pub(super) enum ChatContent<'a> {
    Text { text: &'a str },
    Image { image_url: Url<'a> },
    Audio { audio_url: Url<'a> },
    Video { video_url: Url<'a> },
    Document { document_url: Url<'a> },
}

/// [`FunctionCall`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/function-call.ts)
#[derive(Clone, Debug, Serialize)]
pub(super) struct FunctionCall<'a> {
    pub(super) id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    arguments: &'a str,
}

pub(super) fn messages(chat: &Chat) -> Result<Vec<GenericMessage<'_>>> {
    chat.messages
        .iter()
        .enumerate()
        .map(|(index, it)| message(it, index))
        .collect()
}

fn message(message: &Message, index: usize) -> Result<GenericMessage<'_>> {
    Ok(match message {
        Message::System {
            developer,
            name,
            content,
        } => GenericMessage {
            role: if *developer { "DEVELOPER" } else { "SYSTEM" },
            content: contents(content.iter(), index)?,
            name: name.as_deref(),
            ..GenericMessage::default()
        },
        Message::User { name, content } => GenericMessage {
            role: "USER",
            content: contents(content.iter(), index)?,
            name: name.as_deref(),
            ..GenericMessage::default()
        },
        Message::Assistant {
            name,
            content,
            calls,
        } => GenericMessage {
            name: name.as_deref(),
            ..assistant(content, calls, index)?
        },
        Message::Tool { call_id, content } => GenericMessage {
            role: "TOOL",
            tool_call_id: Some(call_id),
            content: contents(content.iter(), index)?,
            ..GenericMessage::default()
        },
    })
}

fn assistant<'a>(
    content: &'a [Part],
    calls: &'a [RequestedCall],
    index: usize,
) -> Result<GenericMessage<'a>> {
    // Beside tool calls the list stays empty: an empty text part made the service fail
    // (langchain-oracle #78).
    let spoken = content.iter().filter(|part| match part {
        Part::Refusal(_) | Part::Reasoning(_) => false,
        Part::Text(text) => !text.is_empty(),
        _ => true,
    });
    let joined = |pick: fn(&Part) -> Option<&str>| {
        let text: String = content.iter().filter_map(pick).collect();
        (!text.is_empty()).then_some(text)
    };
    let call = |call: &'a RequestedCall| FunctionCall {
        id: &call.id,
        kind: "FUNCTION",
        name: &call.name,
        arguments: &call.arguments,
    };
    Ok(GenericMessage {
        role: "ASSISTANT",
        content: contents(spoken, index)?,
        refusal: joined(|part| match part {
            Part::Refusal(text) => Some(text),
            _ => None,
        }),
        reasoning_content: joined(|part| match part {
            Part::Reasoning(text) => Some(text),
            _ => None,
        }),
        tool_calls: calls.iter().map(call).collect(),
        ..GenericMessage::default()
    })
}

fn contents<'a>(
    parts: impl Iterator<Item = &'a Part>,
    message: usize,
) -> Result<Vec<ChatContent<'a>>> {
    let content = |(index, part): (usize, &'a Part)| {
        Ok(match part {
            Part::Text(text) | Part::Refusal(text) | Part::Reasoning(text) => {
                ChatContent::Text { text }
            }
            Part::Image(media) => ChatContent::Image {
                image_url: url(media),
            },
            Part::Audio(media) => ChatContent::Audio {
                audio_url: url(media),
            },
            Part::Video(media) => ChatContent::Video {
                video_url: url(media),
            },
            Part::File(media) => ChatContent::Document {
                document_url: url(media),
            },
            Part::Document(_) => {
                let path = format!("messages[{message}].content[{index}]");
                let error =
                    Error::param(path, "the GENERIC wire can't express a grounding document");
                return Err(error.with_hint(
                    "send it as a file part, or as text; grounding documents are Cohere's",
                ));
            }
        })
    };
    parts.enumerate().map(content).collect()
}
