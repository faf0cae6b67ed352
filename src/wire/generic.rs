//! `apiFormat` GENERIC: Llama, Grok, Gemini, GPT, gpt-oss and every imported model.
//!
//! Stream events are bare deltas (`{"index":0,"message":{…},"pad":"aaa"}`) without envelope or format; the finish has no
//! `index` and may carry the last text; usage comes after it; `[DONE]` ends the stream.

use super::fields::{
    an_object, failure, fields, index, list, message, objects, said_parts, text, values, Reading,
    Unread,
};
use super::model_family::{plain_schema, Family};
use super::parameters::{apply, Harmless, Kind, Row, Rule};
use super::{chat_request, Wire};
use crate::answer::tool_calls::{arguments_text, Fragment};
use crate::answer::Answer;
use crate::decode::template::{Learning, Learnt, Plain};
use crate::error::{Error, Result};
use crate::gather::{each, try_each};
use crate::json::{object, Json, Map, Value};
use crate::openai::{
    ChatRequest, Detail, Media, Message, Part, ResponseFormat, SentCall, Sink, ToolChoice,
};
use crate::routing::{ApiFormat, Route};

/// The wire's table. Names on the right are fields of `GenericChatRequest`.
pub const PARAMETERS: &[Row] = &[
    Row("messages", Rule::built("messages: every content becomes a list of parts; annotations of earlier answers are not sent")),
    Row("stream", Rule::built("isStream")),
    Row(
        "stream_options",
        Rule::built("streamOptions.isIncludeUsage, always true; include_usage decides whether a chunk tells it"),
    ),
    Row("max_tokens", Rule::built("maxTokens; maxCompletionTokens for openai.* but gpt-oss")),
    Row("max_completion_tokens", Rule::built("as max_tokens; wins over it")),
    Row("temperature", Rule::Becomes("temperature", Kind::Number)),
    Row("top_p", Rule::Becomes("topP", Kind::Number)),
    Row("stop", Rule::built("stop: always a list")),
    Row("seed", Rule::Becomes("seed", Kind::Integer)),
    Row("n", Rule::Becomes("numGenerations", Kind::Integer)),
    Row("logprobs", Rule::built("logProbs: top_logprobs, at least 1")),
    Row("top_logprobs", Rule::built("logProbs")),
    Row("logit_bias", Rule::Becomes("logitBias", Kind::Object)),
    Row("presence_penalty", Rule::Becomes("presencePenalty", Kind::Number)),
    Row("frequency_penalty", Rule::Becomes("frequencyPenalty", Kind::Number)),
    Row("reasoning_effort", Rule::Becomes("reasoningEffort", Kind::Word(&["NONE", "MINIMAL", "LOW", "MEDIUM", "HIGH"]))),
    Row("verbosity", Rule::Becomes("verbosity", Kind::Word(&["LOW", "MEDIUM", "HIGH"]))),
    Row("metadata", Rule::Becomes("metadata", Kind::Object)),
    Row("prediction", Rule::built("prediction: {type: CONTENT, content: parts}")),
    Row("web_search_options", Rule::built("webSearchOptions")),
    Row("service_tier", Rule::Becomes("serviceTier", Kind::Word(&["AUTO", "DEFAULT", "PRIORITY"]))),
    Row(
        "tools",
        Rule::built("tools: flat, {type: FUNCTION, name, description, parameters}; strict has no place and is left out"),
    ),
    Row("tool_choice", Rule::built("toolChoice: {type: AUTO | NONE | REQUIRED} or {type: FUNCTION, name}")),
    Row("parallel_tool_calls", Rule::Becomes("isParallelToolCalls", Kind::Bool)),
    Row("response_format", Rule::built("responseFormat: {type: TEXT | JSON_OBJECT | JSON_SCHEMA, jsonSchema}")),
    Row("oci.top_k", Rule::Becomes("topK", Kind::Integer)),
    Row("oci.max_completion_tokens", Rule::Becomes("maxCompletionTokens", Kind::Integer)),
    Row("oci.is_echo", Rule::Becomes("isEcho", Kind::Bool)),
    Row("oci.documents", Rule::Refused(COHERES, Harmless::Empty)),
    Row("oci.citation_quality", Rule::Refused(COHERES, Harmless::Words(&["OFF"]))),
    Row("oci.safety_mode", Rule::Refused(COHERES, Harmless::Never)),
    Row("oci.preamble", Rule::Refused("use a system message", Harmless::Never)),
    Row("oci.prompt_truncation", Rule::Refused(COHERES, Harmless::Words(&["OFF"]))),
    Row("oci.max_input_tokens", Rule::Refused(COHERES, Harmless::Never)),
    Row("oci.is_search_queries_only", Rule::Refused(COHERES, Harmless::False)),
    Row("oci.is_force_single_step", Rule::Refused(COHERES, Harmless::False)),
    Row("oci.is_raw_prompting", Rule::Refused(COHERES, Harmless::False)),
    Row("oci.is_strict_tools", Rule::Refused(COHERES, Harmless::False)),
    Row("oci.priority", Rule::Refused(COHERES, Harmless::Zero)),
    Row("oci.thinking_budget", Rule::Refused("use reasoning_effort", Harmless::Never)),
];

