//! Reads COHERE answers.

use std::borrow::Cow;

use crate::answer::{arguments_text, Accumulator, Fragment};
use crate::json::{RawJson, Wtf8Cow};
use crate::openai::{NullSink, Sink};
use crate::routing::ApiFormat;
use crate::wire::cohere_common::{check_reason, with_reason};
use crate::wire::fields::{
    check_api_format, fields, known_fields, objects, read_others, reported_error, text,
    wrong_api_format, DecodeError, DecodeResult,
};
use crate::wire::single_delta::{DeltaKind, DeltaRecorder, SingleDelta};
use crate::wire::translate;

const EVENT: [&str; 15] = [
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
    "pad",
    "apiFormat",
];

/// Reads a stream event, or a whole answer: they have the same fields.
pub(super) fn read_event<'a>(
    event: RawJson<'a>,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
) -> DecodeResult<Option<SingleDelta<'a>>> {
    let (known, has_others) = known_fields(event, EVENT);
    let [delta, others @ .., pad, format] = known;
    let [history, calls, reason, citations, queries, documents, prompt, usage, failure @ ..] =
        others;
    let [code, message, error, error_message] = failure;
    check_api_format(format, ApiFormat::Cohere)?;
    // The other formats have the text in a message.
    if message.is_some_and(RawJson::is_object) && error.is_none() && answer.is_empty() {
        return Err(wrong_api_format(ApiFormat::Cohere.name()));
    }
    if has_others {
        let is_empty = delta.is_none() && reason.is_none() && history.is_none();
        read_others(event, &EVENT, is_empty, ApiFormat::Cohere, answer)?;
    }
    let word = reason.and_then(RawJson::to_text);
    let reason = word.as_deref();
    let calls = objects(calls)?;
    let restates = history.is_some() || !calls.is_empty() || reason.is_some();
    match text(delta)? {
        Some(whole) if restates => answer.push_restated_text(0, &whole, sink)?,
        Some(delta) => answer.push_text(0, &delta, sink)?,
        None => {}
    }
    if let Some(error) = reported_error(error, code, message, error_message) {
        return Err(with_reason(error, reason));
    }
    check_reason(reason)?;
    if others.iter().all(Option::is_none) {
        let mut recorder = DeltaRecorder::new(0);
        recorder.record(DeltaKind::Text, delta);
        return Ok(recorder.finish(pad));
    }
    read_calls(calls, answer, sink)?;
    let facts = [citations, queries, documents, prompt];
    if facts.iter().any(Option::is_some) {
        let extras = answer.extras();
        for (slot, field) in [
            (&mut extras.citations, citations),
            (&mut extras.search_queries, queries),
            (&mut extras.documents, documents),
        ] {
            if let Some(field) = field {
                *slot = Some(field.to_value());
            }
        }
        extras.prompt = prompt.and_then(RawJson::to_text).or(extras.prompt.take());
    }
    if let Some(usage) = usage.and_then(|usage| translate::usage(&usage.to_value())) {
        answer.set_usage(usage);
    }
    if reason.is_some() {
        answer.finish(0, translate::finish_reason(reason), sink)?;
    } else if history.is_some() {
        // The history arrives with the last event, also where the reason is null (recorded with a
        // stop sequence) or follows. Without text it is an empty answer.
        answer.ensure_choice(0);
        answer.set_complete();
    }
    Ok(None)
}

/// [`CohereChatResponse`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-chat-response.ts)
pub(super) fn read_whole(chat: RawJson<'_>, answer: &mut Accumulator) -> DecodeResult<()> {
    if fields(chat, ["text", "toolCalls", "errorMessage"])
        .iter()
        .all(Option::is_none)
    {
        return Err(DecodeError::Malformed);
    }
    read_event(chat, answer, &mut NullSink)?;
    answer.finish(0, translate::finish_reason(None), &mut NullSink)?;
    Ok(())
}

/// A later event restates the calls and may add some. Two equal calls in one event are two calls.
fn read_calls(
    calls: Vec<RawJson<'_>>,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
) -> DecodeResult<()> {
    if calls.is_empty() {
        return Ok(());
    }
    let known = answer.tool_call_count(0);
    for (position, call) in calls.into_iter().enumerate() {
        let [name, parameters] = fields(call, ["name", "parameters"]);
        let name = text(name)?.unwrap_or_default().to_lossy();
        let arguments = parameters
            .map(arguments_text)
            .filter(|text| !text.is_empty())
            .unwrap_or(Wtf8Cow(Cow::Borrowed(b"{}")));
        let is_restated = position < known
            && answer.has_tool_call(0, position, &name, &String::from_utf8_lossy(&arguments.0));
        if !is_restated {
            let name = Some(Wtf8Cow(Cow::Owned(name.into_bytes())));
            let fragment = Fragment {
                id: None,
                name,
                arguments: Some(arguments),
                position: None,
            };
            answer.push_tool_call(0, &fragment, sink)?;
        }
    }
    Ok(())
}
