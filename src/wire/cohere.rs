//! `apiFormat` COHERE: Cohere's first chat API, Command R and R+.
//!
//! One `message`, the turns before it in `chatHistory`, the system text in `preambleOverride`, tool results without ids. A
//! stream's deltas are `{"apiFormat":"COHERE","text":"…"}`; the last event, and in a tool turn an earlier one too, says the
//! whole text again; there is no `[DONE]`.

use std::collections::HashMap;

use serde::de::IgnoredAny;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{json, Map, Value};

use super::family::{inlined_schema, COHERE_MAX_TOKENS};
use super::params::{apply, Harmless, Kind, Row, Rule};
use super::reading::{event, failure, Unread};
use super::{chat_request, Wire};
use crate::answer::Answer;
use crate::chat::{ChatRequest, Message, Part, ResponseFormat, SentCall, Sink, Text, Tool, ToolChoice};
use crate::error::{Code, Error, Result};
use crate::json;
use crate::route::ApiFormat;
use crate::tool_calls::{arguments_text, Fragment};

/// The wire's table. Names on the right are fields of `CohereChatRequest`.
pub const PARAMETERS: &[Row] = &[
    Row(
        "messages",
        Rule::Built(
            "message, chatHistory, preambleOverride and toolResults; text only, without names, reasoning and annotations",
        ),
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
    Row("logprobs", Rule::Refused("leave it out; COHEREV2 and GENERIC have log probabilities", Harmless::False)),
    Row("top_logprobs", Rule::Refused("leave it out; GENERIC has it", Harmless::Zero)),
    Row("logit_bias", Rule::Refused("leave it out; GENERIC has it", Harmless::Empty)),
    Row("reasoning_effort", Rule::Refused("these models do not reason: leave it out", Harmless::Words(&["none"]))),
    Row("verbosity", Rule::Refused("ask for it in a system message", Harmless::Words(&["medium"]))),
    Row("metadata", Rule::Dropped("labels for OpenAI's dashboard")),
    Row("prediction", Rule::Dropped("makes the same answer come faster, where a model has it")),
    Row("web_search_options", Rule::Refused("search yourself and give what you found as oci.documents", Harmless::Never)),
    Row("service_tier", Rule::Refused("leave it out: there is one tier", Harmless::Words(&["auto", "default"]))),
    Row(
        "tools",
        Rule::Built("tools: parameterDefinitions with Python type names; what a type name can't say goes into the description"),
    ),
    Row("tool_choice", Rule::Built("auto: as it is; none: the tools are left out; required and a named function are refused")),
    Row("parallel_tool_calls", Rule::Refused("the model decides: leave it out, and take the calls as they come", Harmless::True)),
    Row(
        "response_format",
        Rule::Built("responseFormat: {type: TEXT | JSON_OBJECT, schema}; a JSON schema loses its name and strictness"),
    ),
    Row("oci.top_k", Rule::Becomes("topK", Kind::Integer)),
    Row("oci.documents", Rule::Becomes("documents", Kind::Array)),
    Row("oci.citation_quality", Rule::Becomes("citationQuality", Kind::Word(&["ACCURATE", "FAST"]))),
    Row("oci.safety_mode", Rule::Becomes("safetyMode", Kind::Word(&["CONTEXTUAL", "STRICT", "OFF"]))),
    Row("oci.preamble", Rule::Becomes("preambleOverride", Kind::Text)),
    Row("oci.prompt_truncation", Rule::Becomes("promptTruncation", Kind::Word(&["OFF", "AUTO_PRESERVE_ORDER"]))),
    Row("oci.max_input_tokens", Rule::Becomes("maxInputTokens", Kind::Integer)),
    Row("oci.is_search_queries_only", Rule::Becomes("isSearchQueriesOnly", Kind::Bool)),
    Row("oci.is_force_single_step", Rule::Becomes("isForceSingleStep", Kind::Bool)),
    Row("oci.is_raw_prompting", Rule::Becomes("isRawPrompting", Kind::Bool)),
    Row("oci.is_echo", Rule::Becomes("isEcho", Kind::Bool)),
    Row("oci.is_strict_tools", Rule::Refused("COHEREV2 has it", Harmless::False)),
    Row("oci.priority", Rule::Refused("COHEREV2 has it", Harmless::Zero)),
    Row("oci.thinking_budget", Rule::Refused("these models do not reason", Harmless::Never)),
    Row("oci.max_completion_tokens", Rule::Refused("use max_tokens", Harmless::Never)),
];

// ---------------------------------------------------------------- the request

/// `CohereChatRequest`
pub(super) fn request(request: &ChatRequest, stream: bool) -> Result<Map<String, Value>> {
    let mut body = chat_request(ApiFormat::Cohere, stream);
    let messages = request.messages()?;
    let turns =
        Turns::of(&messages, request.params().get("oci").and_then(|oci| oci.get("preamble")).is_some_and(Value::is_string))?;
    body.insert("message".into(), turns.message.into());
    if !turns.history.is_empty() {
        body.insert("chatHistory".into(), turns.history.into());
    }
    if !turns.preamble.is_empty() {
        body.insert("preambleOverride".into(), turns.preamble.join("\n\n").into());
    }
    if !turns.results.is_empty() {
        body.insert("toolResults".into(), turns.results.into());
    }
    apply(Wire::Cohere, request, &mut body)?;
    body.insert("maxTokens".into(), request.max_tokens()?.cloned().unwrap_or_else(|| COHERE_MAX_TOKENS.into()));
    if let Some(stop) = request.stop()? {
        body.insert("stopSequences".into(), stop.into());
    }
    let tools = request.tools()?;
    let choice = request.tool_choice()?;
    if let Some(ToolChoice::Required | ToolChoice::Named(_)) = choice {
        return Err(Error::param("tool_choice", "tool_choice can force no call on the COHERE wire")
            .with_hint("use \"auto\" or \"none\", or a model that speaks COHEREV2 or GENERIC"));
    }
    if !tools.is_empty() && choice != Some(ToolChoice::None) {
        body.insert("tools".into(), tools.iter().map(tool).collect());
    }
    if let Some(format) = request.response_format()? {
        body.insert("responseFormat".into(), response_format(&format));
    }
    Ok(body)
}

pub(super) fn response_format(format: &ResponseFormat<'_>) -> Value {
    match format {
        ResponseFormat::Text => json!({"type": "TEXT"}),
        ResponseFormat::JsonObject | ResponseFormat::JsonSchema { schema: None, .. } => json!({"type": "JSON_OBJECT"}),
        ResponseFormat::JsonSchema { schema: Some(schema), .. } => json!({"type": "JSON_OBJECT", "schema": schema}),
    }
}

/// A conversation, in the places that this wire has for it.
#[derive(Default)]
struct Turns {
    message: String,
    history: Vec<Value>,
    preamble: Vec<String>,
    results: Vec<Value>,
}

impl Turns {
    fn of(messages: &[Message<'_>], has_preamble: bool) -> Result<Turns> {
        let mut turns = Turns::default();
        let mut calls: HashMap<&str, Value> = HashMap::new();
        // Results at the end belong to the turn that is asked for now; a new message beside them would be refused.
        let answers_now = matches!(messages.last(), Some(Message::Tool { .. }));
        let trailing = messages.iter().rev().take_while(|message| matches!(message, Message::Tool { .. })).count();
        let last = messages.len().saturating_sub(if answers_now { trailing } else { 1 });
        let mut results: Vec<Value> = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let at = || format!("messages[{index}]");
            if !matches!(message, Message::Tool { .. }) && !results.is_empty() {
                turns.history.push(json!({"role": "TOOL", "toolResults": std::mem::take(&mut results)}));
            }
            match message {
                Message::System { content, .. } if turns.history.is_empty() && !has_preamble => {
                    turns.preamble.push(text(content, at)?);
                }
                Message::System { content, .. } => {
                    turns.history.push(json!({"role": "SYSTEM", "message": text(content, at)?}));
                }
                Message::User { content, .. } if index == last && !answers_now => turns.message = text(content, at)?,
                Message::User { content, .. } => turns.history.push(json!({"role": "USER", "message": text(content, at)?})),
                Message::Assistant { content, calls: sent, .. } => {
                    let mut turn = Map::new();
                    turn.insert("role".into(), "CHATBOT".into());
                    turn.insert("message".into(), text(content, at)?.into());
                    let mut made = Vec::new();
                    for call in sent {
                        let sent = sent_call(call, at)?;
                        calls.insert(call.id, sent.clone());
                        made.push(sent);
                    }
                    if !made.is_empty() {
                        turn.insert("toolCalls".into(), made.into());
                    }
                    turns.history.push(turn.into());
                }
                Message::Tool { call_id, content } => {
                    let call = calls.get(call_id).ok_or_else(|| {
                        Error::param(
                            format!("{}.tool_call_id", at()),
                            "no assistant message before it makes the call that this answers",
                        )
                    })?;
                    results.push(json!({"call": call, "outputs": outputs(&text(content, at)?)}));
                }
            }
        }
        turns.results = results;
        if turns.message.is_empty() && turns.results.is_empty() {
            return Err(Error::param("messages", "the last message must be a user's text or a tool's result on the COHERE wire")
                .with_hint("end with a user message that says something"));
        }
        Ok(turns)
    }
}

fn text(content: &[Part<'_>], at: impl Fn() -> String) -> Result<String> {
    let mut whole = String::new();
    for part in content {
        match part {
            Part::Text(text) | Part::Refusal(text) => whole.push_str(text),
            // A reasoning of before is not said again: the wire has no place for it, and the model none for its own.
            Part::Reasoning(_) => {}
            _ => {
                return Err(Error::param(format!("{}.content", at()), "the COHERE wire takes text only")
                    .with_hint("give the part to a model that speaks GENERIC or COHEREV2, or put documents under oci.documents"))
            }
        }
    }
    Ok(whole)
}

fn sent_call(call: &SentCall<'_>, at: impl Fn() -> String) -> Result<Value> {
    let parameters = if call.arguments.trim().is_empty() {
        json!({})
    } else {
        json::parse(call.arguments.as_bytes()).ok().filter(Value::is_object).ok_or_else(|| {
            Error::param(format!("{}.tool_calls", at()), "the COHERE wire needs the arguments of a call as a JSON object")
        })?
    };
    Ok(json!({"name": call.name, "parameters": parameters}))
}

/// A list of objects, whatever the tool wrote.
fn outputs(text: &str) -> Value {
    match json::parse(text.as_bytes()) {
        Ok(Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_object) => Value::Array(items),
        Ok(object @ Value::Object(_)) => json!([object]),
        _ => json!([{"output": text}]),
    }
}

fn tool(tool: &Tool<'_>) -> Value {
    let schema = tool.parameters.map(inlined_schema);
    let schema = schema.as_ref();
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let required = schema.and_then(|schema| schema.get("required")).and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    let definitions: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.clone(), definition(property, is_required(name))))
        .collect();
    let mut sent = Map::new();
    sent.insert("name".into(), tool.name.into());
    // The description is required, unlike OpenAI's.
    sent.insert("description".into(), tool.description.unwrap_or(tool.name).into());
    if !definitions.is_empty() {
        sent.insert("parameterDefinitions".into(), definitions.into());
    }
    sent.into()
}

