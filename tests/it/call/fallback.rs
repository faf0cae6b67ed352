//! The fallback: a stream that cannot be opened is requested again without streaming.

use oci_genai_edge::error::Code;
use serde_json::json;

use super::responses::{
    bad_request, events, json_body, raw_events, send_error, status, text_stream, MockResponse,
    EMPTY_DELTA, ERROR_EVENT, GENERIC_ANSWER, GUARDRAIL, NO_STREAMING, WRONG_FORMAT,
};
use super::scenario::{ashburn_target, Scenario, DAC};
use crate::support::RecordingSink;

#[test]
fn a_stream_that_cannot_be_opened_is_requested_again_without_streaming() {
    let once = json!({"maxAttempts": 1});
    for failure in [
        bad_request(NO_STREAMING),
        bad_request("unknown field isStream"),
        bad_request(""),
        MockResponse::new(422, "text/html", &["<html>no streams here</html>"]),
        status(408),
        status(409),
        status(500),
        status(502),
        status(503),
        status(504),
        send_error(Code::Network),
        events(&[]).then_error(Code::Network),
        events(&[EMPTY_DELTA]).then_error(Code::Network),
        events(&[]),
        events(&["\n\n"]),
        events(&[": ping\n\n"]),
        events(&[EMPTY_DELTA]),
        events(&[ERROR_EVENT]),
        events(&["data: nonsense\n\n"]),
        events(&["event: error\ndata: {}\n\n"]),
        json_body("{}"),
        json_body("{\"chatResponse\":"),
        json_body("{\"code\":\"x\",\"message\":\"y\"}"),
        MockResponse::new(200, "text/html", &["<html></html>"]),
        // Compressed bodies, whole and in pieces.
        raw_events(vec![vec![0x28, 0xB5, 0x2F, 0xFD, 0, 1, 2]]),
        raw_events(vec![vec![0x1F, 0x8B, 8, 0]]),
        raw_events(vec![vec![0x28], vec![0xB5], vec![0x2F, 0xFD, 0, 1, 2]]),
    ] {
        let script = [failure.clone(), json_body(GENERIC_ANSWER)];
        let outcome = Scenario::default()
            .with_option("retry", once.clone())
            .run_expecting(&script, "GENERIC stream, GENERIC whole, done");
        let reason = outcome.report["fallback"]
            .as_str()
            .unwrap_or_else(|| panic!("the report names no fallback after {failure:?}"));
        let code = outcome.report["attempts"][0]["code"].as_str().unwrap();
        assert!(
            reason.starts_with(code) && reason.len() > code.len(),
            "{reason}"
        );
        assert_eq!(
            (outcome.text().as_str(), &outcome.report["streamed"]),
            ("Hi", &json!(false))
        );
        let chunks = outcome.sink.chunks();
        assert_eq!(chunks.len(), 2, "{failure:?}");
        assert_eq!(
            chunks[0]["choices"][0]["delta"],
            json!({"role": "assistant", "content": "Hi"})
        );
        assert_eq!(
            (
                &chunks[0]["oci"]["fallback"],
                &chunks[1]["choices"][0]["finish_reason"]
            ),
            (&json!(reason), &json!("stop"))
        );
        // Without fallback, there is one request.
        let outcome = Scenario::without_fallback()
            .with_option("retry", once.clone())
            .run(&[failure]);
        assert_eq!(
            (outcome.sent.len(), outcome.sink),
            (1, RecordingSink::default())
        );
    }
}

#[test]
fn errors_that_would_recur_do_not_fall_back() {
    for (failure, steps) in [
        (status(401), "GENERIC stream, fail unauthorized"),
        (
            status(404),
            "GENERIC stream, fail not_found_or_unauthorized",
        ),
        (
            MockResponse::new(301, "", &[]),
            "GENERIC stream, fail redirected",
        ),
        (
            MockResponse::new(307, "text/html", &[]),
            "GENERIC stream, fail redirected",
        ),
        (
            MockResponse::new(0, "", &[]),
            "GENERIC stream, fail redirected",
        ),
        (send_error(Code::Timeout), "GENERIC stream, fail timeout"),
        (
            events(&[]).then_error(Code::Timeout),
            "GENERIC stream, fail timeout",
        ),
        (
            send_error(Code::SignerFailed),
            "GENERIC stream, fail signer_failed",
        ),
        (
            send_error(Code::InvalidSignature),
            "GENERIC stream, fail invalid_signature",
        ),
    ] {
        let outcome = Scenario::default().run_expecting(&[failure], steps);
        assert!(
            outcome.report.get("fallback").is_none() && outcome.sink == RecordingSink::default()
        );
        assert!(!outcome.call.has_result());
    }
    Scenario::default().run_expecting(
        &vec![status(429); 3],
        "GENERIC stream, wait, GENERIC stream, wait, GENERIC stream, fail rate_limited",
    );
    Scenario::default().run_expecting(
        &[status(429), text_stream()],
        "GENERIC stream, wait, GENERIC stream, stream, done",
    );
}

