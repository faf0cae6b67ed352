//! Streams and whole answers without an answer, on every wire: no success with `choices: []`.

use oci_genai_edge::error::Code;
use serde_json::json;

use super::responses::{events, json_body, MockResponse, DONE, GENERIC_ANSWER};
use super::scenario::Scenario;

/// A scenario on each wire, the name of its requests, and a whole answer with the text `Hi`.
fn on_each_wire() -> [(Scenario, &'static str, String); 4] {
    let native = |format: &str| Scenario::default().with_option("apiFormat", json!(format));
    let message = json!({"content": [{"type": "TEXT", "text": "Hi"}]});
    let whole = |chat| json!({"modelId": "m", "chatResponse": chat}).to_string();
    let choice = json!({"index": 0, "message": {"role": "assistant", "content": "Hi"},
        "finish_reason": "stop"});
    [
        (native("GENERIC"), "GENERIC", GENERIC_ANSWER.to_owned()),
        (
            native("COHERE"),
            "COHERE",
            whole(json!({"apiFormat": "COHERE", "text": "Hi", "finishReason": "COMPLETE"})),
        ),
        (
            native("COHEREV2"),
            "COHEREV2",
            whole(json!({"apiFormat": "COHEREV2", "message": message, "finishReason": "COMPLETE"})),
        ),
        (
            Scenario::for_model("meta.llama"),
            "openai",
            json!({"id": "x", "object": "chat.completion", "choices": [choice]}).to_string(),
        ),
    ]
}

/// Streams that end, and have no event that any wire reads.
const EMPTY_STREAMS: [&[&str]; 7] = [
    &[DONE],
    &[": ping\n\n", DONE],
    &["data: {\"fresh\":1}\n\n", DONE],
    &["data: {\"pad\":\"aaa\"}\n\n", DONE],
    &[
        "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        "data: {}\n\n",
        DONE,
    ],
    &["data: {\"usage\":{\"promptTokens\":1}}\n\n", DONE],
    &[
        "data: {\"usage\":{\"prompt_tokens\":1},\"choices\":null}\n\n",
        DONE,
    ],
];

#[test]
fn a_stream_without_an_answer_is_requested_again_without_streaming() {
    for (scenario, wire, whole) in on_each_wire() {
        for stream in EMPTY_STREAMS {
            let outcome = scenario.run_expecting(
                &[events(stream), json_body(&whole)],
                &format!("{wire} stream, {wire} whole, done"),
            );
            assert_eq!(outcome.text(), "Hi");
            let reason = outcome.report["fallback"].as_str().unwrap();
            assert!(reason.starts_with("stream_error"), "{reason}");
        }
    }
}

#[test]
fn it_is_an_error_where_there_is_no_fallback() {
    for (scenario, wire, _) in on_each_wire() {
        let scenario = scenario.with_option("fallback", json!("never"));
        for stream in EMPTY_STREAMS {
            let steps = format!("{wire} stream, fail stream_error");
            let outcome = scenario.run_expecting(&[events(stream)], &steps);
            assert!(!outcome.call.has_result(), "{wire}: {stream:?}");
            assert!(outcome.sink.calls.is_empty(), "{wire}: {stream:?}");
        }
    }
}

#[test]
fn chunks_without_choices_are_no_answer() {
    let chunk = "data: {\"id\":\"x\",\"choices\":[],\"usage\":null}\n\n";
    let (scenario, _, whole) = on_each_wire().into_iter().next_back().unwrap();
    let script = [events(&[chunk, DONE]), json_body(&whole)];
    let outcome = scenario.run_expecting(&script, "openai stream, openai whole, done");
    assert_eq!(outcome.text(), "Hi");
}

#[test]
fn a_whole_answer_without_choices_is_invalid() {
    for (scenario, wire, _) in on_each_wire() {
        let scenario = scenario.whole();
        for chat in [
            json!({"apiFormat": wire}),
            json!({"apiFormat": wire, "choices": []}),
            json!({"apiFormat": wire, "usage": {"promptTokens": 1}, "fresh": {}}),
        ] {
            let native = json!({"modelId": "m", "chatResponse": chat}).to_string();
            let openai = json!({"id": "x", "choices": []}).to_string();
            let body = if wire == "openai" { openai } else { native };
            let steps = format!("{wire} whole, fail invalid_response");
            let outcome = scenario.run_expecting(&[json_body(&body)], &steps);
            assert_eq!(outcome.error_code(), Some(Code::InvalidResponse));
        }
    }
}

#[test]
fn an_answer_may_be_empty() {
    let finish: [&[&str]; 4] = [
        &["data: {\"finishReason\":\"stop\"}\n\n"],
        &["data: {\"apiFormat\":\"COHERE\",\"finishReason\":\"COMPLETE\"}\n\n"],
        &["data: {\"apiFormat\":\"COHEREV2\",\"finishReason\":\"COMPLETE\"}\n\n"],
        &[
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            DONE,
        ],
    ];
    for ((scenario, wire, _), stream) in on_each_wire().into_iter().zip(finish) {
        let response: MockResponse = events(stream);
        let outcome = scenario.run(&[response]);
        assert_eq!(outcome.error_code(), None, "{wire}");
        let choices = &outcome.completion()["choices"];
        assert_eq!(choices[0]["message"]["content"], "", "{wire}");
        assert_eq!(choices[0]["finish_reason"], "stop", "{wire}");
    }
    // COHERE's last event may have neither text nor reason.
    let (scenario, ..) = on_each_wire().into_iter().nth(1).unwrap();
    let history = "data: {\"apiFormat\":\"COHERE\",\"chatHistory\":[],\"finishReason\":null}\n\n";
    let outcome = scenario.run_expecting(&[events(&[history])], "COHERE stream, done");
    assert_eq!(outcome.completion()["choices"][0]["finish_reason"], "stop");
}
