//! The openai transport: answers are passed through as the service wrote them.

use serde_json::{json, Value};

use super::responses::{events, json_body, OPENAI_STREAM};
use super::scenario::Scenario;
use crate::support::SinkCall;

#[test]
fn answers_of_the_openai_transport_are_passed_through() {
    let json = concat!(
        r#"{"id":"x","object":"chat.completion","created":5,"model":"m","choices":[{"index":0,"#,
        r#""message":{"role":"assistant","content":"Hi","audio":null},"#,
        r#""finish_reason":"stop"}],"system_fingerprint":"fp"}"#
    );
    let outcome = Scenario::for_model("meta.llama").whole().run_expecting(
        &[json_body(json).with_request_id("r/5")],
        "openai whole, done",
    );
    let mut expected: Value = serde_json::from_str(json).unwrap();
    expected["oci"] = json!({"opc_request_id": "r/5"});
    assert_eq!(outcome.completion(), expected);
    let chunk = OPENAI_STREAM
        .split("\n\n")
        .next()
        .unwrap()
        .strip_prefix("data: ")
        .unwrap();
    let outcome = Scenario::for_model("meta.llama")
        .run_expecting(&[events(&[OPENAI_STREAM])], "openai stream, done");
    assert_eq!(outcome.sink.calls, [SinkCall::Verbatim(chunk.into())]);
}
