//! Streams of GENERIC.

use serde_json::json;

use super::{
    default_finish, interleave, number_of_choices, parts_of, random_choice, random_finish, Delta,
};
use crate::streams::expected::{Expected, GeneratedStream};
use crate::streams::extras::{random_pad, random_usage};
use crate::streams::items::{Event, Item};
use crate::streams::json::{literal, raw, Json, Members};
use crate::streams::text::{random_words, Units};
use crate::streams::tool_calls::Fragment;
use crate::support::{Random, Wire};

const FINISH_REASONS: [(&str, &str); 8] = [
    ("stop", "stop"),
    ("STOP", "stop"),
    ("length", "length"),
    ("LENGTH", "length"),
    ("max_tokens", "length"),
    ("content_filter", "content_filter"),
    ("tool_calls", "tool_calls"),
    ("eos", "stop"),
];

pub fn stream(random: &mut Random, tool_text: bool) -> GeneratedStream {
    let mut expected = Expected::default();
    let mut queues = Vec::new();
    let count = number_of_choices(random);
    // The service may end a stream with `[DONE]` and without a finish reason.
    let no_reason = count == 1 && random.chance(16);
    let (oci_usage, openai_usage) = random_usage(random);
    let has_usage = !random.chance(3);
    let usage_with_finish = has_usage && count == 1 && !no_reason && random.chance(5);
    for index in 0..count {
        let (mut choice, mut deltas) = random_choice(random, index, Wire::Generic, tool_text);
        if random.chance(3) {
            deltas.insert(0, Delta::of_text(Units::new()));
        }
        // The event of the finish may also have the last text or the last tool calls.
        let last = if random.chance(3) { deltas.pop() } else { None };
        let mut events: Vec<Event> = deltas
            .iter()
            .map(|delta| content_event(random, index, delta, None, None))
            .collect();
        if no_reason {
            let last = last.unwrap_or_else(|| Delta::of_text(Units::new()));
            events.push(content_event(random, index, &last, None, None));
            choice.finish = default_finish(&choice);
        } else {
            let reason = random_finish(random, &FINISH_REASONS, &mut choice);
            let has_calls = last.as_ref().is_some_and(|last| !last.calls.is_empty());
            let mut last = last.unwrap_or_default();
            // Llama finishes with an empty fragment of a tool call.
            if !has_calls && !choice.calls.is_empty() && !tool_text && random.chance(3) {
                last.calls.push(Fragment {
                    arguments: Some(Units::new()),
                    ..Fragment::default()
                });
            }
            let usage = usage_with_finish.then(|| Json::from(&oci_usage));
            events.push(content_event(random, index, &last, Some(reason), usage));
        }
        expected.choices.push(choice);
        queues.push(events);
    }
    let mut items = interleave(random, queues);
    if has_usage {
        expected.usage = Some(openai_usage);
        if !usage_with_finish {
            let event = Members::default()
                .with("usage", (&oci_usage).into())
                .maybe("pad", random_pad(random));
            items.push(Item::without_choice(
                event.nulls(random, &["message", "finishReason", "index"]),
            ));
        }
    } else if random.chance(4) {
        items.push(Item::without_choice(
            Members::default()
                .with("usage", Json::Closed(Vec::new()))
                .nulls(random, &[]),
        ));
    }
    if random.chance(12) {
        expected.service_tier = Some("default");
        let at = random.below(items.len());
        if let Item::Event(Event {
            json: Json::Open(members),
            ..
        }) = &mut items[at]
        {
            members.retain(|(name, _)| name != "serviceTier");
            members.push(("serviceTier".into(), literal("DEFAULT")));
        }
    }
    if random.chance(12) {
        // In the first event, because after the finish it would be too late for its chunk.
        let query = random_words(random, 2);
        let grounding = json!({"webSearchQueries": [query], "groundingChunks": []});
        if let Some(Item::Event(Event {
            json: Json::Open(members),
            ..
        })) = items.first_mut()
        {
            members.retain(|(name, _)| name != "groundingMetadata");
            members.push(("groundingMetadata".into(), (&grounding).into()));
            expected
                .extras
                .insert("grounding_metadata".into(), grounding);
        }
    }
    if no_reason || !random.chance(4) {
        items.push(Item::Done);
    }
    GeneratedStream { items, expected }
}

fn content_event(
    random: &mut Random,
    index: u32,
    delta: &Delta,
    reason: Option<Json>,
    usage: Option<Json>,
) -> Event {
    let is_finish = reason.is_some();
    // Index 0 may be left out, above all in the event of the finish.
    let has_index = index > 0
        || if is_finish {
            random.chance(2)
        } else {
            !random.chance(6)
        };
    let content = match delta.parts.len() {
        0 => random.pick(&[None, Some(Vec::new())]).clone(),
        _ => {
            let mut parts = parts_of(&delta.parts, random);
            if random.chance(20) {
                parts.push(
                    Members::default()
                        .with("type", literal("TEXT"))
                        .nulls(random, &["text"]),
                );
            }
            Some(parts)
        }
    };
    let calls = delta.calls_json(random, Fragment::generic);
    let annotations = delta
        .annotation
        .as_ref()
        .map(|annotation| Json::List(vec![annotation.into()]));
    let has_content = delta.reasoning.is_some()
        || content.is_some()
        || delta.refusal.is_some()
        || calls.is_some();
    let message = (has_content || annotations.is_some() || random.chance(2)).then(|| {
        Members::default()
            .maybe("role", (!random.chance(8)).then(|| literal("ASSISTANT")))
            .maybe("content", content.map(Json::List))
            .maybe("reasoningContent", delta.reasoning.clone().map(Json::Text))
            .maybe("refusal", delta.refusal.clone().map(Json::Text))
            .maybe(
                "toolCalls",
                calls.or_else(|| random.chance(12).then(|| Json::List(Vec::new()))),
            )
            .maybe(
                "annotations",
                annotations.or_else(|| random.chance(20).then(|| Json::List(Vec::new()))),
            )
            .nulls(
                random,
                &[
                    "content",
                    "reasoningContent",
                    "refusal",
                    "toolCalls",
                    "annotations",
                    "name",
                ],
            )
    });
    let logprobs = delta
        .logprobs
        .as_ref()
        .map(Json::from)
        .or_else(|| random.chance(20).then(|| Json::Closed(Vec::new())));
    let json = Members::default()
        .maybe("index", has_index.then(|| raw(index)))
        .maybe("message", message)
        .maybe("finishReason", reason)
        .maybe("logprobs", logprobs)
        .maybe("usage", usage)
        .maybe("pad", random_pad(random))
        .nulls(
            random,
            &[
                "message",
                "finishReason",
                "logprobs",
                "usage",
                "groundingMetadata",
                "serviceTier",
                "errorMessage",
            ],
        );
    Event::new(json, index, delta.text(), is_finish)
}
