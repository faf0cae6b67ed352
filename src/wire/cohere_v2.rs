//! `apiFormat` COHEREV2: Cohere's second chat API, Command A and its siblings that see and reason.
//!
//! Nobody has recorded a stream of it byte by byte; it is read by its schema, and forgivingly: the last event may carry the
//! last piece of the text or all of it again, `[DONE]` may come or not, usage may stand on any event.

use super::cohere::{filtered, response_format};
use super::fields::{
    an_object, failure, fields, message, objects, said_parts, text, values, Reading, Unread,
};
use super::generic::detail_word;
use super::model_family::COHERE_MAX_TOKENS;
use super::parameters::{apply, Harmless, Kind, Row, Rule};
use super::{chat_request, Wire};
use crate::answer::tool_calls::{arguments_text, Fragment};
use crate::answer::Answer;
use crate::decode::template::{Learning, Learnt, Plain};
use crate::error::{Code, Error, Result};
use crate::gather::{each, try_each};
use crate::json::{object, Json, Map, Value};
use crate::openai::{ChatRequest, Message, Part, SentCall, Sink, Tool, ToolChoice};
use crate::routing::ApiFormat;

/// The wire's table. Names on the right are fields of `CohereChatRequestV2`.
pub const PARAMETERS: &[Row] = &[
    Row(
        "messages",
        Rule::built("messages: every content becomes a list of parts; text, images and documents, without names and annotations"),
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
    Row("logprobs", Rule::Becomes("isLogProbsEnabled", Kind::Bool)),
    Row("top_logprobs", Rule::Refused("leave it out; GENERIC has it", Harmless::Zero)),
    Row("logit_bias", Rule::Refused("leave it out; GENERIC has it", Harmless::Empty)),
    Row("reasoning_effort", Rule::built("thinking: DISABLED for none, ENABLED for any other; oci.thinking_budget says how much")),
    Row("verbosity", Rule::Refused("ask for it in a system message", Harmless::Words(&["medium"]))),
    Row("metadata", Rule::dropped("labels for OpenAI's dashboard")),
    Row("prediction", Rule::dropped("makes the same answer come faster, where a model has it")),
    Row("web_search_options", Rule::Refused("search yourself and give what you found as oci.documents", Harmless::Never)),
    Row("service_tier", Rule::Refused("use oci.priority", Harmless::Words(&["auto", "default"]))),
    Row("tools", Rule::built("tools: {type: FUNCTION, function}; strict on any of them sets isStrictToolsEnabled")),
    Row(
        "tool_choice",
        Rule::built("toolsChoice: REQUIRED or NONE, left out for auto; a named function is refused unless it is the only tool"),
    ),
    Row("parallel_tool_calls", Rule::Refused("the model decides: leave it out, and take the calls as they come", Harmless::True)),
    Row(
        "response_format",
        Rule::built("responseFormat: {type: TEXT | JSON_OBJECT, schema}; a JSON schema loses its name and strictness"),
    ),
    Row("oci.top_k", Rule::Becomes("topK", Kind::Integer)),
    Row("oci.documents", Rule::Becomes("documents", Kind::Array)),
    Row("oci.citation_quality", Rule::built("citationOptions.mode: ACCURATE, FAST or OFF")),
    Row("oci.safety_mode", Rule::Becomes("safetyMode", Kind::Word(&["CONTEXTUAL", "STRICT", "OFF"]))),
    Row("oci.thinking_budget", Rule::built("thinking: ENABLED with this tokenBudget")),
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
pub(super) fn request(request: &ChatRequest, stream: bool) -> Result<Map> {
    let mut body = chat_request(ApiFormat::CohereV2, stream);
    let messages = request.messages()?;
    let sent = try_each(messages.iter().enumerate(), |(index, message)| {
        message_v2(message, index)
    })?;
    body.insert("messages", sent.into());
    apply(Wire::CohereV2, request, &mut body)?;
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
    if let Some(thinking) = thinking(request)? {
        body.insert("thinking", thinking);
    }
    if let Some(quality) = oci(request, "citation_quality") {
        let word = quality
            .as_str()
            .map(str::to_ascii_uppercase)
            .unwrap_or_default();
        if !["FAST", "ACCURATE", "OFF"].contains(&word.as_str()) {
            return Err(Error::param(
                "oci.citation_quality",
                "oci.citation_quality must be one of accurate, fast, off",
            ));
        }
        body.insert("citationOptions", object([("mode", word.into())]));
    }
    let tools = request.tools()?;
    match request.tool_choice()? {
        Some(ToolChoice::None) => body.insert("toolsChoice", "NONE".into()),
        Some(ToolChoice::Required) => body.insert("toolsChoice", "REQUIRED".into()),
        Some(ToolChoice::Named(name)) if matches!(tools.as_slice(), [only] if only.name == name) => {
            body.insert("toolsChoice", "REQUIRED".into())
        }
        Some(ToolChoice::Named(_)) => {
            return Err(Error::param(
                "tool_choice",
                "tool_choice can't name one of several functions on the COHEREV2 wire",
            )
            .with_hint("give that tool alone, or use \"required\""))
        }
        Some(ToolChoice::Auto) | None => {}
    };
    if tools.iter().any(|tool| tool.strict) {
        body.or_insert("isStrictToolsEnabled", true.into());
    }
    if !tools.is_empty() {
        body.insert("tools", each(tools.iter(), tool).into());
    }
    if let Some(format) = request.response_format()? {
        body.insert("responseFormat", response_format(&format));
    }
    Ok(body)
}

fn oci<'a>(request: &'a ChatRequest, name: &str) -> Option<&'a Value> {
    request
        .params()
        .get("oci")?
        .get(name)
        .filter(|value| !value.is_null())
}

