//! What a body is, whatever its content type: events, JSON, something compressed or neither.

use oci_genai_edge::error::Code;
use serde_json::json;

use super::responses::{
    events, json_body, raw_events, MockResponse, FINISH, GENERIC_ANSWER, TEXT, USAGE,
};
use super::scenario::Scenario;
use crate::support::RecordingSink;

#[test]
fn compression_is_detected_at_every_split() {
    let zstd = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x01, 0x0A, 0x0A];
    for stream in [true, false] {
        for at in 0..=zstd.len() {
            let pieces = vec![zstd[..at].to_vec(), zstd[at..].to_vec()];
            let scenario = Scenario {
                stream,
                ..Scenario::without_fallback()
            };
            let outcome = scenario.run(&[raw_events(pieces)]);
            assert_eq!(
                outcome.error_code(),
                Some(Code::UnsupportedEncoding),
                "split at {at}, stream: {stream}"
            );
        }
    }
}

#[test]
fn json_instead_of_events_becomes_chunks() {
    let message = json!({
        "role": "ASSISTANT",
        "reasoningContent": "hm",
        "content": [{"type": "TEXT", "text": "So"}],
        "toolCalls": [
            {"type": "FUNCTION", "id": "a", "name": "f", "arguments": "{\"x\":1}"},
            {"type": "FUNCTION", "id": "b", "name": "g"},
        ],
    });
    let chat_response = json!({
        "apiFormat": "GENERIC",
        "serviceTier": "DEFAULT",
        "choices": [{"index": 0, "message": message, "finishReason": "STOP"}],
        "usage": {"promptTokens": 1, "completionTokens": 2, "totalTokens": 3},
    });
    let body = json!({"modelId": "m", "chatResponse": chat_response}).to_string();
    // Whatever the content type is.
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "text/event-stream",
        "",
    ] {
        let (first, second) = body.split_at(40);
        let pieces = ["", " \n", first, second];
        let response = MockResponse::new(200, content_type, &pieces).with_request_id("r/1");
        let request = json!({
            "messages": [{"role": "user", "content": "?"}],
            "stream_options": {"include_usage": true},
        });
        let outcome = Scenario {
            request,
            ..Scenario::without_fallback()
        }
        .run_expecting(&[response], "GENERIC stream, done");
        let chunks = outcome.sink.chunks();
        assert_eq!(chunks.len(), 3);
        let function = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
        let (f, g) = (function("f", "{\"x\":1}"), function("g", "{}"));
        let delta = json!({
            "role": "assistant",
            "content": "So",
            "reasoning_content": "hm",
            "tool_calls": [
                {"index": 0, "id": "a", "type": "function", "function": f},
                {"index": 1, "id": "b", "type": "function", "function": g},
            ],
        });
        assert_eq!(
            chunks[0]["choices"],
            json!([{"index": 0, "delta": delta, "finish_reason": null}])
        );
        assert_eq!(chunks[0]["oci"]["opc_request_id"], "r/1");
        assert_eq!(chunks[0]["oci"]["fallback"], outcome.report["fallback"]);
        assert_eq!(
            chunks[1]["choices"],
            json!([{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])
        );
        assert_eq!(chunks[1]["oci"], json!({"finish_reason": "STOP"}));
        assert_eq!(chunks[2]["choices"], json!([]));
        assert_eq!(
            chunks[2]["usage"],
            json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
        );
        assert_eq!(
            (&outcome.report["streamed"], &outcome.report["finishReason"]),
            (&json!(false), &json!("tool_calls"))
        );
        assert_eq!(outcome.completion()["service_tier"], "default");
    }
}

#[test]
fn a_whole_answer() {
    let scenario = Scenario::default().whole();
    for response in [
        json_body(GENERIC_ANSWER),
        MockResponse::new(
            200,
            "text/event-stream",
            &["\n", &GENERIC_ANSWER[..9], &GENERIC_ANSWER[9..]],
        ),
        events(&[TEXT, FINISH, USAGE]),
    ] {
        let outcome =
            scenario.run_expecting(&[response.with_request_id("r/2")], "GENERIC whole, done");
        let whole = outcome.completion();
        assert_eq!(outcome.sink, RecordingSink::default());
        assert_eq!(
            (&whole["object"], &whole["id"], &whole["created"]),
            (
                &json!("chat.completion"),
                &json!("chatcmpl-test"),
                &json!(7)
            )
        );
        // Annotations are an empty list, as OpenAI's are.
        let message =
            json!({"role": "assistant", "content": "Hi", "refusal": null, "annotations": []});
        assert_eq!(
            whole["choices"],
            json!([{"index": 0, "message": message, "logprobs": null, "finish_reason": "stop"}])
        );
        assert_eq!(
            whole["usage"],
            json!({"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4})
        );
        assert_eq!(whole["oci"], json!({"opc_request_id": "r/2"}));
    }
    for (response, code) in [
        (json_body("{}"), Code::InvalidResponse),
        (json_body("[]"), Code::InvalidResponse),
        (json_body("null"), Code::InvalidResponse),
        (json_body("not json"), Code::InvalidResponse),
        (
            json_body("{\"chatResponse\":{\"apiFormat\":\"GENERIC\",\"choices\":[]}}"),
            Code::InvalidResponse,
        ),
        (events(&[TEXT]), Code::StreamTruncated),
    ] {
        let outcome = scenario.run(std::slice::from_ref(&response));
        assert_eq!(outcome.error_code(), Some(code), "{response:?}");
        assert_eq!(outcome.sent.len(), 1);
    }
}

#[test]
fn a_body_that_is_not_an_answer_is_invalid_rather_than_truncated() {
    // No stream was requested, so an empty body is not a truncated one.
    let page = MockResponse::new(200, "text/html", &["<html>hello</html>"]);
    for response in [json_body(""), json_body("  \n"), page] {
        Scenario::default().whole().run_expecting(
            std::slice::from_ref(&response),
            "GENERIC whole, fail invalid_response",
        );
    }
}
