//! What was decoded, compared with what the generator expects.

use oci_genai_edge::json::parse_lenient;
use serde_json::{Map, Value};

use super::decoding::Decoded;
use super::expected::{Arguments, Choice, Expected, ToolCall};
use super::items::{text_of, Item};
use super::writer::UNKNOWN;
use crate::support::assert_chunks_make;

/// A valid stream: everything that is expected.
pub fn check_whole(decoded: &Decoded, expected: &Expected) {
    assert!(
        decoded.error.is_none(),
        "a valid stream failed: {:?}",
        decoded.error
    );
    let completion = &decoded.completion;
    let choices = list(completion, "choices");
    assert_eq!(choices.len(), expected.choices.len(), "choices");
    for (index, (choice, expected)) in choices.iter().zip(&expected.choices).enumerate() {
        assert_eq!(choice["index"], index);
        check_choice(choice, expected, Extent::Whole);
    }
    assert_eq!(completion.get("usage"), expected.usage.as_ref(), "usage");
    assert_eq!(
        completion.get("service_tier"),
        expected.service_tier.map(Value::from).as_ref(),
        "service tier"
    );
    assert_eq!(
        completion["id"],
        expected.id.as_deref().unwrap_or("chatcmpl-test")
    );
    let mut oci = expected.extras.clone();
    // The service's own finish reason, where OpenAI's differs.
    let first = &expected.choices[0];
    if first.oci_finish != Some(first.finish) {
        oci.insert("finish_reason".into(), first.oci_finish.into());
    }
    assert_eq!(
        without_unknown(completion["oci"].as_object().cloned().unwrap_or_default()),
        oci,
        "oci"
    );
    if let (Some(sink), [_]) = (&decoded.sink, choices) {
        if expected.id.is_none() {
            let chunks = sink.chunks();
            let fields = chunks.iter().filter_map(|chunk| chunk["oci"].as_object());
            let fields: Map<String, Value> = fields
                .flatten()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            assert_eq!(
                fields.len(),
                completion["oci"].as_object().map_or(0, Map::len),
                "oci of the chunks"
            );
            assert_eq!(without_unknown(fields), oci, "oci of the chunks");
        }
    }
}

/// The fields of `oci` without those that only the writer knows, which have its values.
fn without_unknown(mut oci: Map<String, Value>) -> Map<String, Value> {
    for (name, json) in UNKNOWN {
        if let Some(value) = oci.shift_remove(name) {
            assert_ne!(name, "modelVersion");
            assert_eq!(value, parse_lenient(json.as_bytes()).unwrap(), "{name}");
            assert!(!value.is_null(), "{name}");
        }
    }
    oci
}

/// A stream that ends early: the beginning of what is expected, and nothing else.
pub fn check_partial(decoded: &Decoded, expected: &Expected, arrived: &[Item], tool_text: bool) {
    for choice in list(&decoded.completion, "choices") {
        let index = choice["index"].as_u64().unwrap() as u32;
        let expected = expected
            .choices
            .iter()
            .find(|expected| expected.index == index)
            .expect("a choice that the stream does not have");
        check_choice(choice, expected, Extent::Beginning);
        if decoded.error.is_none() {
            // The finish reason may not have arrived.
            let has_reason = arrived
                .iter()
                .any(|item| matches!(item, Item::Event(event) if event.finishes.contains(&index)));
            let finish = match has_reason {
                true => expected.finish,
                false if expected.calls.is_empty() => "stop",
                false => "tool_calls",
            };
            let expected = Choice {
                finish,
                ..expected.clone()
            };
            check_choice(choice, &expected, Extent::Whole);
        }
        if !tool_text {
            assert_eq!(
                string(&choice["message"], "content"),
                text_of(arrived, index),
                "the text that arrived"
            );
        }
    }
    if let Some(usage) = decoded.completion.get("usage") {
        assert_eq!(Some(usage), expected.usage.as_ref(), "usage");
    }
}

/// How much of the expected content there must be.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    Whole,
    /// The beginning of each text and list.
    Beginning,
}

impl Extent {
    fn allows_text(self, actual: &str, expected: &str) -> bool {
        match self {
            Extent::Whole => actual == expected,
            Extent::Beginning => expected.starts_with(actual),
        }
    }

    fn allows_items(self, actual: &[Value], expected: &[Value]) -> bool {
        match self {
            Extent::Whole => actual == expected,
            Extent::Beginning => expected.starts_with(actual),
        }
    }
}

fn check_choice(choice: &Value, expected: &Choice, extent: Extent) {
    let message = &choice["message"];
    for (field, text) in [
        ("content", &expected.text),
        ("reasoning_content", &expected.reasoning),
        ("refusal", &expected.refusal),
    ] {
        let actual = string(message, field);
        assert!(
            extent.allows_text(actual, text),
            "{field} of choice {}: {actual:?} instead of {text:?}",
            expected.index
        );
    }
    for (field, actual, items) in [
        (
            "annotations",
            list(message, "annotations"),
            &expected.annotations,
        ),
        (
            "logprobs",
            list(&choice["logprobs"], "content"),
            &expected.logprobs,
        ),
    ] {
        assert!(
            extent.allows_items(actual, items),
            "{field}: {actual:?} instead of {items:?}"
        );
    }
    check_tool_calls(list(message, "tool_calls"), &expected.calls, extent);
    if extent == Extent::Whole {
        assert_eq!(
            choice["finish_reason"], expected.finish,
            "choice {}",
            expected.index
        );
    }
}

fn check_tool_calls(calls: &[Value], expected: &[ToolCall], extent: Extent) {
    let is_whole = extent == Extent::Whole;
    let functions = calls.iter().map(|call| &call["function"]);
    let names: Vec<&str> = functions.map(|function| string(function, "name")).collect();
    let expected_names: Vec<&str> = expected.iter().map(|call| call.name).collect();
    let is_right = match extent {
        Extent::Whole => names == expected_names,
        Extent::Beginning => names.len() <= expected_names.len(),
    };
    assert!(is_right, "calls {calls:?} instead of {expected_names:?}");
    let ids: Vec<&str> = calls.iter().map(|call| string(call, "id")).collect();
    for (at, (call, expected)) in calls.iter().zip(expected).enumerate() {
        assert_eq!(call["type"], "function");
        // A name may arrive after the call's first fragment.
        assert!(
            names[at] == expected.name || (!is_whole && names[at].is_empty()),
            "call {at}: {call} instead of {expected:?}"
        );
        match &expected.id {
            Some(id) => assert_eq!(ids[at], id, "call {at}"),
            None => assert!(
                !ids[at].is_empty() && !ids[..at].contains(&ids[at]),
                "call {at}: {ids:?}"
            ),
        }
        let actual = string(&call["function"], "arguments");
        let is_right = match expected.arguments {
            Arguments::Exact(arguments) => extent.allows_text(actual, arguments),
            Arguments::Equivalent(arguments) => {
                let value = |json: &str| serde_json::from_str::<Value>(json).ok();
                value(actual).is_some_and(|actual| Some(actual) == value(arguments))
            }
        };
        assert!(
            is_right,
            "call {at}: {actual:?} instead of {:?}",
            expected.arguments
        );
    }
}

/// The chunks assemble to the completion: callers who read the chunks and callers who ask for the
/// whole answer get the same.
pub fn check_chunks(decoded: &Decoded) {
    if let Some(sink) = &decoded.sink {
        let failed = decoded.error.is_some();
        assert_chunks_make(sink, &decoded.completion, failed, decoded.include_usage);
    }
}

fn string<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}
