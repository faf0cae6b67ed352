//! Events of another format than the one that was requested.

use oci_genai_edge::error::Code;
use serde_json::json;

use super::responses::{
    events, COHERE_STREAM, COHERE_V2_STREAM, DONE, FINISH, OPENAI_STREAM, TEXT,
};
use super::scenario::Scenario;
use crate::support::RecordingSink;

/// A stream of each wire's format with the text `Hi`, as the service sends it.
const STREAMS: [(&str, &[&str]); 4] = [
    ("GENERIC", &[TEXT, FINISH, DONE]),
    ("COHERE", &[COHERE_STREAM]),
    ("COHEREV2", &[COHERE_V2_STREAM]),
    ("openai", &[OPENAI_STREAM]),
];

fn scenario(wire: &str) -> Scenario {
    match wire {
        "openai" => Scenario::for_model("meta.llama"),
        format => Scenario::default().with_option("apiFormat", json!(format)),
    }
}

#[test]
fn events_of_another_format_are_an_error_on_every_wire() {
    for (wire, _) in STREAMS {
        let scenario = scenario(wire).with_option("fallback", json!("never"));
        for (format, stream) in STREAMS {
            let outcome = scenario.run(&[events(stream)]);
            if format == wire {
                assert_eq!(outcome.text(), "Hi", "{format}");
                continue;
            }
            let code = outcome.error_code();
            assert_eq!(code, Some(Code::WrongApiFormat), "{format} on {wire}");
            assert_eq!(outcome.sink, RecordingSink::default(), "{format} on {wire}");
            let option = if wire == "openai" {
                "transport"
            } else {
                "apiFormat"
            };
            assert!(outcome.hint().contains(option), "{}", outcome.hint());
        }
    }
}

#[test]
fn an_assumed_format_is_renegotiated_by_the_events() {
    let scenario = Scenario::default();
    let outcome = scenario.run_expecting(
        &[events(&[COHERE_V2_STREAM]), events(&[COHERE_V2_STREAM])],
        "GENERIC stream, COHEREV2 stream, stream, done",
    );
    assert_eq!(outcome.text(), "Hi");
    let outcome = scenario.run_expecting(
        &vec![events(&[COHERE_STREAM]); 3],
        "GENERIC stream, COHEREV2 stream, COHERE stream, stream, done",
    );
    assert_eq!(outcome.text(), "Hi");
}

#[test]
fn an_explicit_format_that_the_events_contradict_is_an_error() {
    let outcome = scenario("GENERIC").run_expecting(
        &[events(&[COHERE_STREAM])],
        "GENERIC stream, fail wrong_api_format",
    );
    assert_eq!(outcome.error_code(), Some(Code::WrongApiFormat));
}

#[test]
fn a_field_that_another_format_has_too_does_not_make_an_event_foreign() {
    let event = json!({"index": 0, "message": {"content": [{"type": "TEXT", "text": "Hi"}]},
        "text": "no", "choices": [], "chatHistory": []});
    let stream = format!("data: {event}\n\n");
    // Neither does one that has no other field, once the answer has begun.
    let alone = "data: {\"text\":\"no\"}\n\ndata: {\"choices\":[]}\n\n";
    for stream in [[&stream, alone, FINISH], [&stream, FINISH, alone]] {
        let outcome = scenario("GENERIC").run(&[events(&stream)]);
        assert_eq!(
            (outcome.error_code(), outcome.text().as_str()),
            (None, "Hi")
        );
        assert_eq!(outcome.completion()["oci"]["text"], "no");
    }
}
