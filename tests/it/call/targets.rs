//! Several targets: which errors lead to the next one, and what is reported.

use oci_genai_edge::error::Code;
use serde_json::json;

use super::responses::{
    bad_request, events, json_body, send_error, status, MockResponse, COHERE_STREAM, EMPTY_DELTA,
    GENERIC_ANSWER, NO_STREAMING,
};
use super::scenario::{ashburn_target, Scenario, DAC};

fn two_targets() -> Scenario {
    let models = json!({"two": [DAC, ashburn_target(json!({"apiFormat": "COHERE"}))]});
    Scenario {
        model: "two",
        ..Scenario::default().with_option("models", models)
    }
}

#[test]
fn the_next_target_is_tried() {
    let outcome = two_targets().run_expecting(
        &[status(404), events(&[COHERE_STREAM])],
        "GENERIC stream, COHERE stream, stream, done",
    );
    let hosts: Vec<&str> = outcome
        .sent
        .iter()
        .map(|sent| sent.url.split('/').nth(2).unwrap())
        .collect();
    assert_eq!(
        hosts[0],
        "inference.generativeai.us-chicago-1.oci.oraclecloud.com"
    );
    assert_eq!(
        hosts[1],
        "inference.generativeai.us-ashburn-1.oci.oraclecloud.com"
    );
    assert_eq!(
        (&outcome.report["model"], outcome.report.get("fallback")),
        (&json!("two"), None)
    );
    assert_eq!(
        outcome.attempts(),
        [
            (Some(404), Some("not_found_or_unauthorized")),
            (Some(200), None)
        ]
    );
    // Each target has its own fallback, its own attempts and its own renegotiation.
    let script = [
        status(503),
        status(503),
        status(503),
        status(503),
        status(500),
        json_body(GENERIC_ANSWER),
    ];
    let steps = "GENERIC stream, wait, GENERIC stream, GENERIC whole, wait, GENERIC whole, \
        COHERE stream, COHERE whole, done";
    let outcome = two_targets().run_expecting(&script, steps);
    assert!(outcome.report["fallback"]
        .as_str()
        .unwrap()
        .starts_with("service_error"));
    // A stream from the second target has not fallen back, whatever the first one did.
    let outcome = two_targets().run_expecting(
        &[
            bad_request(NO_STREAMING),
            bad_request(NO_STREAMING),
            events(&[COHERE_STREAM]),
        ],
        "GENERIC stream, GENERIC whole, COHERE stream, stream, done",
    );
    assert_eq!(
        (outcome.report.get("fallback"), &outcome.report["streamed"]),
        (None, &json!(true))
    );
    for failure in [status(401), MockResponse::new(302, "", &[])] {
        two_targets().run_expecting(
            &[failure, events(&[COHERE_STREAM])],
            "GENERIC stream, COHERE stream, stream, done",
        );
    }
}

#[test]
fn all_targets_fail() {
    let outcome = two_targets().run_expecting(
        &[status(404), status(401).with_request_id("r/9")],
        "GENERIC stream, COHERE stream, fail all_targets_failed",
    );
    let error = outcome.error.as_ref().unwrap();
    assert_eq!(
        (error.status(), error.opc_request_id()),
        (Some(401), Some("r/9"))
    );
    assert!(
        error.message().contains("unauthorized") && error.hint().is_some(),
        "{error}"
    );
    assert_eq!(outcome.report["error"], "all_targets_failed");
    assert_eq!(
        outcome.attempts(),
        [
            (Some(404), Some("not_found_or_unauthorized")),
            (Some(401), Some("unauthorized"))
        ]
    );
    // A later call may succeed if one of the targets may, and as soon as the first of them.
    let error = |first: &MockResponse, second: &MockResponse| {
        let scenario = two_targets().whole();
        let once = scenario.with_option("retry", json!({"maxAttempts": 1}));
        once.run(&[first.clone(), second.clone()]).error.unwrap()
    };
    let throttled = |seconds: &str| status(429).with_retry_after(seconds);
    for (first, second, is_retryable, retry_after_ms) in [
        (status(404), status(401), false, None),
        (throttled("60"), status(404), true, Some(60_000)),
        (throttled("60"), throttled("20"), true, Some(20_000)),
        (throttled("60"), status(500), true, None),
    ] {
        let error = error(&first, &second);
        assert_eq!(error.code(), Code::AllTargetsFailed);
        assert_eq!(
            (error.is_retryable(), error.retry_after_ms()),
            (is_retryable, retry_after_ms)
        );
    }
    // With a single target, its error is that of the call.
    let one = Scenario {
        model: "one",
        ..Scenario::default().with_option("models", json!({"one": [DAC]}))
    };
    one.run_expecting(
        &[status(404)],
        "GENERIC stream, fail not_found_or_unauthorized",
    );
}

#[test]
fn call_wide_errors_skip_the_other_targets() {
    for code in [Code::SignerFailed, Code::InvalidSignature, Code::Internal] {
        let outcome = two_targets()
            .run_expecting(&[send_error(code)], &format!("GENERIC stream, fail {code}"));
        assert_eq!(outcome.attempts(), [(None, Some(code.as_str()))]);
    }
}

#[test]
fn a_timeout_skips_the_other_targets() {
    // `totalMs` and `firstChunkMs` count from the start of the call: they have expired for every
    // target.
    two_targets().run_expecting(&[send_error(Code::Timeout)], "GENERIC stream, fail timeout");
    two_targets().run_expecting(
        &[events(&[EMPTY_DELTA]).then_error(Code::Timeout)],
        "GENERIC stream, fail timeout",
    );
}
