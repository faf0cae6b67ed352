//! `apiFormat` COHEREV2: Cohere's second chat API, Command A and its siblings that see and reason.
//!
//! Nobody has recorded a stream of it byte by byte; it is read by its schema, and forgivingly: the last event may carry the
//! last piece of the text or all of it again, `[DONE]` may come or not, usage may stand on any event.

use serde::Deserialize;
use serde_json::{json, Map, Value};

use super::cohere::{filtered, response_format};
use super::family::COHERE_MAX_TOKENS;
use super::generic::detail_word;
use super::params::{apply, Harmless, Kind, Row, Rule};
use super::reading::{event, failure, MessageOr, Parts, Unread};
use super::{chat_request, Wire};
use crate::answer::Answer;
use crate::chat::{ChatRequest, Message, Part, SentCall, Sink, Text, Tool, ToolChoice};
use crate::error::{Code, Error, Result};
use crate::json;
use crate::route::ApiFormat;
use crate::tool_calls::{arguments_text, Fragment};

/// The wire's table. Names on the right are fields of `CohereChatRequestV2`.
pub const PARAMETERS: &[Row] = &[
    Row(
        "messages",
        Rule::Built("messages: every content becomes a list of parts; text, images and documents, without names and annotations"),
    ),
    Row("stream", Rule::Built("isStream")),
    Row(
        "stream_options",
        Rule::Built("streamOptions.isIncludeUsage, always true; include_usage decides whether a chunk tells it"),
    ),
    Row("max_tokens", Rule::Built("maxTokens; 4,000 where none is given, since the service would stop after 20")),
    Row("max_completion_tokens", Rule::Built("as max_tokens; wins over it")),
    Row("temperature", Rule::Becomes("temperature", Kind::Number)),
    Row("top_p", Rule::Becomes("topP", Kind::Number)),
    Row("stop", Rule::Built("stopSequences")),
    Row("seed", Rule::Becomes("seed", Kind::Integer)),
    Row("presence_penalty", Rule::Becomes("presencePenalty", Kind::Number)),
    Row("frequency_penalty", Rule::Becomes("frequencyPenalty", Kind::Number)),
    Row("n", Rule::Refused("ask as many times as answers are wanted", Harmless::One)),
    Row("logprobs", Rule::Becomes("isLogProbsEnabled", Kind::Bool)),
    Row("top_logprobs", Rule::Refused("leave it out; GENERIC has it", Harmless::Zero)),
    Row("logit_bias", Rule::Refused("leave it out; GENERIC has it", Harmless::Empty)),
    Row("reasoning_effort", Rule::Built("thinking: DISABLED for none, ENABLED for any other; oci.thinking_budget says how much")),
    Row("verbosity", Rule::Refused("ask for it in a system message", Harmless::Words(&["medium"]))),
    Row("metadata", Rule::Dropped("labels for OpenAI's dashboard")),
    Row("prediction", Rule::Dropped("makes the same answer come faster, where a model has it")),
    Row("web_search_options", Rule::Refused("search yourself and give what you found as oci.documents", Harmless::Never)),
    Row("service_tier", Rule::Refused("use oci.priority", Harmless::Words(&["auto", "default"]))),
    Row("tools", Rule::Built("tools: {type: FUNCTION, function}; strict on any of them sets isStrictToolsEnabled")),
    Row(
        "tool_choice",
        Rule::Built("toolsChoice: REQUIRED or NONE, left out for auto; a named function is refused unless it is the only tool"),
    ),
    Row("parallel_tool_calls", Rule::Refused("the model decides: leave it out, and take the calls as they come", Harmless::True)),
    Row(
        "response_format",
        Rule::Built("responseFormat: {type: TEXT | JSON_OBJECT, schema}; a JSON schema loses its name and strictness"),
    ),
    Row("oci.top_k", Rule::Becomes("topK", Kind::Integer)),
    Row("oci.documents", Rule::Becomes("documents", Kind::Array)),
    Row("oci.citation_quality", Rule::Built("citationOptions.mode: ACCURATE, FAST or OFF")),
    Row("oci.safety_mode", Rule::Becomes("safetyMode", Kind::Word(&["CONTEXTUAL", "STRICT", "OFF"]))),
    Row("oci.thinking_budget", Rule::Built("thinking: ENABLED with this tokenBudget")),
    Row("oci.is_search_queries_only", Rule::Becomes("isSearchQueriesOnly", Kind::Bool)),
    Row("oci.is_raw_prompting", Rule::Becomes("isRawPrompting", Kind::Bool)),
    Row("oci.is_strict_tools", Rule::Becomes("isStrictToolsEnabled", Kind::Bool)),
    Row("oci.priority", Rule::Becomes("priority", Kind::Integer)),
    Row("oci.preamble", Rule::Refused("use a system message", Harmless::Never)),
    Row("oci.prompt_truncation", Rule::Refused("COHERE has it", Harmless::Words(&["OFF"]))),
    Row("oci.max_input_tokens", Rule::Refused("COHERE has it", Harmless::Never)),
    Row("oci.is_force_single_step", Rule::Refused("COHERE has it", Harmless::False)),
    Row("oci.is_echo", Rule::Refused("COHERE and GENERIC have it", Harmless::False)),
    Row("oci.max_completion_tokens", Rule::Refused("use max_tokens", Harmless::Never)),
];