fn definition(property: &Value, is_required: bool) -> Value {
    let mut description = property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    // A Python type name says neither what is inside nor which values are allowed: the model reads it here.
    let says_more = |key: &String| !matches!(key.as_str(), "type" | "description" | "title");
    if property.as_object().is_some_and(|schema| schema.keys().any(says_more)) {
        let gap = if description.is_empty() { "" } else { " " };
        description = format!("{description}{gap}JSON schema: {}", String::from_utf8_lossy(&json::write(property)));
    }
    let mut sent = Map::new();
    if !description.is_empty() {
        sent.insert("description".into(), description.into());
    }
    sent.insert("type".into(), python_type(property).into());
    sent.insert("isRequired".into(), is_required.into());
    sent.into()
}

fn python_type(schema: &Value) -> String {
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        // ["string", "null"]
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default(),
        _ => "",
    };
    match kind {
        "string" => "str".into(),
        "integer" => "int".into(),
        "number" => "float".into(),
        "boolean" => "bool".into(),
        "array" => match schema.get("items") {
            Some(items) if items.get("type").is_some() => format!("List[{}]", python_type(items)),
            _ => "list".into(),
        },
        "object" => "dict".into(),
        _ if schema.get("enum").is_some() => "str".into(),
        _ => "Any".into(),
    }
}