const COHERES: &str =
    "a parameter of Cohere's models: leave it out, or set apiFormat if the model is one";

// ---------------------------------------------------------------- the request

/// `GenericChatRequest`
pub(super) fn request(request: &ChatRequest, route: &Route, stream: bool) -> Result<Map> {
    let family = Family::of(route.model());
    let mut body = chat_request(ApiFormat::Generic, stream);
    body.insert("messages", messages(request.messages()?, family)?.into());
    apply(Wire::Generic, request, &mut body)?;
    if let Some(limit) = request.max_tokens()? {
        let name = if family == Family::OpenAi {
            "maxCompletionTokens"
        } else {
            "maxTokens"
        };
        body.or_insert(name, limit.clone());
    }
    if let Some(stop) = request.stop()? {
        body.insert("stop", stop.into());
    }
    if let Some(count) = logprobs(request)? {
        body.insert("logProbs", count.into());
    }
    if let Some(prediction) = prediction(request)? {
        body.insert("prediction", prediction);
    }
    if let Some(options) = web_search(request)? {
        body.insert("webSearchOptions", options);
    }
    let tools = request.tools()?;
    if !tools.is_empty() {
        let tool = |tool: &crate::openai::Tool<'_>| {
            let mut sent = Map::new();
            sent.insert("type", "FUNCTION".into());
            sent.insert("name", tool.name.into());
            sent.insert_some("description", tool.description);
            let plain = |schema| {
                if family == Family::Google {
                    plain_schema(schema)
                } else {
                    schema.clone()
                }
            };
            sent.insert_some("parameters", tool.parameters.map(plain));
            Value::Object(sent)
        };
        body.insert("tools", each(tools.iter(), tool).into());
    }
    if let Some(choice) = request.tool_choice()? {
        let choice = match choice {
            ToolChoice::Auto => object([("type", "AUTO".into())]),
            ToolChoice::None => object([("type", "NONE".into())]),
            ToolChoice::Required => object([("type", "REQUIRED".into())]),
            ToolChoice::Named(name) => object([("type", "FUNCTION".into()), ("name", name.into())]),
        };
        body.insert("toolChoice", choice);
    }
    if let Some(format) = request.response_format()? {
        body.insert("responseFormat", response_format(&format));
    }
    Ok(body)
}

fn messages(messages: Vec<Message<'_>>, family: Family) -> Result<Vec<Value>> {
    let mut sent = Vec::with_capacity(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let at = |part: usize| format!("messages[{index}].content[{part}]");
        let mut one = Map::new();
        match message {
            Message::System {
                developer,
                name,
                content,
            } => {
                one.insert(
                    "role",
                    if developer { "DEVELOPER" } else { "SYSTEM" }.into(),
                );
                one.insert("content", parts(&content, at)?.into());
                one.insert_some("name", name);
            }
            Message::User { name, content } => {
                one.insert("role", "USER".into());
                one.insert("content", parts(&content, at)?.into());
                one.insert_some("name", name);
            }
            Message::Assistant {
                name,
                content,
                calls,
            } => assistant(&mut one, name, &content, &calls, at)?,
            Message::Tool { call_id, content } => {
                one.insert("role", "TOOL".into());
                one.insert("toolCallId", call_id.into());
                one.insert("content", parts(&content, at)?.into());
            }
        }
        sent.push(Value::Object(one));
    }
    Ok(if family == Family::Google {
        for_gemini(sent)
    } else {
        sent
    })
}