fn thinking(request: &ChatRequest) -> Result<Option<Value>> {
    if let Some(budget) = oci(request, "thinking_budget") {
        if budget.as_u64().is_none() {
            return Err(Error::param(
                "oci.thinking_budget",
                "oci.thinking_budget must be a whole number of tokens",
            ));
        }
        return Ok(Some(object([
            ("type", "ENABLED".into()),
            ("tokenBudget", budget.into()),
        ])));
    }
    let Some(effort) = request.param("reasoning_effort") else {
        return Ok(None);
    };
    let kind = match effort.string()?.to_ascii_lowercase().as_str() {
        "none" => "DISABLED",
        "minimal" | "low" | "medium" | "high" | "xhigh" => "ENABLED",
        _ => return Err(effort.wanted("one of none, minimal, low, medium, high, xhigh")),
    };
    Ok(Some(object([("type", kind.into())])))
}

fn message_v2(message: &Message<'_>, index: usize) -> Result<Value> {
    let parts = |content: &[Part<'_>]| -> Result<Vec<Value>> {
        let at = |part: usize| format!("messages[{index}].content[{part}]");
        try_each(content.iter().enumerate(), |(index, one)| {
            part(one, || at(index))
        })
    };
    Ok(match message {
        Message::System { content, .. } => object([
            ("role", "SYSTEM".into()),
            ("content", parts(content)?.into()),
        ]),
        Message::User { content, .. } => {
            object([("role", "USER".into()), ("content", parts(content)?.into())])
        }
        Message::Assistant { content, calls, .. } => {
            let said: Vec<Part<'_>> = content
                .iter()
                .filter(|part| !matches!(part, Part::Text("")))
                .cloned()
                .collect();
            let mut turn = Map::new();
            turn.insert("role", "ASSISTANT".into());
            turn.insert("content", parts(&said)?.into());
            let call = |call: &SentCall<'_>| {
                let arguments = if call.arguments.trim().is_empty() {
                    "{}"
                } else {
                    call.arguments
                };
                object([
                    ("id", call.id.into()),
                    ("type", "FUNCTION".into()),
                    (
                        "function",
                        object([("name", call.name.into()), ("arguments", arguments.into())]),
                    ),
                ])
            };
            if !calls.is_empty() {
                turn.insert("toolCalls", each(calls.iter(), call).into());
            }
            turn.into()
        }
        Message::Tool { call_id, content } => object([
            ("role", "TOOL".into()),
            ("toolCallId", (*call_id).into()),
            ("content", parts(content)?.into()),
        ]),
    })
}

fn part(part: &Part<'_>, at: impl Fn() -> String) -> Result<Value> {
    Ok(match part {
        Part::Text(text) | Part::Refusal(text) => {
            object([("type", "TEXT".into()), ("text", (*text).into())])
        }
        Part::Reasoning(text) => {
            object([("type", "THINKING".into()), ("thinking", (*text).into())])
        }
        Part::Document(document) => object([
            ("type", "DOCUMENT".into()),
            ("document", (*document).into()),
        ]),
        Part::Image(image) => {
            let mut url = Map::new();
            url.insert("url", image.url.as_ref().into());
            url.insert_some("detail", image.detail.map(detail_word));
            object([("type", "IMAGE_URL".into()), ("imageUrl", url.into())])
        }
        Part::Audio(_) | Part::Video(_) | Part::File(_) => {
            return Err(Error::param(
                at(),
                "the COHEREV2 wire takes text, images and grounding documents",
            )
            .with_hint("give the part to a model that speaks GENERIC, or give its text"))
        }
    })
}

