//! The budget: how many requests one call sends, whatever its options.

use std::iter::repeat;

use serde_json::{json, Value};

use super::responses::{
    bad_request, json_body, status, text_stream, MockResponse, GENERIC_ANSWER, WRONG_FORMAT,
};
use super::scenario::{run_call, Outcome, Scenario, DAC};

/// A call whose options ask for as many requests as possible.
fn eager_call(targets: usize, mut retry: Value) -> Scenario {
    retry["maxAttempts"] = 100.into();
    retry["baseDelayMs"] = 0.into();
    Scenario {
        model: "many",
        ..Scenario::default()
            .with_option("models", json!({"many": vec![DAC; targets]}))
            .with_option("retry", retry)
    }
}

/// A service that rejects two formats and is unavailable in the third, then an endless failure.
fn run_against_a_failing_service(scenario: &Scenario, failure: MockResponse) -> Outcome {
    let wrong_format = bad_request(WRONG_FORMAT);
    let formats = [wrong_format.clone(), wrong_format];
    let mut responses = formats.into_iter().chain(repeat(failure));
    run_call(scenario.start(), 1000.0, &mut responses)
}

#[test]
fn a_call_sends_at_most_ten_requests_by_default() {
    for (targets, failure) in [1, 2, 5, 9, 10, 50]
        .into_iter()
        .flat_map(|targets| [429, 500, 503].map(|code| (targets, status(code))))
    {
        for scenario in [
            eager_call(targets, json!({})),
            eager_call(targets, json!({})).whole(),
        ] {
            let outcome = run_against_a_failing_service(&scenario, failure.clone());
            assert_eq!(
                outcome.sent.len(),
                10,
                "{targets} targets: {:?}",
                outcome.steps
            );
        }
        println!(
            "maxAttempts 100, {targets} targets, {:?}: 10 requests",
            failure.head.unwrap().status
        );
    }
}

#[test]
fn the_budget_is_an_option() {
    for budget in [1, 2, 7, 100] {
        let scenario = eager_call(3, json!({"maxRequests": budget}));
        let outcome = run_against_a_failing_service(&scenario, status(503));
        assert_eq!(outcome.sent.len(), budget);
    }
}

#[test]
fn each_target_keeps_one_request() {
    // The first target may be asked twice: four requests for three targets.
    let scenario = eager_call(3, json!({"maxRequests": 4}));
    let outcome = scenario.run_expecting(
        &[status(503), status(503), status(404), text_stream()],
        "GENERIC stream, wait, GENERIC stream, GENERIC stream, GENERIC stream, stream, done",
    );
    assert_eq!(outcome.attempts().len(), 4);
    // Neither a renegotiation nor a fallback takes it.
    eager_call(2, json!({"maxRequests": 2})).run_expecting(
        &[bad_request(WRONG_FORMAT), text_stream()],
        "GENERIC stream, GENERIC stream, stream, done",
    );
    eager_call(2, json!({"maxRequests": 2})).run_expecting(
        &[status(500), text_stream()],
        "GENERIC stream, GENERIC stream, stream, done",
    );
    eager_call(2, json!({"maxRequests": 3})).run_expecting(
        &[status(500), json_body(GENERIC_ANSWER)],
        "GENERIC stream, GENERIC whole, done",
    );
}

#[test]
fn a_used_up_budget_is_named() {
    let scenario = eager_call(3, json!({"maxRequests": 2}));
    let outcome = scenario.run_expecting(
        &[status(404), status(500)],
        "GENERIC stream, GENERIC stream, fail service_error",
    );
    assert!(
        outcome.hint().contains("retry.maxRequests"),
        "{}",
        outcome.hint()
    );
    let outcome = eager_call(2, json!({"maxRequests": 2})).run_expecting(
        &[status(404), status(500)],
        "GENERIC stream, GENERIC stream, fail all_targets_failed",
    );
    assert_eq!(outcome.attempts().len(), 2);
}
