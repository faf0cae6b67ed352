//! Retries: transient errors are retried with exponential backoff, or after `retry-after`.

use oci_genai_edge::error::Code;
use oci_genai_edge::options::Retry;
use serde_json::json;

use super::responses::{
    events, json_body, send_error, status, text_stream, MockResponse, EMPTY_DELTA, ERROR_EVENT,
    GENERIC_ANSWER,
};
use super::scenario::{ashburn_target, Scenario, DAC};

#[test]
fn transient_errors_are_retried() {
    let scenario = Scenario::without_fallback();
    for failure in [
        status(409),
        status(429),
        status(500),
        status(502),
        status(503),
        status(504),
        send_error(Code::Network),
        events(&[EMPTY_DELTA]).then_error(Code::Network),
    ] {
        let outcome = scenario.run_expecting(
            &[failure.clone(), failure, text_stream()],
            "GENERIC stream, wait 500, GENERIC stream, wait 1000, GENERIC stream, stream, done",
        );
        assert_eq!(
            outcome
                .sent
                .iter()
                .map(|sent| sent.attempt)
                .collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert!(outcome
            .sent
            .windows(2)
            .all(|two| two[0].body == two[1].body && two[0].headers == two[1].headers));
    }
    for failure in [
        status(400),
        status(401),
        status(404),
        status(413),
        events(&[ERROR_EVENT]),
        events(&[]),
        json_body("{}"),
    ] {
        assert_eq!(scenario.run(&[failure]).sent.len(), 1);
    }
}

#[test]
fn the_backoff_doubles_up_to_its_maximum() {
    let retry = |max_attempts: u32, base: u32, max: u32| {
        Scenario::default().whole().with_option(
            "retry",
            json!({"maxAttempts": max_attempts, "baseDelayMs": base, "maxDelayMs": max}),
        )
    };
    let waits = |scenario: Scenario, script: &[MockResponse]| -> Vec<f64> {
        let steps = scenario.run(script).steps;
        steps
            .iter()
            .filter_map(|step| step.strip_prefix("wait ")?.parse().ok())
            .collect()
    };
    assert_eq!(
        waits(retry(6, 100, 1000), &vec![status(503); 6]),
        [100.0, 200.0, 400.0, 800.0, 1000.0]
    );
    assert_eq!(waits(retry(3, 0, 1000), &vec![status(503); 3]), [0.0, 0.0]);
    assert_eq!(waits(retry(2, 5000, 300), &vec![status(503); 2]), [300.0]);
    assert_eq!(waits(retry(1, 100, 1000), &[status(503)]), [0.0; 0]);
    assert_eq!(
        waits(retry(100, 1, 8000), &vec![status(503); 100]).last(),
        Some(&8000.0),
        "no overflow"
    );
    assert_eq!(
        Retry::default(),
        Retry {
            max_attempts: 3,
            base_delay_ms: 500.0,
            max_delay_ms: 8000.0
        }
    );
}

#[test]
fn retry_after_prolongs_the_backoff() {
    let scenario = Scenario::default().whole();
    let check = |value: &str, steps: &str| {
        let script = [
            status(429).with_retry_after(value),
            json_body(GENERIC_ANSWER),
        ];
        scenario.run_expecting(&script, steps);
    };
    check("2", "GENERIC whole, wait 2000, GENERIC whole, done");
    check(" 3 ", "GENERIC whole, wait 3000, GENERIC whole, done");
    check("8", "GENERIC whole, wait 8000, GENERIC whole, done");
    // Shorter than the backoff, or not a number of seconds: the backoff.
    for value in [
        "0",
        "0.1",
        "-7",
        "soon",
        "",
        "NaN",
        "inf",
        "Wed, 21 Oct 2026 07:28:00 GMT",
    ] {
        check(value, "GENERIC whole, wait 500, GENERIC whole, done");
    }
    // Longer than `maxDelayMs`: the call does not wait.
    for value in ["9", "3600", "4294967295"] {
        scenario.run_expecting(
            &[status(429).with_retry_after(value)],
            "GENERIC whole, fail rate_limited",
        );
    }
    let two = Scenario {
        model: "two",
        ..Scenario::default()
            .whole()
            .with_option("models", json!({"two": [DAC, ashburn_target(json!({}))]}))
    };
    two.run_expecting(
        &[
            status(503).with_retry_after("60"),
            json_body(GENERIC_ANSWER),
        ],
        "GENERIC whole, GENERIC whole, done",
    );
    // The fallback is another request, which does not wait.
    Scenario::default().run_expecting(
        &[status(503).with_retry_after("5"), json_body(GENERIC_ANSWER)],
        "GENERIC stream, GENERIC whole, done",
    );
}

#[test]
fn a_retry_after_beyond_integers_is_too_long() {
    // HTTP does not limit the digits of a number of seconds.
    Scenario::default().whole().run_expecting(
        &[status(429).with_retry_after("99999999999")],
        "GENERIC whole, fail rate_limited",
    );
}