// ---------------------------------------------------------------- the request

/// `CohereChatRequestV2`
pub(super) fn request(request: &ChatRequest, stream: bool) -> Result<Map<String, Value>> {
    let mut body = chat_request(ApiFormat::CohereV2, stream);
    let messages = request.messages()?;
    let sent: Result<Vec<Value>> = messages.iter().enumerate().map(|(index, message)| message_v2(message, index)).collect();
    body.insert("messages".into(), sent?.into());
    apply(Wire::CohereV2, request, &mut body)?;
    body.insert("maxTokens".into(), request.max_tokens()?.cloned().unwrap_or_else(|| COHERE_MAX_TOKENS.into()));
    if let Some(stop) = request.stop()? {
        body.insert("stopSequences".into(), stop.into());
    }
    if let Some(thinking) = thinking(request)? {
        body.insert("thinking".into(), thinking);
    }
    if let Some(quality) = oci(request, "citation_quality") {
        let word = quality.as_str().map(str::to_ascii_uppercase).unwrap_or_default();
        if !["FAST", "ACCURATE", "OFF"].contains(&word.as_str()) {
            return Err(Error::param("oci.citation_quality", "oci.citation_quality must be one of accurate, fast, off"));
        }
        body.insert("citationOptions".into(), json!({"mode": word}));
    }
    let tools = request.tools()?;
    match request.tool_choice()? {
        Some(ToolChoice::None) => body.insert("toolsChoice".into(), "NONE".into()),
        Some(ToolChoice::Required) => body.insert("toolsChoice".into(), "REQUIRED".into()),
        Some(ToolChoice::Named(name)) if matches!(tools.as_slice(), [only] if only.name == name) => {
            body.insert("toolsChoice".into(), "REQUIRED".into())
        }
        Some(ToolChoice::Named(_)) => {
            return Err(Error::param("tool_choice", "tool_choice can't name one of several functions on the COHEREV2 wire")
                .with_hint("give that tool alone, or use \"required\""))
        }
        Some(ToolChoice::Auto) | None => None,
    };
    if tools.iter().any(|tool| tool.strict) {
        body.entry("isStrictToolsEnabled").or_insert(true.into());
    }
    if !tools.is_empty() {
        body.insert("tools".into(), tools.iter().map(tool).collect());
    }
    if let Some(format) = request.response_format()? {
        body.insert("responseFormat".into(), response_format(&format));
    }
    Ok(body)
}

fn oci<'a>(request: &'a ChatRequest, name: &str) -> Option<&'a Value> {
    request.params().get("oci")?.get(name).filter(|value| !value.is_null())
}

fn thinking(request: &ChatRequest) -> Result<Option<Value>> {
    if let Some(budget) = oci(request, "thinking_budget") {
        if budget.as_u64().is_none() {
            return Err(Error::param("oci.thinking_budget", "oci.thinking_budget must be a whole number of tokens"));
        }
        return Ok(Some(json!({"type": "ENABLED", "tokenBudget": budget})));
    }
    let Some(effort) = request.param("reasoning_effort") else { return Ok(None) };
    let kind = match effort.string()?.to_ascii_lowercase().as_str() {
        "none" => "DISABLED",
        "minimal" | "low" | "medium" | "high" | "xhigh" => "ENABLED",
        _ => return Err(effort.wanted("one of none, minimal, low, medium, high, xhigh")),
    };
    Ok(Some(json!({ "type": kind })))
}

fn message_v2(message: &Message<'_>, index: usize) -> Result<Value> {
    let parts = |content: &[Part<'_>]| -> Result<Vec<Value>> {
        let at = |part: usize| format!("messages[{index}].content[{part}]");
        content.iter().enumerate().map(|(index, one)| part(one, || at(index))).collect()
    };
    Ok(match message {
        Message::System { content, .. } => json!({"role": "SYSTEM", "content": parts(content)?}),
        Message::User { content, .. } => json!({"role": "USER", "content": parts(content)?}),
        Message::Assistant { content, calls, .. } => {
            let said: Vec<Part<'_>> = content.iter().filter(|part| !matches!(part, Part::Text(""))).cloned().collect();
            let mut turn = Map::new();
            turn.insert("role".into(), "ASSISTANT".into());
            turn.insert("content".into(), parts(&said)?.into());
            let call = |call: &SentCall<'_>| {
                let arguments = if call.arguments.trim().is_empty() { "{}" } else { call.arguments };
                json!({"id": call.id, "type": "FUNCTION", "function": {"name": call.name, "arguments": arguments}})
            };
            if !calls.is_empty() {
                turn.insert("toolCalls".into(), calls.iter().map(call).collect());
            }
            turn.into()
        }
        Message::Tool { call_id, content } => json!({"role": "TOOL", "toolCallId": call_id, "content": parts(content)?}),
    })
}

