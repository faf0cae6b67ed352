//! Streams of the openai transport.

use super::{interleave, number_of_choices, random_choice, random_finish, Delta};
use crate::streams::expected::{Expected, GeneratedStream};
use crate::streams::extras::random_usage;
use crate::streams::items::{Event, Item};
use crate::streams::json::{literal, raw, text, Json, Members, NULL};
use crate::streams::text::Units;
use crate::support::{Random, Wire};

const FINISH_REASONS: [(&str, &str); 3] = [
    ("stop", "stop"),
    ("length", "length"),
    ("content_filter", "content_filter"),
];

pub fn stream(random: &mut Random) -> GeneratedStream {
    let mut expected = Expected {
        id: Some(format!("chatcmpl-{}", random.below(1000))),
        ..Expected::default()
    };
    let id = expected.id.clone().unwrap_or_default();
    let (_, openai_usage) = random_usage(random);
    let mut queues = Vec::new();
    let chunk = |random: &mut Random, choices: Vec<Json>, usage: Option<Json>| {
        Members::default()
            .with("id", text(&id))
            .with("object", literal("chat.completion.chunk"))
            .with("created", raw(7))
            .with("model", literal("vendor.model"))
            .with("choices", Json::List(choices))
            .maybe("usage", usage)
            .nulls(random, &["usage", "system_fingerprint", "service_tier"])
    };
    for index in 0..number_of_choices(random) {
        let (mut choice, deltas) = random_choice(random, index, Wire::OpenAi, false);
        let mut events = vec![(Delta::of_text(Units::new()), None)];
        events.extend(deltas.into_iter().map(|delta| (delta, None)));
        let reasons = if choice.calls.is_empty() {
            &FINISH_REASONS[..]
        } else {
            &[("tool_calls", "tool_calls")]
        };
        let finish = random_finish(random, reasons, &mut choice);
        match events.last_mut() {
            Some((_, reason)) if random.chance(8) => *reason = Some(finish),
            _ => events.push((Delta::default(), Some(finish))),
        }
        let mut first = true;
        let mut to_event = |(delta, reason): (Delta, Option<Json>)| {
            let is_finish = reason.is_some();
            let role = std::mem::take(&mut first).then(|| literal("assistant"));
            let json = choice_json(random, index, role, &delta, reason);
            Event::new(
                chunk(random, vec![json], None),
                index,
                delta.text(),
                is_finish,
            )
        };
        queues.push(
            events
                .into_iter()
                .map(&mut to_event)
                .collect::<Vec<Event>>(),
        );
        expected.choices.push(choice);
    }
    let mut items = interleave(random, queues);
    if !random.chance(3) {
        expected.usage = Some(openai_usage.clone());
        items.push(Item::without_choice(chunk(
            random,
            Vec::new(),
            Some((&openai_usage).into()),
        )));
    }
    if !random.chance(4) {
        items.push(Item::Done);
    }
    GeneratedStream { items, expected }
}

fn choice_json(
    random: &mut Random,
    index: u32,
    role: Option<Json>,
    delta: &Delta,
    reason: Option<Json>,
) -> Json {
    let calls = delta.calls_json(random, |call, _| call.openai());
    let content = (!delta.parts.is_empty()).then(|| Json::Text(delta.text()));
    let delta_json = Members::default()
        .maybe("role", role)
        .maybe("content", content)
        .maybe("reasoning_content", delta.reasoning.clone().map(Json::Text))
        .maybe("refusal", delta.refusal.clone().map(Json::Text))
        .maybe("tool_calls", calls)
        .maybe(
            "annotations",
            delta
                .annotation
                .as_ref()
                .map(|annotation| Json::List(vec![annotation.into()])),
        )
        .nulls(
            random,
            &[
                "content",
                "reasoning_content",
                "refusal",
                "tool_calls",
                "function_call",
                "audio",
            ],
        );
    Members::default()
        .with("index", raw(index))
        .with("delta", delta_json)
        .maybe("logprobs", delta.logprobs.as_ref().map(Json::from))
        .with("finish_reason", reason.unwrap_or_else(|| raw(NULL)))
        .nulls(random, &["logprobs"])
}