// ---------------------------------------------------------------- the answer

/// A stream event, and a whole answer: they have the same fields.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    chat_history: Option<IgnoredAny>,
    #[serde(borrow)]
    tool_calls: Option<Vec<EventCall<'a>>>,
    finish_reason: Option<Value>,
    citations: Option<Value>,
    search_queries: Option<Value>,
    documents: Option<Value>,
    prompt: Option<String>,
    usage: Option<Value>,
    code: Option<Value>,
    message: Option<Value>,
    error: Option<Value>,
    error_message: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventCall<'a> {
    name: String,
    /// As it stands: a number that no float holds stays what it is.
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
}

pub(super) fn read_event(json: &[u8], answer: &mut Answer, sink: &mut dyn Sink) -> std::result::Result<(), Unread> {
    tell(event(json)?, answer, sink)
}

fn tell(event: Event<'_>, answer: &mut Answer, sink: &mut dyn Sink) -> std::result::Result<(), Unread> {
    let reason = event.finish_reason.as_ref().and_then(Value::as_str);
    let calls = event.tool_calls.unwrap_or_default();
    let restates = event.chat_history.is_some() || !calls.is_empty() || reason.is_some();
    match &event.text {
        Some(text) if restates => answer.restated_text(0, text, sink)?,
        Some(text) => answer.text(0, text, sink)?,
        None => {}
    }
    let message = event.message.as_ref().and_then(Value::as_str);
    if let Some(error) = failure(event.error.as_ref(), event.code.as_ref(), message, event.error_message.as_ref()) {
        return Err(filtered(error, reason).into());
    }
    if reason.is_some_and(|reason| reason.eq_ignore_ascii_case("ERROR")) {
        return Err(Error::new(Code::StreamError, "the service ended the answer with an error and no words").into());
    }
    // A later event says the calls again and may add some. Two equal calls in one event are two calls.
    let heard = answer.tool_call_count(0);
    for (position, call) in calls.into_iter().enumerate() {
        let arguments = call.parameters.map(arguments_text).filter(|text| !text.is_empty()).unwrap_or(Text(b"{}".into()));
        if position < heard && answer.has_tool_call(0, position, &call.name, &String::from_utf8_lossy(&arguments.0)) {
            continue;
        }
        let name = Some(Text(call.name.into_bytes().into()));
        answer.tool_call(0, &Fragment { id: None, name, arguments: Some(arguments) }, sink)?;
    }
    let extras = answer.extras();
    for (place, found) in [
        (&mut extras.citations, event.citations),
        (&mut extras.search_queries, event.search_queries),
        (&mut extras.documents, event.documents),
    ] {
        if let Some(found) = found.filter(|found| !found.is_null()) {
            *place = Some(found);
        }
    }
    extras.prompt = event.prompt.or(extras.prompt.take());
    if let Some(usage) = &event.usage {
        answer.usage_from_oci(usage);
    }
    if reason.is_some() {
        answer.finish(0, reason, sink)?;
    } else if event.chat_history.is_some() {
        // The history comes with the last event, also where the reason is null (recorded with a stop sequence) or follows.
        answer.set_over();
    }
    Ok(())
}

/// An error whose reason says that the moderation spoke.
pub(super) fn filtered(error: Error, reason: Option<&str>) -> Error {
    if reason.is_some_and(|reason| reason.eq_ignore_ascii_case("ERROR_TOXIC")) {
        return Error::new(Code::ContentFiltered, error.message().to_owned());
    }
    error
}

/// `CohereChatResponse`
pub(super) fn read_whole(chat: &Value, answer: &mut Answer) -> std::result::Result<(), Unread> {
    if chat.get("text").is_none() && chat.get("toolCalls").is_none() && chat.get("errorMessage").is_none() {
        return Err(Unread::Unreadable);
    }
    let silent = &mut crate::stream::Silent;
    let json = json::write(chat);
    tell(event(&json)?, answer, silent)?;
    answer.finish(0, None, silent)?;
    Ok(())
}