fn assistant(
    one: &mut Map,
    name: Option<&str>,
    content: &[Part<'_>],
    calls: &[SentCall<'_>],
    at: impl Fn(usize) -> String,
) -> Result<()> {
    one.insert("role", "ASSISTANT".into());
    // Beside tool calls the list stays empty: an empty text part made the service fail (langchain-oracle #78).
    let said =
        |part: &&Part<'_>| !matches!(part, Part::Refusal(_) | Part::Reasoning(_) | Part::Text(""));
    let spoken: Vec<Part<'_>> = content.iter().filter(said).cloned().collect();
    one.insert("content", parts(&spoken, at)?.into());
    one.insert_some("name", name);
    for (field, wanted) in [("refusal", true), ("reasoningContent", false)] {
        let words = content.iter().filter_map(|part| match part {
            Part::Refusal(text) if wanted => Some(*text),
            Part::Reasoning(text) if !wanted => Some(*text),
            _ => None,
        });
        let words: String = words.collect();
        if !words.is_empty() {
            one.insert(field, words.into());
        }
    }
    if !calls.is_empty() {
        let call = |call: &SentCall<'_>| {
            object([
                ("id", call.id.into()),
                ("type", "FUNCTION".into()),
                ("name", call.name.into()),
                ("arguments", call.arguments.into()),
            ])
        };
        one.insert("toolCalls", each(calls.iter(), call).into());
    }
    Ok(())
}

fn parts(parts: &[Part<'_>], at: impl Fn(usize) -> String) -> Result<Vec<Value>> {
    try_each(parts.iter().enumerate(), |(index, one)| {
        part(one, || at(index))
    })
}

fn part(part: &Part<'_>, at: impl Fn() -> String) -> Result<Value> {
    let media = |kind: &str, field: &str, media: &Media<'_>| {
        let mut url = Map::new();
        url.insert("url", media.url.as_ref().into());
        url.insert_some("detail", media.detail.map(detail_word));
        object([("type", kind.into()), (field, url.into())])
    };
    Ok(match part {
        Part::Text(text) => object([("type", "TEXT".into()), ("text", (*text).into())]),
        Part::Image(image) => media("IMAGE", "imageUrl", image),
        Part::Audio(audio) => media("AUDIO", "audioUrl", audio),
        Part::Video(video) => media("VIDEO", "videoUrl", video),
        Part::File(file) => media("DOCUMENT", "documentUrl", file),
        Part::Document(_) => {
            return Err(Error::param(
                at(),
                "a grounding document can't be expressed on the GENERIC wire",
            )
            .with_hint("give it as a file part, or as text; grounding documents are Cohere's"))
        }
        Part::Refusal(text) | Part::Reasoning(text) => {
            object([("type", "TEXT".into()), ("text", (*text).into())])
        }
    })
}

pub(super) fn detail_word(detail: Detail) -> &'static str {
    match detail {
        Detail::Auto => "AUTO",
        Detail::High => "HIGH",
        Detail::Low => "LOW",
    }
}