fn part(part: &Part<'_>, at: impl Fn() -> String) -> Result<Value> {
    Ok(match part {
        Part::Text(text) | Part::Refusal(text) => json!({"type": "TEXT", "text": text}),
        Part::Reasoning(text) => json!({"type": "THINKING", "thinking": text}),
        Part::Document(document) => json!({"type": "DOCUMENT", "document": document}),
        Part::Image(image) => {
            let mut url = Map::new();
            url.insert("url".into(), image.url.as_ref().into());
            url.extend(image.detail.map(|detail| ("detail".to_owned(), detail_word(detail).into())));
            json!({"type": "IMAGE_URL", "imageUrl": url})
        }
        Part::Audio(_) | Part::Video(_) | Part::File(_) => {
            return Err(Error::param(at(), "the COHEREV2 wire takes text, images and grounding documents")
                .with_hint("give the part to a model that speaks GENERIC, or give its text"))
        }
    })
}

fn tool(tool: &Tool<'_>) -> Value {
    let mut function = Map::new();
    function.insert("name".into(), tool.name.into());
    function.extend(tool.description.map(|text| ("description".to_owned(), text.into())));
    let parameters = tool.parameters.cloned().unwrap_or_else(|| json!({"type": "object", "properties": {}}));
    function.insert("parameters".into(), parameters);
    json!({"type": "FUNCTION", "function": function})
}

// ---------------------------------------------------------------- the answer

/// A stream event, and a whole answer: they have the same fields.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event<'a> {
    #[serde(borrow)]
    message: MessageOr<EventMessage<'a>>,
    finish_reason: Option<Value>,
    usage: Option<Value>,
    log_probabilities: Option<Value>,
    code: Option<Value>,
    error: Option<Value>,
    error_message: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EventMessage<'a> {
    #[serde(borrow)]
    content: Parts<'a>,
    #[serde(borrow)]
    tool_plan: Option<Text<'a>>,
    #[serde(borrow)]
    tool_calls: Option<Vec<EventCall<'a>>>,
    citations: Option<Vec<Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventCall<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    function: Option<EventFunction<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventFunction<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<&'a serde_json::value::RawValue>,
}

pub(super) fn read_event(json: &[u8], answer: &mut Answer, sink: &mut dyn Sink) -> std::result::Result<(), Unread> {
    tell(event(json)?, answer, sink)
}

fn tell(event: Event<'_>, answer: &mut Answer, sink: &mut dyn Sink) -> std::result::Result<(), Unread> {
    let reason = event.finish_reason.as_ref().and_then(Value::as_str);
    let error = failure(event.error.as_ref(), event.code.as_ref(), event.message.text(), event.error_message.as_ref());
    if let Some(message) = event.message.message() {
        for part in &message.content.0 {
            if let Some(thinking) = &part.thinking {
                answer.reasoning(0, thinking, sink);
            }
            match &part.text {
                Some(text) if reason.is_some() => answer.last_text(0, text, sink)?,
                Some(text) => answer.text(0, text, sink)?,
                None => {}
            }
        }
        if let Some(plan) = &message.tool_plan {
            answer.tool_plan(plan);
        }
        for call in message.tool_calls.into_iter().flatten() {
            let function = call.function.unwrap_or_default();
            let fragment = Fragment { id: call.id, name: function.name, arguments: function.arguments.map(arguments_text) };
            answer.tool_call(0, &fragment, sink)?;
        }
        if let Some(new) = message.citations.filter(|citations| !citations.is_empty()) {
            match &mut answer.extras().citations {
                Some(Value::Array(known)) => known.extend(new),
                place => *place = Some(Value::Array(new)),
            }
        }
    }
    if let Some(error) = error {
        return Err(filtered(error, reason).into());
    }
    if reason.is_some_and(|reason| reason.eq_ignore_ascii_case("ERROR")) {
        return Err(Error::new(Code::StreamError, "the service ended the answer with an error and no words").into());
    }
    if let Some(probabilities) = event.log_probabilities.filter(|list| !list.is_null()) {
        match (&mut answer.extras().log_probabilities, probabilities) {
            (Some(Value::Array(known)), Value::Array(new)) => known.extend(new),
            (place, new) => *place = Some(new),
        }
    }
    if let Some(usage) = &event.usage {
        answer.usage_from_oci(usage);
    }
    if reason.is_some() {
        answer.finish(0, reason, sink)?;
    }
    Ok(())
}

/// `CohereChatResponseV2`
pub(super) fn read_whole(chat: &Value, answer: &mut Answer) -> std::result::Result<(), Unread> {
    if chat.get("message").is_none() && chat.get("errorMessage").is_none() {
        return Err(Unread::Unreadable);
    }
    let silent = &mut crate::stream::Silent;
    let json = json::write(chat);
    tell(event(&json)?, answer, silent)?;
    answer.finish(0, None, silent)?;
    Ok(())
}
