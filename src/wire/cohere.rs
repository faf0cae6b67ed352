//! `apiFormat` COHERE: Cohere's first chat API, Command R and R+.
//!
//! One `message`, the turns before it in `chatHistory`, the system text in `preambleOverride`, tool results without ids. A
//! stream's deltas are `{"apiFormat":"COHERE","text":"…"}`; the last event, and in a tool turn an earlier one too, says the
//! whole text again; there is no `[DONE]`.

use super::fields::{failure, fields, objects, text, Reading, Unread};
use super::model_family::{inlined_schema, COHERE_MAX_TOKENS};
use super::parameters::{apply, Harmless, Kind, Row, Rule};
use super::{chat_request, Wire};
use crate::answer::tool_calls::{arguments_text, Fragment};
use crate::answer::Answer;
use crate::decode::template::{Learning, Learnt, Plain};
use crate::error::{Code, Error, Result};
use crate::gather::each;
use crate::json::{self, object, Json, Map, Value};
use crate::openai::{
    ChatRequest, Message, Part, ResponseFormat, SentCall, Sink, Text, Tool, ToolChoice,
};
use crate::routing::ApiFormat;

/// The wire's table. Names on the right are fields of `CohereChatRequest`.
pub const PARAMETERS: &[Row] = &[
    Row(
        "messages",
        Rule::built(
            "message, chatHistory, preambleOverride and toolResults; text only, without names, reasoning and annotations",
        ),
    ),
    Row("stream", Rule::built("isStream")),
    Row(
        "stream_options",
        Rule::built("streamOptions.isIncludeUsage, always true; include_usage decides whether a chunk tells it"),
    ),
    Row("max_tokens", Rule::built("maxTokens; 4,000 where none is given, since the service would stop after 20")),
    Row("max_completion_tokens", Rule::built("as max_tokens; wins over it")),
    Row("temperature", Rule::Becomes("temperature", Kind::Number)),
    Row("top_p", Rule::Becomes("topP", Kind::Number)),
    Row("stop", Rule::built("stopSequences")),
    Row("seed", Rule::Becomes("seed", Kind::Integer)),
    Row("presence_penalty", Rule::Becomes("presencePenalty", Kind::Number)),
    Row("frequency_penalty", Rule::Becomes("frequencyPenalty", Kind::Number)),
    Row("n", Rule::Refused("ask as many times as answers are wanted", Harmless::One)),
    Row("logprobs", Rule::Refused("leave it out; COHEREV2 and GENERIC have log probabilities", Harmless::False)),
    Row("top_logprobs", Rule::Refused("leave it out; GENERIC has it", Harmless::Zero)),
    Row("logit_bias", Rule::Refused("leave it out; GENERIC has it", Harmless::Empty)),
    Row("reasoning_effort", Rule::Refused("these models do not reason: leave it out", Harmless::Words(&["none"]))),
    Row("verbosity", Rule::Refused("ask for it in a system message", Harmless::Words(&["medium"]))),
    Row("metadata", Rule::dropped("labels for OpenAI's dashboard")),
    Row("prediction", Rule::dropped("makes the same answer come faster, where a model has it")),
    Row("web_search_options", Rule::Refused("search yourself and give what you found as oci.documents", Harmless::Never)),
    Row("service_tier", Rule::Refused("leave it out: there is one tier", Harmless::Words(&["auto", "default"]))),
    Row(
        "tools",
        Rule::built("tools: parameterDefinitions with Python type names; what a type name can't say goes into the description"),
    ),
    Row("tool_choice", Rule::built("auto: as it is; none: the tools are left out; required and a named function are refused")),
    Row("parallel_tool_calls", Rule::Refused("the model decides: leave it out, and take the calls as they come", Harmless::True)),
    Row(
        "response_format",
        Rule::built("responseFormat: {type: TEXT | JSON_OBJECT, schema}; a JSON schema loses its name and strictness"),
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
pub(super) fn request(request: &ChatRequest, stream: bool) -> Result<Map> {
    let mut body = chat_request(ApiFormat::Cohere, stream);
    let messages = request.messages()?;
    let turns = Turns::of(
        &messages,
        request
            .params()
            .get("oci")
            .and_then(|oci| oci.get("preamble"))
            .is_some_and(|text| text.as_str().is_some()),
    )?;
    body.insert("message", turns.message.into());
    if !turns.history.is_empty() {
        body.insert("chatHistory", turns.history.into());
    }
    if !turns.preamble.is_empty() {
        body.insert("preambleOverride", turns.preamble.into());
    }
    if !turns.results.is_empty() {
        body.insert("toolResults", turns.results.into());
    }
    apply(Wire::Cohere, request, &mut body)?;
    body.insert(
        "maxTokens",
        request
            .max_tokens()?
            .cloned()
            .unwrap_or_else(|| COHERE_MAX_TOKENS.into()),
    );
    if let Some(stop) = request.stop()? {
        body.insert("stopSequences", stop.into());
    }
    let tools = request.tools()?;
    let choice = request.tool_choice()?;
    if let Some(ToolChoice::Required | ToolChoice::Named(_)) = choice {
        return Err(Error::param(
            "tool_choice",
            "tool_choice can force no call on the COHERE wire",
        )
        .with_hint("use \"auto\" or \"none\", or a model that speaks COHEREV2 or GENERIC"));
    }
    if !tools.is_empty() && choice != Some(ToolChoice::None) {
        body.insert("tools", each(tools.iter(), tool).into());
    }
    if let Some(format) = request.response_format()? {
        body.insert("responseFormat", response_format(&format));
    }
    Ok(body)
}

pub(super) fn response_format(format: &ResponseFormat<'_>) -> Value {
    match format {
        ResponseFormat::Text => object([("type", "TEXT".into())]),
        ResponseFormat::JsonObject | ResponseFormat::JsonSchema { schema: None, .. } => {
            object([("type", "JSON_OBJECT".into())])
        }
        ResponseFormat::JsonSchema {
            schema: Some(schema),
            ..
        } => object([("type", "JSON_OBJECT".into()), ("schema", (*schema).into())]),
    }
}

/// A conversation, in the places that this wire has for it.
#[derive(Default)]
struct Turns {
    message: String,
    history: Vec<Value>,
    preamble: String,
    results: Vec<Value>,
}

impl Turns {
    fn of(messages: &[Message<'_>], has_preamble: bool) -> Result<Turns> {
        let mut turns = Turns::default();
        let mut calls: Vec<(&str, Value)> = Vec::new();
        // Results at the end belong to the turn that is asked for now; a new message beside them would be refused.
        let answers_now = matches!(messages.last(), Some(Message::Tool { .. }));
        let trailing = messages
            .iter()
            .rev()
            .take_while(|message| matches!(message, Message::Tool { .. }))
            .count();
        let last = messages
            .len()
            .saturating_sub(if answers_now { trailing } else { 1 });
        let mut results: Vec<Value> = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let at = || format!("messages[{index}]");
            if !matches!(message, Message::Tool { .. }) && !results.is_empty() {
                turns.history.push(object([
                    ("role", "TOOL".into()),
                    ("toolResults", std::mem::take(&mut results).into()),
                ]));
            }
            match message {
                Message::System { content, .. } if turns.history.is_empty() && !has_preamble => {
                    if !turns.preamble.is_empty() {
                        turns.preamble.push_str("\n\n");
                    }
                    turns.preamble.push_str(&words(content, at)?);
                }
                Message::System { content, .. } => {
                    turns.history.push(object([
                        ("role", "SYSTEM".into()),
                        ("message", (words(content, at)?).into()),
                    ]));
                }
                Message::User { content, .. } if index == last && !answers_now => {
                    turns.message = words(content, at)?
                }
                Message::User { content, .. } => turns.history.push(object([
                    ("role", "USER".into()),
                    ("message", (words(content, at)?).into()),
                ])),
                Message::Assistant {
                    content,
                    calls: sent,
                    ..
                } => {
                    let mut turn = Map::new();
                    turn.insert("role", "CHATBOT".into());
                    turn.insert("message", words(content, at)?.into());
                    let mut made = Vec::new();
                    for call in sent {
                        let sent = sent_call(call, at)?;
                        calls.push((call.id, sent.clone()));
                        made.push(sent);
                    }
                    if !made.is_empty() {
                        turn.insert("toolCalls", made.into());
                    }
                    turns.history.push(turn.into());
                }
                Message::Tool { call_id, content } => {
                    let call = calls.iter().rfind(|(id, _)| id == call_id).ok_or_else(|| {
                        Error::param(
                            format!("{}.tool_call_id", at()),
                            "no assistant message before it makes the call that this answers",
                        )
                    })?;
                    results.push(object([
                        ("call", (&call.1).into()),
                        ("outputs", outputs(&words(content, at)?)),
                    ]));
                }
            }
        }
        turns.results = results;
        if turns.message.is_empty() && turns.results.is_empty() {
            return Err(Error::param(
                "messages",
                "the last message must be a user's text or a tool's result on the COHERE wire",
            )
            .with_hint("end with a user message that says something"));
        }
        Ok(turns)
    }
}

fn words(content: &[Part<'_>], at: impl Fn() -> String) -> Result<String> {
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
        Map::new().into()
    } else {
        json::parse(call.arguments.as_bytes())
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| {
                Error::param(
                    format!("{}.tool_calls", at()),
                    "the COHERE wire needs the arguments of a call as a JSON object",
                )
            })?
    };
    Ok(object([
        ("name", call.name.into()),
        ("parameters", parameters),
    ]))
}

/// A list of objects, whatever the tool wrote.
fn outputs(text: &str) -> Value {
    match json::parse(text.as_bytes()) {
        Ok(Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_object) => {
            Value::Array(items)
        }
        Ok(one @ Value::Object(_)) => vec![one].into(),
        _ => vec![object([("output", text.into())])].into(),
    }
}

fn tool(tool: &Tool<'_>) -> Value {
    let schema = tool.parameters.map(inlined_schema);
    let schema = schema.as_ref();
    let properties = schema
        .and_then(|schema| schema.get("properties"))
        .and_then(Value::as_object);
    let required = schema
        .and_then(|schema| schema.get("required"))
        .and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    let definitions: Map = properties
        .into_iter()
        .flat_map(Map::iter)
        .map(|(name, property)| (name.to_owned(), definition(property, is_required(name))))
        .collect();
    let mut sent = Map::new();
    sent.insert("name", tool.name.into());
    // The description is required, unlike OpenAI's.
    sent.insert("description", tool.description.unwrap_or(tool.name).into());
    if !definitions.is_empty() {
        sent.insert("parameterDefinitions", definitions.into());
    }
    sent.into()
}

fn definition(property: &Value, is_required: bool) -> Value {
    let mut description = property
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    // A Python type name says neither what is inside nor which values are allowed: the model reads it here.
    let says_more = |(key, _): (&str, &Value)| !matches!(key, "type" | "description" | "title");
    if property
        .as_object()
        .is_some_and(|schema| schema.iter().any(says_more))
    {
        let gap = if description.is_empty() { "" } else { " " };
        description = format!(
            "{description}{gap}JSON schema: {}",
            String::from_utf8_lossy(&json::write(property))
        );
    }
    let mut sent = Map::new();
    if !description.is_empty() {
        sent.insert("description", description.into());
    }
    sent.insert("type", python_type(property).into());
    sent.insert("isRequired", is_required.into());
    sent.into()
}

fn python_type(schema: &Value) -> String {
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        // ["string", "null"]
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or_default(),
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

pub(super) fn read_event<'a>(
    event: Json<'a>,
    answer: &mut Answer,
    sink: &mut dyn Sink,
) -> Reading<Learnt<'a>> {
    tell(event, answer, sink)
}