/// Gemini's turns: system text first and in one message, and every call followed by its own result before the next one.
fn for_gemini(messages: Vec<Value>) -> Vec<Value> {
    let role = |message: &Value| {
        message
            .get("role")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let is_system =
        |message: &Value| matches!(role(message).as_deref(), Some("SYSTEM" | "DEVELOPER"));
    let (system, rest): (Vec<Value>, Vec<Value>) = messages.into_iter().partition(is_system);
    let mut sent = Vec::with_capacity(rest.len() + 1);
    let system: Vec<Value> = system
        .iter()
        .filter_map(|message| message.get("content")?.as_array())
        .flatten()
        .cloned()
        .collect();
    if !system.is_empty() {
        // Text alone makes no conversation for Gemini: without a user's turn the system text is one.
        let alone = !rest
            .iter()
            .any(|message| role(message).as_deref() == Some("USER"));
        sent.push(object([
            ("role", (if alone { "USER" } else { "SYSTEM" }).into()),
            ("content", system.into()),
        ]));
    }
    let mut answered = vec![false; rest.len()];
    for (index, message) in rest.iter().enumerate() {
        if answered.get(index) == Some(&true) {
            continue;
        }
        let calls = message
            .get("toolCalls")
            .and_then(Value::as_array)
            .unwrap_or_default()
            .to_vec();
        if calls.len() < 2 {
            sent.push(message.clone());
            continue;
        }
        for (nth, call) in calls.into_iter().enumerate() {
            let mut turn = message.clone();
            if let Value::Object(turn) = &mut turn {
                turn.insert("toolCalls", vec![call.clone()].into());
                if nth > 0 {
                    turn.insert("content", Value::Array(Vec::new()));
                    turn.remove("reasoningContent");
                    turn.remove("refusal");
                }
            }
            sent.push(turn);
            let later = rest.iter().enumerate().skip(index + 1);
            let result = later
                .take_while(|(_, message)| role(message).as_deref() == Some("TOOL"))
                .find(|(at, message)| {
                    answered.get(*at) == Some(&false) && message.get("toolCallId") == call.get("id")
                });
            if let Some((at, result)) = result {
                sent.push(result.clone());
                if let Some(answered) = answered.get_mut(at) {
                    *answered = true;
                }
            }
        }
    }
    sent
}

fn logprobs(request: &ChatRequest) -> Result<Option<u64>> {
    let Some(asked) = request.param("logprobs") else {
        return match request.param("top_logprobs") {
            Some(top) if top.value.as_u64() != Some(0) => {
                Err(top.error("top_logprobs needs logprobs: true".into()))
            }
            _ => Ok(None),
        };
    };
    let wanted = asked
        .value
        .as_bool()
        .ok_or_else(|| asked.wanted("true or false"))?;
    let top = match request.param("top_logprobs") {
        Some(top) => top
            .value
            .as_u64()
            .ok_or_else(|| top.wanted("a whole number"))?,
        None => 0,
    };
    Ok(wanted.then_some(top.max(1)))
}

fn prediction(request: &ChatRequest) -> Result<Option<Value>> {
    let Some(prediction) = request.param("prediction") else {
        return Ok(None);
    };
    let content = prediction.need("content")?;
    let texts: Vec<&str> = match content.value.as_str() {
        Some(text) => vec![text],
        None => try_each(content.items()?, |part| part.need("text")?.string())?,
    };
    let parts = each(texts.into_iter(), |text| {
        object([("type", "TEXT".into()), ("text", text.into())])
    });
    Ok(Some(object([
        ("type", "CONTENT".into()),
        ("content", parts.into()),
    ])))
}

fn web_search(request: &ChatRequest) -> Result<Option<Value>> {
    let Some(options) = request.param("web_search_options") else {
        return Ok(None);
    };
    options.object()?;
    let mut sent = Map::new();
    if let Some(size) = options.get("search_context_size") {
        let word = size.string()?.to_ascii_uppercase();
        if !["HIGH", "MEDIUM", "LOW"].contains(&word.as_str()) {
            return Err(size.wanted("one of high, medium, low"));
        }
        sent.insert("searchContextSize", word.into());
    }
    if let Some(place) = options.get("user_location") {
        // OpenAI nests the place under `approximate`.
        let nested = place.get("approximate");
        let inner = nested.as_ref().unwrap_or(&place);
        inner.object()?;
        let mut location = Map::new();
        for name in ["city", "region", "country", "timezone"] {
            location.insert_some(name, inner.get_string(name)?);
        }
        sent.insert("userLocation", location.into());
    }
    Ok(Some(sent.into()))
}

fn response_format(format: &ResponseFormat<'_>) -> Value {
    match format {
        ResponseFormat::Text => object([("type", "TEXT".into())]),
        ResponseFormat::JsonObject => object([("type", "JSON_OBJECT".into())]),
        ResponseFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        } => {
            let mut sent = Map::new();
            sent.insert("name", (*name).into());
            sent.insert_some("description", *description);
            sent.insert_some("schema", schema.cloned());
            sent.insert_some("isStrict", *strict);
            object([("type", "JSON_SCHEMA".into()), ("jsonSchema", sent.into())])
        }
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

/// Tells what a stream event says, or a choice of a whole answer: they have the same fields.
fn tell<'a>(event: Json<'a>, answer: &mut Answer, sink: &mut dyn Sink) -> Reading<Learnt<'a>> {
    let [choice, said, reason, logprobs, usage, grounding, tier, code, error, error_message] =
        fields(
            event,
            [
                "index",
                "message",
                "finishReason",
                "logprobs",
                "usage",
                "groundingMetadata",
                "serviceTier",
                "code",
                "error",
                "errorMessage",
            ],
        );
    if let Some(error) = failure(error, code, said, error_message) {
        return Err(error.into());
    }
    let choice = index(choice)?;
    let mut learnt = None;
    if let Some(said) = message(said)? {
        learnt = tell_message(said, choice, answer, sink)?;
    }
    if [
        reason,
        logprobs,
        usage,
        grounding,
        tier,
        code,
        error_message,
    ]
    .iter()
    .any(Option::is_some)
    {
        learnt = None;
    }
    if let Some(logprobs) = logprobs {
        answer.logprobs(choice, &logprobs.to_value(), sink);
    }
    if let Some(grounding) = grounding {
        answer.extras().grounding_metadata = Some(grounding.to_value());
    }
    if let Some(tier) = tier.and_then(Json::to_text) {
        answer.set_service_tier(&tier);
    }
    if let Some(usage) = usage {
        answer.usage_from_oci(&usage.to_value());
    }
    if let Some(reason) = reason.and_then(Json::to_text) {
        answer.finish(choice, Some(&reason), sink)?;
    }
    Ok(learnt)
}

