//! Reads COHEREV2 answers.

use serde_json::Value;

use crate::answer::Accumulator;
use crate::json::RawJson;
use crate::openai::{NullSink, Sink};
use crate::routing::ApiFormat;
use crate::wire::cohere_common::{check_reason, with_reason};
use crate::wire::fields::{
    check_api_format, content_parts, fields, known_fields, message, object, objects, read_others,
    reported_error, text, values, wrong_api_format, DecodeError, DecodeResult,
};
use crate::wire::single_delta::{DeltaKind, DeltaRecorder, SingleDelta};
use crate::wire::tool_call::read_tool_call;
use crate::wire::translate;

const EVENT: [&str; 10] = [
    "message",
    "finishReason",
    "usage",
    "logProbabilities",
    "code",
    "error",
    "errorMessage",
    "pad",
    "apiFormat",
    "index",
];

/// Reads a stream event, or a whole answer: they have the same fields.
pub(super) fn read_event<'a>(
    event: RawJson<'a>,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
) -> DecodeResult<Option<SingleDelta<'a>>> {
    let (known, has_others) = known_fields(event, EVENT);
    let [delta, reason, usage, probabilities, code, error, error_message, pad, format, index] =
        known;
    check_api_format(format, ApiFormat::CohereV2)?;
    // Only GENERIC has choices, and its events do not name their format.
    if format.is_none() && index.is_some() && answer.is_empty() {
        return Err(wrong_api_format(ApiFormat::CohereV2.name()));
    }
    if has_others {
        let is_empty = delta.is_none() && reason.is_none();
        read_others(event, &EVENT, is_empty, ApiFormat::CohereV2, answer)?;
    }
    let others = [reason, usage, probabilities, code, error, error_message];
    let word = reason.and_then(RawJson::to_text);
    let reason = word.as_deref();
    let reported = reported_error(error, code, delta, error_message);
    let mut recorder = DeltaRecorder::new(0);
    if let Some(delta) = message(delta)? {
        read_message(delta, reason.is_some(), answer, sink, &mut recorder)?;
    }
    if others.iter().any(Option::is_some) {
        recorder.disqualify();
    }
    if let Some(error) = reported {
        return Err(with_reason(error, reason));
    }
    check_reason(reason)?;
    if let Some(probabilities) = probabilities {
        append(
            &mut answer.extras().log_probabilities,
            probabilities.to_value(),
        );
    }
    if let Some(usage) = usage.and_then(|usage| translate::usage(&usage.to_value())) {
        answer.set_usage(usage);
    }
    if reason.is_some() {
        answer.finish(0, translate::finish_reason(reason), sink)?;
    }
    Ok(recorder.finish(pad))
}

/// [`CohereChatResponseV2`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-chat-response-v2.ts)
pub(super) fn read_whole(chat: RawJson<'_>, answer: &mut Accumulator) -> DecodeResult<()> {
    if fields(chat, ["message", "errorMessage"])
        .iter()
        .all(Option::is_none)
    {
        return Err(DecodeError::Malformed);
    }
    read_event(chat, answer, &mut NullSink)?;
    answer.finish(0, translate::finish_reason(None), &mut NullSink)?;
    Ok(())
}

fn read_message<'a>(
    delta: RawJson<'a>,
    is_last: bool,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
    recorder: &mut DeltaRecorder<'a>,
) -> DecodeResult<()> {
    let [content, plan, calls, citations] =
        fields(delta, ["content", "toolPlan", "toolCalls", "citations"]);
    // Everything is checked before anything is emitted.
    let parts = content_parts(content)?;
    let calls = objects(calls)?;
    let citations = values(citations)?;
    for [part, thinking] in parts {
        if let Some(delta) = text(thinking)? {
            recorder.record(DeltaKind::Reasoning, thinking);
            answer.push_reasoning(0, &delta, sink);
        }
        match text(part)? {
            Some(delta) if is_last => answer.push_last_text(0, &delta, sink)?,
            Some(delta) => {
                recorder.record(DeltaKind::Text, part);
                answer.push_text(0, &delta, sink)?;
            }
            None => {}
        }
    }
    if let Some(plan) = text(plan)? {
        recorder.disqualify();
        answer.push_tool_plan(&plan);
    }
    for call in calls {
        let [id, function] = fields(call, ["id", "function"]);
        let function = function.map(object).transpose()?;
        let [name, arguments] = function.map_or([None; 2], |function| {
            fields(function, ["name", "arguments"])
        });
        read_tool_call([id, name, arguments], 0, answer, sink, recorder)?;
    }
    if !citations.is_empty() {
        recorder.disqualify();
        append(&mut answer.extras().citations, Value::Array(citations));
    }
    Ok(())
}

/// Lists are joined; any other value replaces the one before.
fn append(slot: &mut Option<Value>, new: Value) {
    match (slot, new) {
        (Some(Value::Array(known)), Value::Array(new)) => known.extend(new),
        (slot, new) => *slot = Some(new),
    }
}