fn tool(tool: &Tool<'_>) -> Value {
    let mut function = Map::new();
    function.insert("name", tool.name.into());
    function.insert_some("description", tool.description);
    let parameters = tool
        .parameters
        .cloned()
        .unwrap_or_else(|| object([("type", "object".into()), ("properties", Map::new().into())]));
    function.insert("parameters", parameters);
    object([("type", "FUNCTION".into()), ("function", function.into())])
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
    let [said, reason, usage, probabilities, code, error, error_message] = fields(
        event,
        [
            "message",
            "finishReason",
            "usage",
            "logProbabilities",
            "code",
            "error",
            "errorMessage",
        ],
    );
    let others = [reason, usage, probabilities, code, error, error_message];
    let word = reason.and_then(Json::to_text);
    let reason = word.as_deref();
    let failed = failure(error, code, said, error_message);
    let mut learnt = None;
    if let Some(said) = message(said)? {
        learnt = tell_message(said, reason.is_some(), answer, sink)?;
    }
    if let Some(error) = failed {
        return Err(filtered(error, reason).into());
    }
    if reason.is_some_and(|reason| reason.eq_ignore_ascii_case("ERROR")) {
        return Err(Error::new(
            Code::StreamError,
            "the service ended the answer with an error and no words",
        )
        .into());
    }
    if let Some(probabilities) = probabilities {
        match (
            &mut answer.extras().log_probabilities,
            probabilities.to_value(),
        ) {
            (Some(Value::Array(known)), Value::Array(new)) => known.extend(new),
            (place, new) => *place = Some(new),
        }
    }
    if let Some(usage) = usage {
        answer.usage_from_oci(&usage.to_value());
    }
    if reason.is_some() {
        answer.finish(0, reason, sink)?;
    }
    Ok(learnt.filter(|_| others.iter().all(Option::is_none)))
}

fn tell_message<'a>(
    said: Json<'a>,
    is_last: bool,
    answer: &mut Answer,
    sink: &mut dyn Sink,
) -> Reading<Learnt<'a>> {
    let [content, plan, calls, citations] =
        fields(said, ["content", "toolPlan", "toolCalls", "citations"]);
    // Checked as a whole before anything is told.
    let (parts, mut learning) = (said_parts(content)?, Learning::new(0));
    let calls = objects(calls)?;
    let citations = values(citations)?;
    for [said, thinking] in parts {
        if let Some(piece) = text(thinking)? {
            learning.one(Plain::Reasoning, thinking);
            answer.reasoning(0, &piece, sink);
        }
        match text(said)? {
            Some(piece) if is_last => answer.last_text(0, &piece, sink)?,
            Some(piece) => {
                learning.one(Plain::Text, said);
                answer.text(0, &piece, sink)?;
            }
            None => {}
        }
    }
    if let Some(plan) = text(plan)? {
        learning.no_more();
        answer.tool_plan(&plan);
    }
    for call in calls {
        let [id, function] = fields(call, ["id", "function"]);
        let [name, arguments] = function
            .map(an_object)
            .transpose()?
            .map_or([None; 2], |it| fields(it, ["name", "arguments"]));
        let (id, name) = (text(id)?, text(name)?);
        if arguments.is_some_and(Json::is_string) {
            learning.one(Plain::arguments(&id, &name), arguments);
        } else {
            learning.no_more();
        }
        answer.tool_call(
            0,
            &Fragment {
                id,
                name,
                arguments: arguments.map(arguments_text),
            },
            sink,
        )?;
    }
    if !citations.is_empty() {
        learning.no_more();
        match &mut answer.extras().citations {
            Some(Value::Array(known)) => known.extend(citations),
            place => *place = Some(Value::Array(citations)),
        }
    }
    Ok(learning.end())
}

/// `CohereChatResponseV2`
pub(super) fn read_whole(chat: Json<'_>, answer: &mut Answer) -> Reading<()> {
    if fields(chat, ["message", "errorMessage"])
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
