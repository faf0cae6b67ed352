//! Limits on the bytes of a response, of an event and of an error, and on tool calls.

use oci_genai_edge::error::Code;
use oci_genai_edge::options::Limits;
use serde_json::json;

use super::responses::{events, MockResponse, FINISH, TEXT};
use super::scenario::Scenario;

#[test]
fn limits() {
    let scenario = |limits: Limits, stream: bool| Scenario {
        limits,
        stream,
        ..Scenario::without_fallback()
    };
    let default = Limits::default();
    let small = Limits {
        max_response_bytes: 200,
        ..default
    };
    let long = format!("{{\"chatResponse\":\"{}\"}}", "x".repeat(300));
    for stream in [true, false] {
        let kind = if stream { "stream" } else { "whole" };
        let fails = format!("GENERIC {kind}, fail limit_exceeded");
        for pieces in [
            vec![long.as_str()],
            long.split_inclusive('x').collect::<Vec<_>>(),
        ] {
            let outcome = scenario(small, stream).run_expecting(
                &[MockResponse::new(200, "application/json", &pieces)],
                &fails,
            );
            assert!(outcome.hint().contains("limits.maxResponseBytes"));
        }
        scenario(small, stream).run_expecting(
            &[MockResponse::new(
                200,
                "text/event-stream",
                &[": ping\n\n"; 40],
            )],
            &fails,
        );
        let event = Limits {
            max_event_bytes: 64,
            ..default
        };
        let outcome = scenario(event, stream).run_expecting(
            &[events(&[&format!(
                "data: {{\"pad\":\"{}\"}}\n\n",
                "a".repeat(99)
            )])],
            &fails,
        );
        assert!(outcome.hint().contains("limits.maxEventBytes"));
        // A line without an end fails before it is complete in memory.
        scenario(event, stream).run_expecting(
            &[events(&["data: {", &"a".repeat(50), &"a".repeat(50)])],
            &fails,
        );
    }
    // In the middle of a stream, what was delivered is kept.
    let many = [TEXT; 9];
    let outcome = scenario(
        Limits {
            max_response_bytes: 300,
            ..default
        },
        true,
    )
    .run_expecting(
        &[events(&many)],
        "GENERIC stream, stream, fail limit_exceeded",
    );
    assert!(
        outcome.text().starts_with("HiHi")
            && outcome.report["attempts"][0]["code"] == "limit_exceeded"
    );
    let call = |id: u32| {
        let id = format!("c{id}");
        let call = json!({"type": "FUNCTION", "id": id, "name": "f", "arguments": "{}"});
        let event = json!({"index": 0, "message": {"toolCalls": [call]}});
        format!("data: {event}\n\n")
    };
    let calls = Limits {
        max_tool_calls: 2,
        ..default
    };
    let two: [&str; 3] = [&call(1), &call(2), FINISH];
    scenario(calls, true).run_expecting(&[events(&two)], "GENERIC stream, stream, done");
    let outcome = scenario(calls, true).run_expecting(
        &[events(&[&call(1), &call(2), &call(3)])],
        "GENERIC stream, stream, fail limit_exceeded",
    );
    assert_eq!(
        outcome.completion()["choices"][0]["message"]["tool_calls"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    scenario(calls, false).run_expecting(
        &[events(&[&call(1), &call(2), &call(3)])],
        "GENERIC whole, fail limit_exceeded",
    );
}

#[test]
fn endless_white_space_reaches_the_response_limit() {
    // White space has no content, and still counts as bytes of the response.
    for stream in [true, false] {
        let limits = Limits {
            max_response_bytes: 200,
            ..Limits::default()
        };
        let outcome = Scenario {
            limits,
            stream,
            ..Scenario::without_fallback()
        }
        .run(&[events(&["\n\n\n\n\n\n\n\n"; 40])]);
        assert_eq!(
            outcome.error_code(),
            Some(Code::LimitExceeded),
            "stream: {stream}"
        );
    }
}

#[test]
fn error_bodies_are_read_up_to_their_limit() {
    let scenario = Scenario {
        limits: Limits {
            max_error_bytes: 100,
            ..Limits::default()
        },
        ..Scenario::without_fallback().whole()
    };
    for size in [1, 7, 99, 100, 101, 5000] {
        let text = "word ".repeat(1000);
        let pieces: Vec<&str> = text
            .as_bytes()
            .chunks(size)
            .map(|piece| std::str::from_utf8(piece).unwrap())
            .collect();
        let outcome = scenario.run_expecting(
            &[MockResponse::new(400, "text/plain", &pieces)],
            "GENERIC whole, fail bad_request",
        );
        let error = outcome.error.unwrap();
        assert_eq!(
            (error.service_message().map(str::len), error.status()),
            (Some(99), Some(400)),
            "{size}"
        );
    }
    // A body of exactly the limit is read completely.
    let json = json!({"code": "x", "message": "y".repeat(75)}).to_string();
    assert_eq!(json.len(), 100);
    for size in [1, 100] {
        let pieces: Vec<&str> = json
            .as_bytes()
            .chunks(size)
            .map(|piece| std::str::from_utf8(piece).unwrap())
            .collect();
        let outcome = scenario.run_expecting(
            &[MockResponse::new(400, "application/json", &pieces)],
            "GENERIC whole, fail bad_request",
        );
        assert_eq!(outcome.error.unwrap().service_code(), Some("x"));
    }
}

#[test]
fn a_hostile_error_page_takes_linear_time() {
    // As many bytes as are read of an error, of a kind that takes quadratic time if each `<` is
    // searched for its end.
    let page = " ".repeat(32 * 1024) + &"<".repeat(32 * 1024);
    let start = std::time::Instant::now();
    Scenario::without_fallback().whole().run_expecting(
        &[MockResponse::new(400, "text/html", &[&page])],
        "GENERIC whole, fail bad_request",
    );
    assert!(start.elapsed().as_secs_f64() < 2.0, "{:?}", start.elapsed());
}
