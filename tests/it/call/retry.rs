//! Retries: transient errors are retried with exponential backoff and jitter, or after the wait
//! that the service asks for.

use oci_genai_edge::error::Code;
use oci_genai_edge::options::Retry;
use serde_json::json;

use super::responses::{
    bad_request, events, json_body, send_error, status, text_stream, MockResponse, EMPTY_DELTA,
    ERROR_EVENT, GENERIC_ANSWER, NO_STREAMING, WRONG_FORMAT,
};
use super::scenario::{ashburn_target, Scenario, DAC};

#[test]
fn transient_errors_are_retried() {
    let scenario = Scenario::without_fallback();
    for failure in [
        status(408),
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
            "GENERIC stream, wait, GENERIC stream, wait, GENERIC stream, stream, done",
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

/// The waits of calls with a hundred ids.
fn waits_of_many(scenario: impl Fn() -> Scenario, script: &[MockResponse]) -> Vec<Vec<f64>> {
    let ids = (0..100).map(|n| format!("chatcmpl-{n}"));
    ids.map(|id| Scenario { id, ..scenario() }.run(script).waits)
        .collect()
}

#[test]
fn the_backoff_is_random_below_a_limit_that_doubles() {
    let retry = |max_attempts: u32, base: u32, max: u32| {
        Scenario::default().whole().with_option(
            "retry",
            json!({"maxAttempts": max_attempts, "baseDelayMs": base, "maxDelayMs": max, "maxRequests": 100}),
        )
    };
    let calls = waits_of_many(|| retry(6, 100, 1000), &vec![status(503); 6]);
    for (nth, limit) in [100.0, 200.0, 400.0, 800.0, 1000.0].into_iter().enumerate() {
        let waits: Vec<f64> = calls.iter().map(|waits| waits[nth]).collect();
        assert!(
            waits.iter().all(|ms| (0.0..limit).contains(ms)),
            "{waits:?}"
        );
        // The whole range is used: full jitter.
        assert!(waits.iter().any(|ms| *ms < limit * 0.2), "{waits:?}");
        assert!(waits.iter().any(|ms| *ms > limit * 0.8), "{waits:?}");
        let mean = waits.iter().sum::<f64>() / waits.len() as f64;
        assert!((0.35..0.65).contains(&(mean / limit)), "{mean} of {limit}");
    }
    // The id of the call determines its waits.
    let once = || retry(6, 100, 1000).run(&vec![status(503); 6]).waits;
    assert_eq!(once(), once());

    assert_eq!(
        retry(3, 0, 1000).run(&vec![status(503); 3]).waits,
        [0.0, 0.0]
    );
    let waits = retry(2, 5000, 300).run(&vec![status(503); 2]).waits;
    assert!((0.0..300.0).contains(&waits[0]), "{waits:?}");
    assert!(retry(1, 100, 1000).run(&[status(503)]).waits.is_empty());
    let waits = retry(100, 1, 8000).run(&vec![status(503); 100]).waits;
    assert!(
        waits.iter().all(|ms| (0.0..8000.0).contains(ms)),
        "no overflow"
    );
    assert_eq!(
        Retry::default(),
        Retry {
            max_attempts: 3,
            max_attempts_over_http: 2,
            base_delay_ms: 500.0,
            max_delay_ms: 8000.0,
            max_requests: 10
        }
    );
}

#[test]
fn the_wait_is_at_least_what_the_service_asks_for() {
    let scenario = || Scenario::default().whole();
    let check = |failure: MockResponse, from: f64, to: f64| {
        let script = [failure, json_body(GENERIC_ANSWER)];
        for waits in waits_of_many(scenario, &script) {
            assert!((from..=to).contains(&waits[0]), "{waits:?} {script:?}");
        }
    };
    // With jitter, so that the calls that were throttled together do not come back together.
    check(status(429).with_retry_after("2"), 2000.0, 2500.0);
    check(status(429).with_retry_after("0.25"), 250.0, 750.0);
    check(status(429).with_retry_after("0"), 0.0, 500.0);
    check(status(429).with_retry_after("8"), 8000.0, 8000.0);
    check(status(429).with_retry_after_ms("1500"), 1500.0, 2000.0);
    // The response ends 30 ms after 1970 began plus one second.
    let date = "Thu, 01 Jan 1970 00:00:03 GMT";
    check(status(503).with_retry_after(date), 1970.0, 2470.0);
    for nonsense in ["-7", "soon", "", "NaN", "inf"] {
        check(status(429).with_retry_after(nonsense), 0.0, 500.0);
    }
    // Longer than `maxDelayMs`: the call does not wait, and its error says how long to wait.
    for (value, ms) in [
        ("9", 9000),
        ("3600", 3_600_000),
        ("99999999999", 1_000_000_000_000),
    ] {
        let outcome = scenario().run_expecting(
            &[status(429).with_retry_after(value)],
            "GENERIC whole, fail rate_limited",
        );
        let error = outcome.error.unwrap();
        assert_eq!(
            (error.is_retryable(), error.retry_after_ms()),
            (true, Some(ms))
        );
    }
    let outcome = scenario().run(&[status(500), status(500), status(500)]);
    assert_eq!(outcome.error.unwrap().retry_after_ms(), None);
}

#[test]
fn another_target_does_not_wait() {
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
}

#[test]
fn the_fallback_waits_too() {
    let outcome = Scenario::default().run_expecting(
        &[status(500).with_retry_after("5"), json_body(GENERIC_ANSWER)],
        "GENERIC stream, wait, GENERIC whole, done",
    );
    assert_eq!(outcome.waits, [5000.0]);
    // A service that is not to be called for a minute is not called without streaming either.
    for code in [500, 503] {
        let steps = match code {
            500 => "GENERIC stream, fail service_error",
            _ => "GENERIC stream, fail service_unavailable",
        };
        Scenario::default().run_expecting(&[status(code).with_retry_after("60")], steps);
    }
}

#[test]
fn equal_requests_have_the_same_retry_token() {
    const TOKEN: &str = "opc-retry-token";
    let script = [
        status(503),
        status(503),
        status(503),
        json_body(GENERIC_ANSWER),
    ];
    let outcome = Scenario::default().run_expecting(
        &script,
        "GENERIC stream, wait, GENERIC stream, GENERIC whole, wait, GENERIC whole, done",
    );
    let own = Some("chatcmpl-test");
    let fallback = Some("chatcmpl-test-2");
    assert_eq!(outcome.sent_headers(TOKEN), [own, own, fallback, fallback]);
    // A renegotiated request, and one to another target, is another one.
    let scenario = Scenario {
        model: "two",
        ..Scenario::default()
            .with_option("models", json!({"two": [DAC, ashburn_target(json!({}))]}))
    };
    let outcome = scenario.run_expecting(
        &[
            bad_request(WRONG_FORMAT),
            bad_request(NO_STREAMING),
            status(404),
            text_stream(),
        ],
        "GENERIC stream, COHEREV2 stream, COHEREV2 whole, GENERIC stream, stream, done",
    );
    let tokens = outcome.sent_headers(TOKEN);
    assert_eq!(
        tokens,
        [
            own,
            fallback,
            Some("chatcmpl-test-3"),
            Some("chatcmpl-test-4")
        ]
    );
    // A token of the caller's own replaces the call's.
    let outcome = Scenario::default()
        .with_option("headers", json!({"Opc-Retry-Token": "mine"}))
        .run(&[bad_request(NO_STREAMING), json_body(GENERIC_ANSWER)]);
    assert_eq!(outcome.sent_headers(TOKEN), [Some("mine"), Some("mine-2")]);
    // OCI's models have the header for the native transport only.
    let outcome = Scenario::for_model("meta.llama")
        .whole()
        .run(&[status(404)]);
    assert_eq!(outcome.sent_headers(TOKEN), [None]);
}
