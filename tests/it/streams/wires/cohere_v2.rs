//! Streams of COHEREV2.

use serde_json::{json, Value};

use super::{parts_of, random_choice, random_finish, Delta};
use crate::streams::expected::{Expected, GeneratedStream};
use crate::streams::extras::{random_pad, random_usage};
use crate::streams::items::{Event, Item};
use crate::streams::json::{literal, Json, Members};
use crate::streams::text::{lossy, random_text, random_words, split_units, Units};
use crate::streams::tool_calls::Fragment;
use crate::support::{Random, Wire};

const FINISH_REASONS: [(&str, &str); 6] = [
    ("COMPLETE", "stop"),
    ("STOP_SEQUENCE", "stop"),
    ("MAX_TOKENS", "length"),
    ("TOOL_CALL", "tool_calls"),
    ("complete", "stop"),
    ("ERROR_TOXIC", "content_filter"),
];

pub fn stream(random: &mut Random, tool_text: bool) -> GeneratedStream {
    let mut expected = Expected::default();
    let (mut choice, mut deltas) = random_choice(random, 0, Wire::CohereV2, tool_text);
    if !tool_text && !choice.calls.is_empty() && random.chance(2) {
        let plan = random_text(random, 4);
        let at = deltas
            .iter()
            .position(|delta| !delta.calls.is_empty())
            .unwrap_or(0);
        let pieces = split_units(random, &plan, 3)
            .into_iter()
            .map(|piece| Delta {
                plan: Some(piece),
                ..Delta::default()
            });
        deltas.splice(at..at, pieces);
        expected
            .extras
            .insert("tool_plan".into(), lossy(&plan).into());
    }
    if random.chance(3) {
        deltas.insert(0, Delta::of_text(Units::new()));
    }
    // OCI does not document whether the last event has the last piece of the text, none, or the
    // whole text once more.
    let mut last = Delta::default();
    let mut repeats = false;
    let texts: Vec<Units> = deltas
        .iter()
        .flat_map(|delta| delta.parts.clone())
        .collect();
    let all = texts.concat();
    match random.below(3) {
        0 => {
            last = deltas.pop().unwrap_or_default();
            // A piece that equals the text before it cannot be distinguished from a repetition.
            let before: Units = deltas.iter().flat_map(Delta::text).collect();
            if last.parts.len() > 1 || last.text() == before {
                deltas.push(std::mem::take(&mut last));
            }
        }
        // With a single piece, a repetition cannot be distinguished from that piece.
        1 if texts
            .iter()
            .filter(|piece| !lossy(piece).replace('\u{FFFD}', "").is_empty())
            .count()
            > 1 =>
        {
            repeats = true;
            last.parts.push(all);
        }
        _ => {}
    }
    // Lone surrogates are not equal to their replacements, so there is no repetition of them.
    if repeats && lossy(&last.text()).contains('\u{FFFD}') {
        (last, repeats) = (Delta::default(), false);
    }
    let (mut citations, mut probabilities) = (Vec::new(), Vec::new());
    let mut events: Vec<Event> = Vec::new();
    for delta in &deltas {
        events.push(content_event(
            random,
            delta,
            &mut citations,
            &mut probabilities,
            None,
            None,
        ));
    }
    let (oci_usage, openai_usage) = random_usage(random);
    let has_usage = !random.chance(3);
    let usage_after_finish = has_usage && random.chance(5);
    let reason = random_finish(random, &FINISH_REASONS, &mut choice);
    let usage_with_finish = (has_usage && !usage_after_finish).then(|| Json::from(&oci_usage));
    let mut end = content_event(
        random,
        &last,
        &mut citations,
        &mut probabilities,
        Some(reason),
        usage_with_finish,
    );
    if repeats {
        end.texts[0].1.clear();
    }
    events.push(end);
    let mut items: Vec<Item> = events.into_iter().map(Item::Event).collect();
    if usage_after_finish {
        items.push(Item::without_choice(
            Members::default()
                .with("usage", (&oci_usage).into())
                .nulls(random, &["message", "finishReason"]),
        ));
    }
    expected.usage = has_usage.then_some(openai_usage);
    for (name, list) in [
        ("citations", citations),
        ("log_probabilities", probabilities),
    ] {
        if !list.is_empty() {
            expected.extras.insert(name.into(), list.into());
        }
    }
    if random.chance(4) {
        items.push(Item::Done);
    }
    expected.choices.push(choice);
    GeneratedStream { items, expected }
}

fn content_event(
    random: &mut Random,
    delta: &Delta,
    citations: &mut Vec<Value>,
    probabilities: &mut Vec<Value>,
    reason: Option<Json>,
    usage: Option<Json>,
) -> Event {
    let mut parts = Vec::new();
    if let Some(thinking) = &delta.reasoning {
        let part = Members::default()
            .with("type", literal("THINKING"))
            .with("thinking", Json::Text(thinking.clone()));
        parts.push(part.nulls(random, &["text"]));
    }
    parts.extend(parts_of(&delta.parts, random));
    let content = if parts.is_empty() {
        random.pick(&[None, Some(Vec::new())]).clone()
    } else {
        Some(parts)
    };
    let calls = delta.calls_json(random, Fragment::cohere_v2);
    let citation = random.chance(12).then(|| {
        let text = random_words(random, 1);
        json!({"start": 0, "end": 1, "text": text, "type": "TEXT_CONTENT"})
    });
    citations.extend(citation.clone());
    let citation = citation.map(|citation| Json::List(vec![(&citation).into()]));
    let plan = delta.plan.clone().map(Json::Text);
    let has_content = content.is_some() || calls.is_some() || citation.is_some() || plan.is_some();
    let message = (has_content || random.chance(2)).then(|| {
        Members::default()
            .with("role", literal("ASSISTANT"))
            .maybe("content", content.map(Json::List))
            .maybe("toolPlan", plan)
            .maybe("toolCalls", calls)
            .maybe("citations", citation)
            .nulls(random, &["content", "toolPlan", "toolCalls", "citations"])
    });
    let probability = random.chance(12).then(|| {
        let text = random_words(random, 1);
        json!({"text": text, "tokenIds": [1], "logProbs": [-0.5]})
    });
    probabilities.extend(probability.clone());
    let probability = probability.map(|probability| Json::List(vec![(&probability).into()]));
    let is_finish = reason.is_some();
    let json = Members::default()
        .maybe(
            "apiFormat",
            (!random.chance(12)).then(|| literal("COHEREV2")),
        )
        .maybe("message", message)
        .maybe("finishReason", reason)
        .maybe("logProbabilities", probability)
        .maybe("usage", usage)
        .maybe("pad", random_pad(random))
        .nulls(
            random,
            &[
                "message",
                "finishReason",
                "usage",
                "logProbabilities",
                "errorMessage",
                "id",
            ],
        );
    Event::new(json, 0, delta.text(), is_finish)
}