/// Tells what a stream event says, or a whole answer: they have the same fields.
fn tell<'a>(event: Json<'a>, answer: &mut Answer, sink: &mut dyn Sink) -> Reading<Learnt<'a>> {
    let [said, history, calls, reason, citations, queries, documents, prompt, usage, code, message, error, error_message] =
        fields(
            event,
            [
                "text",
                "chatHistory",
                "toolCalls",
                "finishReason",
                "citations",
                "searchQueries",
                "documents",
                "prompt",
                "usage",
                "code",
                "message",
                "error",
                "errorMessage",
            ],
        );
    let others = [
        history,
        calls,
        reason,
        citations,
        queries,
        documents,
        prompt,
        usage,
        code,
        message,
        error,
        error_message,
    ];
    let word = reason.and_then(Json::to_text);
    let reason = word.as_deref();
    let calls: Vec<Json<'_>> = objects(calls)?;
    let restates = history.is_some() || !calls.is_empty() || reason.is_some();
    match text(said)? {
        Some(piece) if restates => answer.restated_text(0, &piece, sink)?,
        Some(piece) => answer.text(0, &piece, sink)?,
        None => {}
    }
    if let Some(error) = failure(error, code, message, error_message) {
        return Err(filtered(error, reason).into());
    }
    if reason.is_some_and(|reason| reason.eq_ignore_ascii_case("ERROR")) {
        return Err(Error::new(
            Code::StreamError,
            "the service ended the answer with an error and no words",
        )
        .into());
    }
    if others.iter().all(Option::is_none) {
        let mut learning = Learning::new(0);
        learning.one(Plain::Text, said);
        return Ok(learning.end());
    }
    // A later event says the calls again and may add some. Two equal calls in one event are two calls.
    let heard = answer.tool_call_count(0);
    for (position, call) in calls.into_iter().enumerate() {
        let [name, parameters] = fields(call, ["name", "parameters"]);
        let name = text(name)?.unwrap_or_default().to_lossy();
        let arguments = parameters
            .map(arguments_text)
            .filter(|text| !text.is_empty())
            .unwrap_or(Text(b"{}".into()));
        if position < heard
            && answer.has_tool_call(0, position, &name, &String::from_utf8_lossy(&arguments.0))
        {
            continue;
        }
        let name = Some(Text(name.into_bytes().into()));
        answer.tool_call(
            0,
            &Fragment {
                id: None,
                name,
                arguments: Some(arguments),
            },
            sink,
        )?;
    }
    let extras = answer.extras();
    for (place, found) in [
        (&mut extras.citations, citations),
        (&mut extras.search_queries, queries),
        (&mut extras.documents, documents),
    ] {
        if let Some(found) = found {
            *place = Some(found.to_value());
        }
    }
    extras.prompt = prompt.and_then(Json::to_text).or(extras.prompt.take());
    if let Some(usage) = usage {
        answer.usage_from_oci(&usage.to_value());
    }
    if reason.is_some() {
        answer.finish(0, reason, sink)?;
    } else if history.is_some() {
        // The history comes with the last event, also where the reason is null (recorded with a stop sequence) or follows.
        answer.set_over();
    }
    Ok(None)
}

/// An error whose reason says that the moderation spoke.
pub(super) fn filtered(error: Error, reason: Option<&str>) -> Error {
    if reason.is_some_and(|reason| reason.eq_ignore_ascii_case("ERROR_TOXIC")) {
        return Error::new(Code::ContentFiltered, error.message().to_owned());
    }
    error
}

/// `CohereChatResponse`
pub(super) fn read_whole(chat: Json<'_>, answer: &mut Answer) -> Reading<()> {
    if fields(chat, ["text", "toolCalls", "errorMessage"])
        .iter()
        .all(Option::is_none)
    {
        return Err(Unread::Unreadable);
    }
    let silent = &mut crate::decode::Silent;
    tell(chat, answer, silent)?;
    answer.finish(0, None, silent)?;
    Ok(())
}