fn tell_message<'a>(
    said: Json<'a>,
    choice: u32,
    answer: &mut Answer,
    sink: &mut dyn Sink,
) -> Reading<Learnt<'a>> {
    let [content, reasoning, refusal, calls, annotations] = fields(
        said,
        [
            "content",
            "reasoningContent",
            "refusal",
            "toolCalls",
            "annotations",
        ],
    );
    // Checked as a whole before anything is told.
    let (parts, mut learning) = (said_parts(content)?, Learning::new(choice));
    let calls = objects(calls)?;
    let annotations = each(values(annotations)?.into_iter(), annotation);
    if let Some(piece) = text(reasoning)? {
        learning.one(Plain::Reasoning, reasoning);
        answer.reasoning(choice, &piece, sink);
    }
    for [said, thinking] in parts {
        if let Some(piece) = text(thinking)? {
            learning.one(Plain::Reasoning, thinking);
            answer.reasoning(choice, &piece, sink);
        }
        if let Some(piece) = text(said)? {
            learning.one(Plain::Text, said);
            answer.text(choice, &piece, sink)?;
        }
    }
    if let Some(piece) = text(refusal)? {
        learning.no_more();
        answer.refusal(choice, &piece, sink);
    }
    for call in calls {
        let [id, name, arguments] = fields(call, ["id", "name", "arguments"]);
        let (id, name) = (text(id)?, text(name)?);
        if arguments.is_some_and(Json::is_string) {
            learning.one(Plain::arguments(&id, &name), arguments);
        } else {
            learning.no_more();
        }
        answer.tool_call(
            choice,
            &Fragment {
                id,
                name,
                arguments: arguments.map(arguments_text),
            },
            sink,
        )?;
    }
    if !annotations.is_empty() {
        learning.no_more();
    }
    answer.annotations(choice, annotations, sink);
    Ok(learning.end())
}

/// OCI's `{type, urlCitation}` in OpenAI's names.
fn annotation(oci: Value) -> Value {
    let Some(citation) = oci.get("urlCitation") else {
        return oci;
    };
    let mut sent = Map::new();
    for (name, oci_name) in [
        ("start_index", "startIndex"),
        ("end_index", "endIndex"),
        ("title", "title"),
        ("url", "url"),
    ] {
        sent.insert_some(name, citation.get(oci_name));
    }
    object([
        ("type", "url_citation".into()),
        ("url_citation", sent.into()),
    ])
}

/// `GenericChatResponse`
pub(super) fn read_whole(chat: Json<'_>, answer: &mut Answer) -> Reading<()> {
    let silent = &mut crate::decode::Silent;
    let [created, choices, usage, tier] =
        fields(chat, ["timeCreated", "choices", "usage", "serviceTier"]);
    if let Some(created) = created.and_then(Json::to_text).as_deref().and_then(seconds) {
        answer.set_created(created);
    }
    let mut heard = false;
    for choice in list(choices)? {
        tell(an_object(choice)?, answer, silent)?;
        let [own_index] = fields(choice, ["index"]);
        // A choice without a message, from a model that spent its tokens on reasoning, is still a choice.
        answer.finish(index(own_index)?, None, silent)?;
        heard = true;
    }
    if !heard {
        return Err(Unread::Unreadable);
    }
    if let Some(usage) = usage {
        answer.usage_from_oci(&usage.to_value());
    }
    if let Some(tier) = tier.and_then(Json::to_text) {
        answer.set_service_tier(&tier);
    }
    Ok(())
}

/// RFC 3339 in UTC -> seconds since 1970.
fn seconds(time: &str) -> Option<u64> {
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<i64>().ok();
    let utc = time.ends_with('Z') || time.ends_with("+00:00");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days since 1970 in the proleptic Gregorian calendar, counted in years that begin in March.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    utc.then_some(())?;
    u64::try_from(days * 86_400 + hour * 3600 + minute * 60 + second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2026-09-18T19:46:59.025Z"), Some(1_789_760_819));
        assert_eq!(seconds("2024-02-29T12:00:00+00:00"), Some(1_709_208_000));
        for time in ["", "yesterday", "2026-09-18T19:46:59+02:00", "2026-09-18"] {
            assert_eq!(seconds(time), None, "{time}");
        }
    }
}
