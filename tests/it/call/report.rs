//! Reports of streams, failures and cancelled calls.

use oci_genai_edge::call::Step;
use oci_genai_edge::error::Code;
use serde_json::{json, Value};

use super::responses::{
    events, send_error, status, MockResponse, DONE, EMPTY_DELTA, FINISH, TEXT, USAGE,
};
use super::scenario::{report_of, Scenario, DAC};
use crate::support::{response_head, RecordingSink};

#[test]
fn report_of_a_stream() {
    let outcome = Scenario::default().run_expecting(
        &[events(&[EMPTY_DELTA, TEXT, FINISH, USAGE, DONE]).with_request_id("a/b/c")],
        "GENERIC stream, stream, done",
    );
    // Start at 1000, head at 1010, an empty delta at 1020, the first chunk at 1030, end at 1060.
    let attempt =
        json!({"url": outcome.sent[0].url, "status": 200, "opcRequestId": "a/b/c", "ms": 60});
    let report = json!({
        "operation": "chat",
        "model": DAC,
        "attempts": [attempt],
        "streamed": true,
        "finishReason": "stop",
        "firstChunkMs": 30,
        "totalMs": 60,
        "phase": "complete",
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    });
    assert_eq!(outcome.report, report);
    assert_eq!(outcome.sink.chunks()[0]["oci"]["opc_request_id"], "a/b/c");
    // The report has the usage, whether or not the request asks for its chunk.
    assert!(outcome
        .sink
        .chunks()
        .iter()
        .all(|chunk| chunk.get("usage").is_none()));
    let request = json!({
        "messages": [{"role": "user", "content": "?"}],
        "stream_options": {"include_usage": true},
    });
    let outcome = Scenario {
        request,
        ..Scenario::default()
    }
    .run_expecting(
        &[events(&[TEXT, FINISH, USAGE, DONE])],
        "GENERIC stream, stream, done",
    );
    let last = outcome.sink.chunks().pop().unwrap();
    assert_eq!(
        (&last["choices"], &last["usage"]),
        (&json!([]), &report["usage"])
    );
}

#[test]
fn report_of_failures() {
    let script = [
        status(503).with_request_id("r/1"),
        send_error(Code::Network),
        status(404).with_request_id("r/3"),
    ];
    let steps = "GENERIC whole, wait, GENERIC whole, wait, GENERIC whole, \
        fail not_found_or_unauthorized";
    let outcome = Scenario::default().whole().run_expecting(&script, steps);
    let url = &outcome.sent[0].url;
    // Sent at 1000, head at 1010, body at 1020, its end at 1030; 10 and the backoff; and so on.
    let attempt = |status: u16, code: &str, id: &str| -> Value {
        json!({"url": url, "status": status, "code": code, "opcRequestId": id, "ms": 30})
    };
    let report = json!({
        "operation": "chat",
        "model": DAC,
        "streamed": false,
        "phase": "opening",
        "error": "not_found_or_unauthorized",
        "totalMs": (90.0 + outcome.waits.iter().sum::<f64>()) as u32,
        "attempts": [
            attempt(503, "service_unavailable", "r/1"),
            {"url": url, "code": "network", "ms": 10},
            attempt(404, "not_found_or_unauthorized", "r/3"),
        ],
    });
    assert_eq!(outcome.report, report);
    let error = outcome.error.unwrap();
    assert_eq!(
        (error.status(), error.service_code(), error.opc_request_id()),
        (Some(404), Some("404"), Some("r/3"))
    );
    // An opaque redirect has no status to report.
    let outcome = Scenario::default().run_expecting(
        &[MockResponse::new(0, "", &[])],
        "GENERIC stream, fail redirected",
    );
    assert_eq!(outcome.attempts(), [(None, Some("redirected"))]);
}

#[test]
fn report_of_a_cancelled_call() {
    let mut call = Scenario::default().start();
    assert!(matches!(call.next_step(1000.0), Step::Send(_)));
    call.on_response(response_head(200, "text/event-stream"), 1040.0);
    call.on_body_chunk(TEXT.as_bytes(), 1050.0, &mut RecordingSink::default());
    call.on_cancel(1070.0);
    let report = report_of(&call, 9000.0);
    assert_eq!(
        (
            &report["totalMs"],
            &report["firstChunkMs"],
            report.get("error")
        ),
        (&json!(70), &json!(50), None)
    );
    assert_eq!(
        (&report["streamed"], report.get("finishReason")),
        (&json!(true), None)
    );
    assert_eq!(report["phase"], "streaming");
    // The time of a call in progress counts to now.
    let mut call = Scenario::default().start();
    assert!(matches!(call.next_step(1000.0), Step::Send(_)));
    assert_eq!(report_of(&call, 1300.0)["totalMs"], 300);
    assert_eq!(report_of(&call, 1300.0)["phase"], "opening");
}

#[test]
fn phases() {
    let phase = |outcome: super::scenario::Outcome| outcome.report["phase"].clone();
    let outcome = Scenario::default().run_expecting(
        &[events(&[TEXT])],
        "GENERIC stream, stream, fail stream_truncated",
    );
    assert_eq!(phase(outcome), "streaming");
    let outcome = Scenario::without_fallback()
        .run_expecting(&[events(&[])], "GENERIC stream, fail stream_truncated");
    assert_eq!(phase(outcome), "opening");
    // Nothing was sent: the wire can't express the request.
    let request = json!({"messages": [{"role": "user", "content": "?"}], "audio": {"voice": "x"}});
    let outcome = Scenario {
        request,
        ..Scenario::default()
    }
    .run_expecting(&[], "fail invalid_request");
    assert_eq!(phase(outcome), "validation");
}
