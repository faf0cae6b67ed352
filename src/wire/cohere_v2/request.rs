//! Builds COHEREV2 requests.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::FORMAT;
use crate::error::{Error, Result};
use crate::openai::{Chat, ChatRequest, Message, Part, RequestedCall, Tool, ToolChoice};
use crate::routing::{ApiFormat, Candidate};
use crate::wire::cohere_common::{CohereResponseFormat, DEFAULT_MAX_TOKENS};
use crate::wire::envelope::{self, Streaming};
use crate::wire::translate::{url, Url};

/// [`CohereChatRequestV2`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-chat-request-v2.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CohereChatRequestV2<'a> {
    api_format: &'static str,
    #[serde(flatten)]
    streaming: Streaming,
    messages: Vec<CohereMessageV2<'a>>,
    /// What the table of parameters makes.
    #[serde(flatten)]
    fields: Map<String, Value>,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequences: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<CohereThinkingV2>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citation_options: Option<CitationOptionsV2>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_strict_tools_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<CohereToolV2<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<CohereResponseFormat<'a>>,
}

/// [`CohereMessageV2`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-message-v2.ts)
/// with the fields of its subtypes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CohereMessageV2<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
    content: Vec<CohereContentV2<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<CohereToolCallV2<'a>>,
}

/// [`CohereContentV2`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-content-v2.ts)
#[derive(Serialize)]
#[serde(
    tag = "type",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
enum CohereContentV2<'a> {
    Text { text: &'a str },
    Thinking { thinking: &'a str },
    Document { document: &'a Value },
    ImageUrl { image_url: Url<'a> },
}

/// [`CohereToolCallV2`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-tool-call-v2.ts)
#[derive(Serialize)]
struct CohereToolCallV2<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

/// [`CohereToolV2`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-tool-v2.ts)
#[derive(Serialize)]
struct CohereToolV2<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: DefinedFunction<'a>,
}

#[derive(Serialize)]
struct DefinedFunction<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    parameters: Cow<'a, Value>,
}

/// [`CohereThinkingV2`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-thinking-v2.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CohereThinkingV2 {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_budget: Option<u64>,
}

/// [`CitationOptionsV2`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/citation-options-v2.ts)
#[derive(Serialize)]
struct CitationOptionsV2 {
    mode: String,
}

#[inline(never)]
pub(super) fn build(request: &ChatRequest, target: &Candidate, stream: bool) -> Result<Vec<u8>> {
    let chat = request.chat()?;
    let messages = chat.messages.iter().enumerate();
    let messages = messages
        .map(|(index, it)| message(it, index))
        .collect::<Result<_>>()?;
    let fields = FORMAT.fields(chat)?;
    // `oci.is_strict_tools` is explicit.
    let is_strict = chat.tools.iter().any(|tool| tool.strict);
    let is_explicit = fields.contains_key("isStrictToolsEnabled");
    let body = CohereChatRequestV2 {
        api_format: ApiFormat::CohereV2.name(),
        streaming: Streaming::new(stream),
        messages,
        fields,
        max_tokens: chat.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS),
        stop_sequences: chat.stop.as_deref(),
        thinking: thinking(chat)?,
        citation_options: citation_options(chat)?,
        tools_choice: tools_choice(chat)?,
        is_strict_tools_enabled: (is_strict && !is_explicit).then_some(true),
        tools: chat.tools.iter().map(tool_v2).collect(),
        response_format: chat.response_format.as_ref().map(CohereResponseFormat::new),
    };
    envelope::body(&body, target)
}