#[test]
fn a_rejected_request_is_sent_once() {
    let two_targets = || Scenario {
        model: "two",
        ..Scenario::default()
            .with_option("models", json!({"two": [DAC, ashburn_target(json!({}))]}))
    };
    for (failure, code) in [
        (
            bad_request("Please pass in correct format of request."),
            "bad_request",
        ),
        (
            bad_request("maximum context length is 8192 tokens"),
            "bad_request",
        ),
        (
            MockResponse::new(413, "text/html", &["<html>too large</html>"]),
            "bad_request",
        ),
        (status(413), "bad_request"),
        (status(422), "bad_request"),
        (bad_request(GUARDRAIL), "content_filtered"),
        (
            bad_request("Inappropriate output content detected in output blocklist"),
            "content_filtered",
        ),
        // The same from an endpoint that has begun its stream.
        (
            events(&[
                "data: {\"code\":\"400\",\"message\":\"Inappropriate content detected!\"}\n\n",
            ]),
            "content_filtered",
        ),
    ] {
        for scenario in [Scenario::default(), two_targets()] {
            let script = [failure.clone()];
            scenario.run_expecting(&script, &format!("GENERIC stream, fail {code}"));
            scenario
                .whole()
                .run_expecting(&script, &format!("GENERIC whole, fail {code}"));
        }
    }
    // A rejection that is about the target goes to the next one, and not unstreamed.
    let quota = json!({"code": "QuotaExceeded", "message": "no units left"}).to_string();
    for failure in [
        status(403),
        MockResponse::new(400, "application/json", &[&quota]),
    ] {
        two_targets().run_expecting(
            &[failure.clone(), text_stream()],
            "GENERIC stream, GENERIC stream, stream, done",
        );
        Scenario::default().run_expecting(&[failure], "GENERIC stream, fail bad_request");
    }
    Scenario::default()
        .with_option("apiFormat", json!("GENERIC"))
        .run_expecting(
            &[bad_request(WRONG_FORMAT)],
            "GENERIC stream, fail wrong_api_format",
        );
    // A target that can't stream is left where the fallback is off.
    two_targets()
        .with_option("fallback", json!("never"))
        .run_expecting(
            &[bad_request(NO_STREAMING), text_stream()],
            "GENERIC stream, GENERIC stream, stream, done",
        );
}

#[test]
fn an_unavailable_service_is_asked_for_a_stream_once_more() {
    for unavailable in [408, 502, 503, 504].map(status) {
        Scenario::default().run_expecting(
            &[unavailable.clone(), text_stream()],
            "GENERIC stream, wait, GENERIC stream, stream, done",
        );
        Scenario::default().run_expecting(
            &[
                unavailable.clone(),
                unavailable.clone(),
                json_body(GENERIC_ANSWER),
            ],
            "GENERIC stream, wait, GENERIC stream, GENERIC whole, done",
        );
        // It is one of the attempts.
        Scenario::default()
            .with_option("retry", json!({"maxAttempts": 2}))
            .run_expecting(
                &vec![unavailable; 3],
                "GENERIC stream, wait, GENERIC stream, GENERIC whole, fail service_unavailable",
            );
    }
}

#[test]
fn the_fallback_is_attempted_once() {
    let scenario = Scenario::default();
    scenario.run_expecting(
        &[bad_request(NO_STREAMING), bad_request(NO_STREAMING)],
        "GENERIC stream, GENERIC whole, fail bad_request",
    );
    let steps = "GENERIC stream, wait, GENERIC stream, GENERIC whole, wait, GENERIC whole, \
        fail service_unavailable";
    scenario.run_expecting(&vec![status(503); 4], steps);
    let script = [status(500), status(503), json_body(GENERIC_ANSWER)];
    let outcome = scenario.run_expecting(
        &script,
        "GENERIC stream, GENERIC whole, wait, GENERIC whole, done",
    );
    assert!(outcome.report["fallback"]
        .as_str()
        .unwrap()
        .starts_with("service_error"));
    // An endpoint that streams without being asked to has not fallen back.
    let outcome = scenario.run_expecting(
        &[status(500), text_stream()],
        "GENERIC stream, GENERIC whole, stream, done",
    );
    assert_eq!(
        (outcome.report.get("fallback"), &outcome.report["streamed"]),
        (None, &json!(true))
    );
    Scenario::without_fallback().run_expecting(&[status(400)], "GENERIC stream, fail bad_request");
    Scenario::without_fallback().run_expecting(
        &[status(500), text_stream()],
        "GENERIC stream, wait, GENERIC stream, stream, done",
    );
    Scenario::without_fallback()
        .run_expecting(&[events(&[])], "GENERIC stream, fail stream_truncated");
    // Requests for the whole answer have no fallback.
    Scenario::default()
        .whole()
        .run_expecting(&[status(400)], "GENERIC whole, fail bad_request");
    let outcome = Scenario::default().whole().run_expecting(
        &[status(503), json_body(GENERIC_ANSWER)],
        "GENERIC whole, wait, GENERIC whole, done",
    );
    assert_eq!(
        (outcome.report.get("fallback"), &outcome.report["streamed"]),
        (None, &json!(false))
    );
}
