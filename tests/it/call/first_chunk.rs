//! Streams: what is delivered from the first chunk on, and that nothing is sent again after it.

use oci_genai_edge::error::Code;
use serde_json::json;

use super::responses::{events, MockResponse, DONE, EMPTY_DELTA, ERROR_EVENT, FINISH, TEXT, USAGE};
use super::scenario::{ashburn_target, Scenario, DAC};

#[test]
fn a_stream_is_delivered_from_its_first_chunk() {
    let scenario = Scenario::default();
    for response in [
        events(&[TEXT, FINISH, DONE]),
        events(&[TEXT, FINISH]),
        events(&[
            "",
            "\n",
            ": ping\n\n",
            EMPTY_DELTA,
            TEXT,
            USAGE,
            FINISH,
            DONE,
        ]),
        events(&[
            "data: {\"index\":0,\"message\":{\"content\":[{\"text\":\"H",
            "i\"}]}}\n",
            "\n",
            FINISH,
        ]),
        events(&["\u{FEFF}", TEXT, FINISH]),
        MockResponse::new(200, "", &[TEXT, FINISH]),
        MockResponse::new(201, "text/plain", &[TEXT, FINISH]),
    ] {
        let outcome = scenario.run_expecting(&[response], "GENERIC stream, stream, done");
        assert_eq!(
            (outcome.text().as_str(), &outcome.report["streamed"]),
            ("Hi", &json!(true))
        );
        assert_eq!(outcome.report.get("fallback"), None);
        assert_eq!(outcome.sink.texts(), ["Hi"]);
    }
    // The whole stream in one piece: nothing is left to stream.
    let outcome = scenario.run_expecting(
        &[events(&[&[TEXT, FINISH, DONE].concat()])],
        "GENERIC stream, done",
    );
    assert_eq!(outcome.report["streamed"], true);
    // Events after the end are not read.
    scenario.run_expecting(
        &[events(&[TEXT, FINISH, DONE, ERROR_EVENT])],
        "GENERIC stream, stream, done",
    );
}

#[test]
fn events_are_recognized_despite_a_json_content_type() {
    // Deployments label JSON as `text/event-stream` and the other way round. No JSON text begins
    // like a line of an event stream.
    for start in [
        "",
        ": ok\n\n",
        "event: message\n",
        "id: 1\n",
        "retry: 5\n\n",
        "\u{FEFF}",
    ] {
        let response = MockResponse::new(200, "application/json", &[start, TEXT, FINISH, DONE]);
        let outcome =
            Scenario::default().run_expecting(&[response], "GENERIC stream, stream, done");
        assert_eq!(
            (outcome.text().as_str(), &outcome.report["streamed"]),
            ("Hi", &json!(true))
        );
    }
}

#[test]
fn nothing_is_sent_again_after_the_first_chunk() {
    for (response, code) in [
        (events(&[TEXT]), Code::StreamTruncated),
        (events(&[TEXT]).then_error(Code::Network), Code::Network),
        (events(&[TEXT]).then_error(Code::Timeout), Code::Timeout),
        (events(&[TEXT, ERROR_EVENT]), Code::StreamError),
        (events(&[TEXT, "data: what\n\n"]), Code::StreamError),
        (
            events(&[TEXT, "data: {\"index\":0,\"mes"]),
            Code::StreamTruncated,
        ),
        // The first chunk and the error in one piece.
        (events(&[&[TEXT, ERROR_EVENT].concat()]), Code::StreamError),
    ] {
        let models = json!({"two": [DAC, ashburn_target(json!({}))]});
        for scenario in [
            Scenario::default(),
            Scenario::without_fallback(),
            Scenario {
                model: "two",
                ..Scenario::default().with_option("models", models)
            },
        ] {
            let outcome = scenario.run(std::slice::from_ref(&response));
            assert_eq!(
                outcome.error_code(),
                Some(code),
                "{response:?}: {:?}",
                outcome.steps
            );
            assert_eq!(outcome.sent.len(), 1, "{response:?}");
            // The part of the answer that was received is kept.
            assert!(outcome.call.has_result());
            assert_eq!(
                (outcome.text().as_str(), outcome.sink.texts()),
                ("Hi", vec!["Hi".to_owned()])
            );
            assert_eq!(outcome.report["error"], code.as_str());
            assert_eq!(outcome.attempts(), [(Some(200), Some(code.as_str()))]);
        }
    }
}
