//! The health of an alias's targets: a client's calls try a failed one last, and probe it later.

use oci_genai_edge::call::{Call, Step};
use oci_genai_edge::client::Client;
use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::ChatRequest;
use oci_genai_edge::options::{CallOptions, Options};
use serde_json::{json, Value};

use super::responses::{
    bad_request, events, json_body, send_error, status, text_stream, MockResponse, EMPTY_DELTA,
    GENERIC_ANSWER, GUARDRAIL, TEXT,
};
use super::scenario::run_call;
use crate::support::{response_head, RecordingSink};

/// A client whose alias `safe` has a target in each of these regions, with one attempt each.
fn client(regions: &[&str], options: Value) -> Client {
    let targets: Vec<Value> = regions
        .iter()
        .map(|region| json!(format!("ocid1.generativeaiendpoint.oc1.{region}.example")))
        .collect();
    let mut all = json!({
        "compartmentId": "ocid1.compartment.oc1..example",
        "apiFormat": "GENERIC",
        "fallback": "never",
        "retry": {"maxAttempts": 1},
        "models": {"safe": targets},
    });
    for (name, value) in options.as_object().unwrap() {
        all[name] = value.clone();
    }
    Client::new(Options::from_json(&all.to_string()).unwrap(), true)
}

fn start(client: &Client, stream: bool, now: f64) -> Call {
    let request = json!({"model": "safe", "messages": [{"role": "user", "content": "?"}]});
    let request = ChatRequest::from_json(&request.to_string()).unwrap();
    let (options, id) = (CallOptions::default(), "chatcmpl-test".to_owned());
    client.chat(request, options, stream, id, now).unwrap()
}

/// The region of a request.
fn region(url: &str) -> &str {
    url.split('.').nth(2).unwrap()
}

/// Makes a stream and runs it: the regions that it was sent to.
#[track_caller]
fn regions(client: &Client, now: f64, script: &[MockResponse]) -> Vec<String> {
    let mut responses = script.iter().cloned();
    let outcome = run_call(start(client, true, now), now, &mut responses);
    assert_eq!(responses.count(), 0, "{:?}", outcome.steps);
    let sent = outcome.sent.iter();
    sent.map(|sent| region(&sent.url).to_owned()).collect()
}

/// A call that has sent its first request, and where to.
fn open(client: &Client, now: f64) -> (Call, String) {
    let mut call = start(client, true, now);
    let Step::Send(request) = call.next_step(now) else {
        panic!("nothing is sent");
    };
    let region = region(&request.url).to_owned();
    (call, region)
}

const CHICAGO: &str = "us-chicago-1";
const ASHBURN: &str = "us-ashburn-1";
const PHOENIX: &str = "us-phoenix-1";

#[test]
fn a_failed_target_is_tried_last_for_thirty_seconds() {
    let client = client(&[CHICAGO, ASHBURN], json!({}));
    assert_eq!(regions(&client, 0.0, &[text_stream()]), [CHICAGO]);
    let script = [status(503), text_stream()];
    assert_eq!(regions(&client, 1000.0, &script), [CHICAGO, ASHBURN]);
    assert_eq!(regions(&client, 2000.0, &[text_stream()]), [ASHBURN]);
    // Last, and not never.
    let script = [status(500), text_stream()];
    assert_eq!(regions(&client, 3000.0, &script), [ASHBURN, CHICAGO]);
    // The answer of a failed target makes it whole again.
    assert_eq!(regions(&client, 4000.0, &[text_stream()]), [CHICAGO]);
    let script = [status(503), text_stream()];
    assert_eq!(regions(&client, 5000.0, &script), [CHICAGO, ASHBURN]);
    // Thirty seconds after its failure it has its place again.
    assert_eq!(regions(&client, 34_000.0, &[text_stream()]), [ASHBURN]);
    assert_eq!(regions(&client, 36_000.0, &[text_stream()]), [CHICAGO]);
}