fn thinking(chat: &Chat) -> Result<Option<CohereThinkingV2>> {
    if let Some(budget) = chat.param("oci.thinking_budget") {
        let budget = budget.value.as_u64();
        let budget = budget.ok_or_else(|| {
            let message = "oci.thinking_budget must be a whole number of tokens";
            Error::param("oci.thinking_budget", message)
        })?;
        return Ok(Some(CohereThinkingV2 {
            kind: "ENABLED",
            token_budget: Some(budget),
        }));
    }
    let Some(effort) = chat.param("reasoning_effort") else {
        return Ok(None);
    };
    let word = effort.one_of(&["NONE", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"])?;
    let kind = if word == "NONE" {
        "DISABLED"
    } else {
        "ENABLED"
    };
    Ok(Some(CohereThinkingV2 {
        kind,
        token_budget: None,
    }))
}

fn citation_options(chat: &Chat) -> Result<Option<CitationOptionsV2>> {
    let quality = chat.param("oci.citation_quality");
    let mode = quality
        .map(|quality| quality.one_of(&["ACCURATE", "FAST", "OFF"]))
        .transpose()?;
    Ok(mode.map(|mode| CitationOptionsV2 { mode }))
}

fn tools_choice(chat: &Chat) -> Result<Option<&'static str>> {
    match &chat.tool_choice {
        Some(ToolChoice::None) => Ok(Some("NONE")),
        Some(ToolChoice::Required) => Ok(Some("REQUIRED")),
        Some(ToolChoice::Named(name)) => match chat.tools.as_slice() {
            [only] if only.name == *name => Ok(Some("REQUIRED")),
            _ => {
                let message = "the COHEREV2 wire can't require one of several functions";
                Err(Error::param("tool_choice", message)
                    .with_hint("send that tool alone, or use \"required\""))
            }
        },
        Some(ToolChoice::Auto) | None => Ok(None),
    }
}

fn message(message: &Message, index: usize) -> Result<CohereMessageV2<'_>> {
    let (role, content) = match message {
        Message::System { content, .. } => ("SYSTEM", content),
        Message::User { content, .. } => ("USER", content),
        Message::Assistant { content, .. } => ("ASSISTANT", content),
        Message::Tool { content, .. } => ("TOOL", content),
    };
    // An assistant's empty text beside tool calls is no part of its own.
    let is_part =
        |part: &&Part| role != "ASSISTANT" || !matches!(part, Part::Text(text) if text.is_empty());
    let parts = content.iter().filter(is_part).enumerate();
    let content = parts
        .map(|(part, it)| content_v2(it, index, part))
        .collect::<Result<_>>()?;
    let (tool_call_id, calls) = match message {
        Message::Assistant { calls, .. } => (None, calls.as_slice()),
        Message::Tool { call_id, .. } => (Some(call_id.as_str()), &[][..]),
        _ => (None, &[][..]),
    };
    Ok(CohereMessageV2 {
        role,
        tool_call_id,
        content,
        tool_calls: calls.iter().map(tool_call_v2).collect(),
    })
}

fn content_v2(part: &Part, message: usize, index: usize) -> Result<CohereContentV2<'_>> {
    Ok(match part {
        Part::Text(text) | Part::Refusal(text) => CohereContentV2::Text { text },
        Part::Reasoning(thinking) => CohereContentV2::Thinking { thinking },
        Part::Document(document) => CohereContentV2::Document { document },
        Part::Image(image) => CohereContentV2::ImageUrl {
            image_url: url(image),
        },
        Part::Audio(_) | Part::Video(_) | Part::File(_) => {
            let path = format!("messages[{message}].content[{index}]");
            let message = "the COHEREV2 wire takes text, images and grounding documents";
            return Err(Error::param(path, message).with_hint(
                "send the part to a model whose apiFormat is GENERIC, or send its text",
            ));
        }
    })
}

fn tool_call_v2(call: &RequestedCall) -> CohereToolCallV2<'_> {
    let arguments = if call.arguments.trim().is_empty() {
        "{}"
    } else {
        &call.arguments
    };
    let function = CalledFunction {
        name: &call.name,
        arguments,
    };
    CohereToolCallV2 {
        id: &call.id,
        kind: "FUNCTION",
        function,
    }
}

fn tool_v2(tool: &Tool) -> CohereToolV2<'_> {
    let parameters = match &tool.parameters {
        Some(parameters) => Cow::Borrowed(parameters),
        None => Cow::Owned(crate::json::object(vec![
            ("type", "object".into()),
            ("properties", Map::new().into()),
        ])),
    };
    let description = tool.description.as_deref();
    let function = DefinedFunction {
        name: &tool.name,
        description,
        parameters,
    };
    CohereToolV2 {
        kind: "FUNCTION",
        function,
    }
}
