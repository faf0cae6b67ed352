//! The chunks of a stream compared with its completion.

use serde_json::{json, Value};

use super::recording_sink::{as_assembled, RecordingSink, SinkCall};

/// The chunks assemble to the completion: callers who read the chunks and callers who ask for the
/// whole answer get the same.
pub fn assert_chunks_make(
    sink: &RecordingSink,
    completion: &Value,
    failed: bool,
    include_usage: bool,
) {
    assert_assembled(
        sink,
        RecordingSink::assemble,
        completion,
        failed,
        include_usage,
    );
}

/// The same of a stream that need not follow the rules of its wire.
pub fn assert_any_chunks_make(
    sink: &RecordingSink,
    completion: &Value,
    failed: bool,
    include_usage: bool,
) {
    assert_assembled(
        sink,
        RecordingSink::assemble_any,
        completion,
        failed,
        include_usage,
    );
}

fn assert_assembled(
    sink: &RecordingSink,
    assemble: fn(&RecordingSink) -> Value,
    completion: &Value,
    failed: bool,
    include_usage: bool,
) {
    // A chunk with half a surrogate pair, passed through as the service wrote it, is JSON for
    // JavaScript but not for serde_json.
    let is_json = |call: &SinkCall| match call {
        SinkCall::Verbatim(json) if json.contains("\\u") => {
            serde_json::from_str::<Value>(json).is_ok()
        }
        _ => true,
    };
    if !sink.calls.iter().all(is_json) {
        return;
    }
    let mut assembled = assemble(sink);
    let mut whole = as_assembled(completion);
    // Chunks that the service wrote may have no arguments; the completion always has some.
    if matches!(sink.calls.first(), Some(SinkCall::Verbatim(_))) {
        let choices = assembled["choices"].as_array_mut().unwrap().iter_mut();
        for choice in choices.filter(|choice| !choice["finish_reason"].is_null()) {
            for call in choice["tool_calls"].as_array_mut().unwrap() {
                let arguments = &mut call["function"]["arguments"];
                if arguments == "" {
                    *arguments = "{}".into();
                }
            }
        }
    }
    if failed || !include_usage {
        assembled["usage"] = Value::Null;
        whole["usage"] = Value::Null;
    }
    if failed {
        for side in [&mut assembled, &mut whole] {
            remove_what_has_no_chunk(side["choices"].as_array_mut().unwrap());
        }
    }
    assert_eq!(assembled, whole, "the chunks and the completion");
}

/// Removes what a failed stream has no chunks for: tool calls without a name, which are not emitted
/// before it arrives, and choices without content.
fn remove_what_has_no_chunk(choices: &mut Vec<Value>) {
    for choice in choices.iter_mut() {
        let calls = choice["tool_calls"].as_array_mut().unwrap();
        calls.retain(|call| call["function"]["name"] != "");
    }
    let is_empty = |value: &Value| value.is_null() || *value == "" || *value == json!([]);
    choices.retain(|choice| {
        let mut members = choice.as_object().unwrap().iter();
        members.any(|(name, value)| name != "index" && !is_empty(value))
    });
}
