//! Reads GENERIC answers.

use crate::answer::Accumulator;
use crate::json::RawJson;
use crate::openai::{NullSink, Sink};
use crate::wire::fields::{
    content_parts, fields, index, list, message, object, objects, reported_error, text, values,
    DecodeError, DecodeResult,
};
use crate::wire::single_delta::{DeltaKind, DeltaRecorder, SingleDelta};
use crate::wire::tool_call::read_tool_call;
use crate::wire::translate;

/// Reads a stream event, or a choice of a whole answer: they have the same fields.
pub(super) fn read_event<'a>(
    event: RawJson<'a>,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
) -> DecodeResult<Option<SingleDelta<'a>>> {
    let [choice, delta, reason, logprobs, usage, grounding, tier, code, error, error_message, pad] =
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
                "pad",
            ],
        );
    if let Some(error) = reported_error(error, code, delta, error_message) {
        return Err(error.into());
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
    let [created, choices, usage, tier] =
        fields(chat, ["timeCreated", "choices", "usage", "serviceTier"]);
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
    let [content, reasoning, refusal, calls, annotations] = fields(
        delta,
        [
            "content",
            "reasoningContent",
            "refusal",
            "toolCalls",
            "annotations",
        ],
    );
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