#[test]
fn failed_targets_keep_their_order() {
    let client = client(&[CHICAGO, ASHBURN, PHOENIX], json!({}));
    let script = [status(503), status(503), text_stream()];
    assert_eq!(regions(&client, 0.0, &script), [CHICAGO, ASHBURN, PHOENIX]);
    let script = [status(503), status(503), text_stream()];
    assert_eq!(
        regions(&client, 1000.0, &script),
        [PHOENIX, CHICAGO, ASHBURN]
    );
}

#[test]
fn one_call_probes_a_failed_target() {
    let client = client(&[CHICAGO, ASHBURN], json!({}));
    regions(&client, 0.0, &[status(503), text_stream()]);
    let later = 40_000.0;
    let (probe, first) = open(&client, later);
    assert_eq!(first, CHICAGO);
    for _ in 0..3 {
        assert_eq!(
            open(&client, later).1,
            ASHBURN,
            "while the probe is under way"
        );
    }
    // A probe that is abandoned, or aborted, says nothing: the next call probes.
    drop(probe);
    let (mut probe, first) = open(&client, later);
    assert_eq!(
        (first.as_str(), open(&client, later).1.as_str()),
        (CHICAGO, ASHBURN)
    );
    probe.on_cancel(later);
    let (mut probe, first) = open(&client, later);
    assert_eq!(
        (first.as_str(), open(&client, later).1.as_str()),
        (CHICAGO, ASHBURN)
    );
    // The first chunk ends it, long before the answer ends.
    probe.on_response(response_head(200, "text/event-stream"), later);
    assert_eq!(open(&client, later).1, ASHBURN);
    probe.on_body_chunk(TEXT.as_bytes(), later, &mut RecordingSink::default());
    assert_eq!(open(&client, later).1, CHICAGO);
    // What happens to the answer later does not count.
    probe.on_error(Error::new(Code::StreamTruncated, "cut"), later);
    assert_eq!(open(&client, later).1, CHICAGO);

    // A probe that fails costs another thirty seconds.
    regions(&client, 50_000.0, &[status(503), text_stream()]);
    let script = [status(503), text_stream()];
    assert_eq!(regions(&client, 90_000.0, &script), [CHICAGO, ASHBURN]);
    assert_eq!(regions(&client, 119_000.0, &[text_stream()]), [ASHBURN]);
    assert_eq!(regions(&client, 121_000.0, &[text_stream()]), [CHICAGO]);
}

#[test]
fn only_failures_of_the_target_count() {
    for failure in [
        status(401),
        status(403),
        status(404),
        status(409),
        status(429),
        status(500),
        status(502),
        MockResponse::new(302, "", &[]),
        send_error(Code::Network),
        send_error(Code::Timeout),
        events(&[EMPTY_DELTA]).then_error(Code::Timeout),
        events(&[]),
        json_body("{}"),
    ] {
        let client = client(&[CHICAGO, ASHBURN], json!({}));
        let mut responses = [failure.clone(), text_stream()].into_iter();
        run_call(start(&client, true, 0.0), 0.0, &mut responses);
        assert_eq!(open(&client, 1000.0).1, ASHBURN, "{failure:?}");
    }
    for failure in [
        status(400),
        status(413),
        bad_request(GUARDRAIL),
        bad_request("isStream is not supported"),
        send_error(Code::SignerFailed),
        send_error(Code::InvalidSignature),
        send_error(Code::Internal),
        events(&[TEXT]).then_error(Code::StreamTruncated),
        events(&[TEXT]).then_error(Code::Timeout),
        text_stream(),
    ] {
        let client = client(&[CHICAGO, ASHBURN], json!({}));
        let mut responses = [failure.clone(), text_stream()].into_iter();
        run_call(start(&client, true, 0.0), 0.0, &mut responses);
        assert_eq!(open(&client, 1000.0).1, CHICAGO, "{failure:?}");
    }
}

#[test]
fn an_attempt_that_is_retried_with_success_is_no_failure() {
    let retry = json!({"maxAttempts": 2, "baseDelayMs": 0});
    let client = client(&[CHICAGO, ASHBURN], json!({"retry": retry}));
    let script = [status(503), text_stream()];
    assert_eq!(regions(&client, 0.0, &script), [CHICAGO, CHICAGO]);
    assert_eq!(open(&client, 1000.0).1, CHICAGO);
}

