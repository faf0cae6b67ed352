//! Streams of COHERE.

use serde_json::{json, Value};

use super::{default_finish, random_finish};
use crate::streams::expected::{Arguments, Choice, Expected, GeneratedStream, ToolCall};
use crate::streams::extras::{random_pad, random_usage};
use crate::streams::items::{Event, Item};
use crate::streams::json::{literal, raw, text, Json, Members, NULL};
use crate::streams::text::{lossy, random_text, random_words, split_units, Units};
use crate::streams::tool_call_text::text_with_tool_calls;
use crate::support::Random;

const FINISH_REASONS: [(&str, &str); 7] = [
    ("COMPLETE", "stop"),
    ("COMPLETE", "stop"),
    ("complete", "stop"),
    ("MAX_TOKENS", "length"),
    ("ERROR_LIMIT", "length"),
    ("ERROR_TOXIC", "content_filter"),
    ("USER_CANCEL", "stop"),
];

const PARAMETERS: [&str; 5] = [
    "{}",
    "{\"x\":1}",
    "{\"city\":\"São 😀\",\"days\":[1,2]}",
    "{\"a\":{\"b\":null,\"a\":true}}",
    "{\"q\":\"\\\"\"}",
];

pub fn stream(random: &mut Random, tool_text: bool) -> GeneratedStream {
    let mut choice = Choice::default();
    let written = if tool_text {
        let (written, visible, calls) = text_with_tool_calls(random);
        (choice.text, choice.calls) = (visible, calls);
        written
    } else {
        let written = random_text(random, 6);
        choice.text = lossy(&written);
        written
    };
    let mut expected = Expected::default();
    let mut items = Vec::new();

    // Deltas with all of the text, or with its beginning.
    let mut pieces = split_units(random, &written, 5);
    if random.chance(6) {
        pieces.truncate(random.below(pieces.len() + 1));
    }
    let mut sent = 0;
    for piece in pieces {
        sent += piece.len();
        let json = new_event(random)
            .with("text", Json::Text(piece.clone()))
            .maybe("pad", random_pad(random));
        let nulls = [
            "chatHistory",
            "toolCalls",
            "finishReason",
            "citations",
            "usage",
            "errorMessage",
        ];
        items.push(Item::Event(Event::new(
            json.nulls(random, &nulls),
            0,
            piece,
            false,
        )));
    }
    // The events that follow repeat the whole text. The first of them adds what the deltas lack.
    let mut repeat_text = |random: &mut Random| {
        let rest = written[sent..].to_vec();
        let again = match random.below(6) {
            0 if rest.is_empty() => None,
            1 if rest.is_empty() => Some(Json::Text(Units::new())),
            2 if rest.is_empty() => Some(raw(NULL)),
            _ => Some(Json::Text(written.clone())),
        };
        sent = written.len();
        (again, rest)
    };

    let calls: Vec<(&str, &str)> = if tool_text || !random.chance(3) {
        Vec::new()
    } else {
        (0..=random.below(3))
            .map(|_| {
                (
                    *random.pick(&["f", "get_weather"]),
                    *random.pick(&PARAMETERS),
                )
            })
            .collect()
    };
    choice
        .calls
        .extend(calls.iter().map(|&(name, arguments)| ToolCall {
            id: None,
            name,
            arguments: Arguments::Equivalent(arguments),
        }));
    if !calls.is_empty() && random.chance(2) {
        // An earlier event with some or all of the tool calls.
        let some = &calls[..1 + random.below(calls.len())];
        let (again, rest) = repeat_text(random);
        let json = new_event(random)
            .maybe("text", again)
            .with("toolCalls", tool_calls_json(random, some));
        let json = json
            .maybe("pad", random_pad(random))
            .nulls(random, &["finishReason", "usage"]);
        items.push(Item::Event(Event::new(json, 0, rest, false)));
    }

    // One or two last events: the history may come before the finish reason.
    let (again, rest) = repeat_text(random);
    let ending = random.below(6);
    let (has_history, has_reason) = (ending < 5, ending != 0 && ending != 1);
    let mut last = new_event(random)
        .maybe("text", again)
        .maybe("pad", random_pad(random));
    if has_history {
        let history = json!([
            {"role": "USER", "message": "?"},
            {"role": "CHATBOT", "message": choice.text, "toolCalls": null},
        ]);
        last = last.with("chatHistory", (&history).into());
    }
    if !calls.is_empty() {
        last = last.with("toolCalls", tool_calls_json(random, &calls));
    }
    for (field, name, value) in [
        (
            "citations",
            "citations",
            json!([{"start": 0, "end": 1, "text": random_words(random, 2), "documentIds": ["d0"]}]),
        ),
        (
            "searchQueries",
            "search_queries",
            json!([{"text": random_words(random, 2)}]),
        ),
        (
            "documents",
            "documents",
            json!([{"id": "d0", "snippet": random_words(random, 2)}]),
        ),
        ("prompt", "prompt", json!(random_words(random, 3))),
    ] {
        if random.chance(8) {
            last = last.with(field, (&value).into());
            expected.extras.insert(name.into(), value);
        }
    }
    if random.chance(8) {
        let is_required = random.chance(2);
        last = last.with("isSearchRequired", raw(is_required));
        let extras = &mut expected.extras;
        extras.insert("isSearchRequired".into(), is_required.into());
    }
    let has_second = !has_reason && random.chance(2);
    let (oci_usage, openai_usage) = random_usage(random);
    let mut usage = (!random.chance(3)).then(|| Json::from(&oci_usage));
    expected.usage = usage.is_some().then_some(openai_usage);
    if !(has_second && random.chance(2)) {
        last = last.maybe("usage", usage.take());
    }
    choice.finish = default_finish(&choice);
    if has_reason {
        let reason = random_finish(random, &FINISH_REASONS, &mut choice);
        last = last.with("finishReason", reason);
    }
    let nulls = [
        "finishReason",
        "citations",
        "documents",
        "prompt",
        "errorMessage",
        "toolCalls",
    ];
    let json = last.nulls(random, &nulls);
    items.push(Item::Event(Event {
        ends_answer: !has_reason,
        ..Event::new(json, 0, rest, has_reason)
    }));
    if has_second {
        let event = new_event(random);
        let reason = random_finish(random, &FINISH_REASONS, &mut choice);
        let end = event
            .with("finishReason", reason)
            .maybe("usage", usage)
            .maybe("pad", random_pad(random))
            .nulls(random, &["text", "toolCalls", "chatHistory"]);
        items.push(Item::Event(Event::new(end, 0, Units::new(), true)));
    }
    if random.chance(5) {
        items.push(Item::Done);
    }
    expected.choices.push(choice);
    GeneratedStream { items, expected }
}

/// An event, with or without its format.
fn new_event(random: &mut Random) -> Members {
    Members::default().maybe("apiFormat", (!random.chance(12)).then(|| literal("COHERE")))
}

fn tool_calls_json(random: &mut Random, calls: &[(&str, &str)]) -> Json {
    let call_json = |random: &mut Random, &(name, parameters): &(&str, &str)| {
        let parameters = match parameters {
            "{}" if random.chance(3) => random.pick(&[None, Some(raw(NULL))]).clone(),
            _ => Some(Json::from(
                &serde_json::from_str::<Value>(parameters).unwrap(),
            )),
        };
        Members::default()
            .with("name", text(name))
            .maybe("parameters", parameters)
            .nulls(random, &[])
    };
    Json::List(calls.iter().map(|call| call_json(random, call)).collect())
}
