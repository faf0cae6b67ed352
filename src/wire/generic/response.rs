//! Reads GENERIC answers.

use crate::answer::Accumulator;
use crate::json::RawJson;
use crate::openai::{NullSink, Sink};
use crate::routing::ApiFormat;
use crate::wire::fields::{
    check_api_format, content_parts, fields, index, known_fields, list, message, object, objects,
    read_others, reported_error, text, values, DecodeError, DecodeResult,
};
use crate::wire::single_delta::{DeltaKind, DeltaRecorder, SingleDelta};
use crate::wire::tool_call::read_tool_call;
use crate::wire::translate;

const EVENT: [&str; 12] = [
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
    "pad",
    "apiFormat",
];

const WHOLE: [&str; 4] = ["timeCreated", "choices", "usage", "serviceTier"];

/// Reads a stream event, or a choice of a whole answer: they have the same fields.
pub(super) fn read_event<'a>(
    event: RawJson<'a>,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
) -> DecodeResult<Option<SingleDelta<'a>>> {
    let (known, has_others) = known_fields(event, EVENT);
    let [choice, delta, reason, logprobs, usage, grounding, tier, rest @ ..] = known;
    let [code, error, error_message, pad, format] = rest;
    if let Some(error) = reported_error(error, code, delta, error_message) {
        return Err(error.into());
    }
    check_api_format(format, ApiFormat::Generic)?;
    if has_others {
        let is_empty = delta.is_none() && reason.is_none();
        read_others(event, &EVENT, is_empty, ApiFormat::Generic, answer)?;
    }
    let choice = index(choice)?;
    let mut recorder = DeltaRecorder::new(choice);
    if let Some(delta) = message(delta)? {
        read_message(delta, choice, answer, sink, &mut recorder)?;
    }
    let others = [
        reason,
        logprobs,
        usage,
        grounding,
        tier,
        code,
        error_message,
    ];
    if others.iter().any(Option::is_some) {
        recorder.disqualify();
    }
    let logprobs = logprobs.and_then(|logprobs| translate::logprobs(&logprobs.to_value()));
    if let Some(logprobs) = logprobs {
        answer.push_logprobs(choice, logprobs, sink);
    }
    if let Some(grounding) = grounding {
        answer.extras().grounding_metadata = Some(grounding.to_value());
    }
    read_usage_and_tier(usage, tier, answer);
    if let Some(reason) = reason.and_then(RawJson::to_text) {
        answer.finish(choice, translate::finish_reason(Some(&reason)), sink)?;
    }
    Ok(recorder.finish(pad))
}

/// [`GenericChatResponse`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/generic-chat-response.ts)
pub(super) fn read_whole(chat: RawJson<'_>, answer: &mut Accumulator) -> DecodeResult<()> {
    let ([created, choices, usage, tier], has_others) = known_fields(chat, WHOLE);
    if has_others {
        read_others(chat, &WHOLE, false, ApiFormat::Generic, answer)?;
    }
    let created = created.and_then(RawJson::to_text);
    if let Some(created) = created.as_deref().and_then(translate::unix_seconds) {
        answer.set_created(created);
    }
    let mut has_choices = false;
    for choice in list(choices)? {
        read_event(object(choice)?, answer, &mut NullSink)?;
        let [own_index] = fields(choice, ["index"]);
        // A choice without a message, from a model that spent its tokens on reasoning, is a choice.
        answer.finish(
            index(own_index)?,
            translate::finish_reason(None),
            &mut NullSink,
        )?;
        has_choices = true;
    }
    if !has_choices {
        return Err(DecodeError::Malformed);
    }
    read_usage_and_tier(usage, tier, answer);
    Ok(())
}

fn read_usage_and_tier(
    usage: Option<RawJson<'_>>,
    tier: Option<RawJson<'_>>,
    answer: &mut Accumulator,
) {
    if let Some(usage) = usage.and_then(|usage| translate::usage(&usage.to_value())) {
        answer.set_usage(usage);
    }
    if let Some(tier) = tier.and_then(RawJson::to_text) {
        answer.set_service_tier(&tier);
    }
}

fn read_message<'a>(
    delta: RawJson<'a>,
    choice: u32,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
    recorder: &mut DeltaRecorder<'a>,
) -> DecodeResult<()> {
    let [content, reasoning, alias, refusal, calls, annotations] = fields(
        delta,
        [
            "content",
            "reasoningContent",
            "reasoning",
            "refusal",
            "toolCalls",
            "annotations",
        ],
    );
    // vLLM's newer name, where a deployment passes it on.
    let reasoning = reasoning.or(alias.filter(|alias| alias.is_string()));
    // Everything is checked before anything is emitted.
    let parts = content_parts(content)?;
    let calls = objects(calls)?;
    let annotations = values(annotations)?
        .into_iter()
        .map(translate::annotation)
        .collect::<Vec<_>>();
    if let Some(delta) = text(reasoning)? {
        recorder.record(DeltaKind::Reasoning, reasoning);
        answer.push_reasoning(choice, &delta, sink);
    }
    for [part, thinking] in parts {
        if let Some(delta) = text(thinking)? {
            recorder.record(DeltaKind::Reasoning, thinking);
            answer.push_reasoning(choice, &delta, sink);
        }
        if let Some(delta) = text(part)? {
            recorder.record(DeltaKind::Text, part);
            answer.push_text(choice, &delta, sink)?;
        }
    }
    if let Some(delta) = text(refusal)? {
        recorder.disqualify();
        answer.push_refusal(choice, &delta, sink);
    }
    for call in calls {
        let call = fields(call, ["id", "name", "arguments"]);
        read_tool_call(call, choice, answer, sink, recorder)?;
    }
    if !annotations.is_empty() {
        recorder.disqualify();
        answer.push_annotations(choice, annotations, sink);
    }
    Ok(())
}