#[test]
fn a_whole_answer_counts_too() {
    let client = client(&[CHICAGO, ASHBURN], json!({}));
    let run = |now: f64, script: &[MockResponse]| {
        let mut responses = script.iter().cloned();
        let outcome = run_call(start(&client, false, now), now, &mut responses);
        let sent = outcome.sent.iter();
        sent.map(|sent| region(&sent.url).to_owned())
            .collect::<Vec<_>>()
    };
    run(0.0, &[status(503), json_body(GENERIC_ANSWER)]);
    assert_eq!(run(1000.0, &[json_body(GENERIC_ANSWER)]), [ASHBURN]);
    assert_eq!(run(40_000.0, &[json_body(GENERIC_ANSWER)]), [CHICAGO]);
    assert_eq!(open(&client, 41_000.0).1, CHICAGO);
}

/// Answers the request of a call after so many milliseconds.
fn answer(mut call: Call, sent_at: f64, after: f64) {
    let at = sent_at + after;
    call.on_response(response_head(200, "text/event-stream"), at);
    call.on_body_chunk(TEXT.as_bytes(), at, &mut RecordingSink::default());
}

#[test]
fn the_fastest_target_comes_first_where_the_options_say_so() {
    let client = client(&[CHICAGO, ASHBURN, PHOENIX], json!({"strategy": "fastest"}));
    // Those that are not measured come first, each for one call at a time.
    let calls = [0; 4].map(|_| open(&client, 0.0));
    let order: Vec<&str> = calls.iter().map(|(_, region)| region.as_str()).collect();
    assert_eq!(order, [CHICAGO, ASHBURN, PHOENIX, CHICAGO]);
    for ((call, _), after) in calls.into_iter().zip([900.0, 300.0, 600.0]) {
        answer(call, 0.0, after);
    }
    let order = [status(404), status(404), text_stream()];
    assert_eq!(
        regions(&client, 1000.0, &order),
        [ASHBURN, PHOENIX, CHICAGO]
    );
    // Its time is a weighted mean: one slow answer of Ashburn's is not enough, a few are.
    for (now, after, next) in [(40_000.0, 800.0, ASHBURN), (50_000.0, 1200.0, PHOENIX)] {
        let (call, first) = open(&client, now);
        assert_eq!(first, ASHBURN);
        answer(call, now, after);
        assert_eq!(open(&client, now + after).1, next);
    }
}

#[test]
fn a_measured_time_is_forgotten_after_five_minutes() {
    let client = client(&[CHICAGO, ASHBURN], json!({"strategy": "fastest"}));
    for (now, after) in [(0.0, 300.0), (1000.0, 900.0)] {
        let (call, _) = open(&client, now);
        answer(call, now, after);
    }
    assert_eq!(open(&client, 299_000.0).1, CHICAGO);
    // The one that was slow once gets another chance.
    let (call, first) = open(&client, 301_900.0);
    assert_eq!(first, CHICAGO, "the older time first");
    answer(call, 301_900.0, 300.0);
    let (call, first) = open(&client, 302_500.0);
    assert_eq!(first, ASHBURN);
    answer(call, 302_500.0, 100.0);
    assert_eq!(open(&client, 303_000.0).1, ASHBURN);
}

#[test]
fn a_whole_answer_goes_to_the_fastest_stream() {
    let client = client(&[CHICAGO, ASHBURN], json!({"strategy": "fastest"}));
    let first = |now: f64| {
        let mut call = start(&client, false, now);
        match call.next_step(now) {
            Step::Send(request) => region(&request.url).to_owned(),
            step => panic!("{step:?}"),
        }
    };
    // It is not measured, so it does not look for targets that are not.
    assert_eq!(
        (first(0.0).as_str(), first(0.0).as_str()),
        (CHICAGO, CHICAGO)
    );
    for (now, after) in [(0.0, 900.0), (1000.0, 300.0)] {
        let (call, _) = open(&client, now);
        answer(call, now, after);
    }
    assert_eq!(first(2000.0), ASHBURN);
}
