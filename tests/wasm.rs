//! The shell, compiled to wasm and run by `wasm-pack test --node`, driven as JavaScript drives it.
#![cfg(all(feature = "js", target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use js_sys::{Uint8Array, WebAssembly, JSON};
use oci_genai_edge::js::boundary::{
    MODE_CHUNKS, MODE_WHOLE, STEP_BOUNDED, STEP_DONE, STEP_FAILED, STEP_OUTPUT, STEP_READ,
    STEP_SEND, STEP_WAIT,
};
use oci_genai_edge::js::{input_capacity, input_pointer, CallHandle, Client, Failure};
use serde_json::{json, Value};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

const DAC: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
const TEXT: &str = concat!(
    r#"data: {"index":0,"message":{"content":[{"type":"TEXT","text":"Hé"}]}}"#,
    "\n\n"
);
const FINISH: &str = concat!(r#"data: {"finishReason":"stop"}"#, "\n\n");

fn client() -> Client {
    let options = json!({
        "compartmentId": "ocid1.compartment.oc1..example",
        "models": {"alias": [DAC, {"model": DAC, "apiFormat": "COHERE"}]},
    });
    Client::new(&options.to_string(), false, false).unwrap()
}

fn request(model: &str) -> String {
    let messages = json!([{"role": "user", "content": "Hi"}]);
    json!({"model": model, "messages": messages}).to_string()
}

/// Makes a call.
fn call(mode: u32, options: &str) -> CallHandle {
    let call = client().call(&request(DAC), options, mode, "chatcmpl-1".into());
    call.map_err(JsValue::from).unwrap()
}

/// Makes a call, sends its request, and receives this head.
fn responded(mode: u32, status: u16, content_type: &str) -> CallHandle {
    let mut call = call(mode, "{}");
    assert_eq!(call.next_step(), STEP_SEND);
    assert!(call.request_head().is_some());
    assert!(call.on_response(status, Some(content_type.into()), None, None, None, None));
    call
}

/// A stream that has received its first text.
fn streaming() -> CallHandle {
    let mut call = responded(MODE_CHUNKS, 200, "text/event-stream");
    assert_eq!(call.next_step(), STEP_READ);
    assert_eq!(feed(&mut call, TEXT.as_bytes()), STEP_OUTPUT);
    assert_eq!(call.next_step(), 0);
    call
}

/// Copies bytes to the input buffer and feeds them, as JavaScript does.
fn feed(call: &mut CallHandle, bytes: &[u8]) -> u32 {
    assert!(bytes.len() <= input_capacity() as usize);
    let (source, address) = (Uint8Array::from(bytes), input_pointer());
    // The view comes last: memory that grows detaches the views of it.
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    Uint8Array::new(&memory.buffer()).set(&source, address);
    call.feed(bytes.len() as u32)
}

/// A plain object as JSON.
fn to_json(object: &JsValue) -> Value {
    let text = String::from(JSON::stringify(object).unwrap());
    serde_json::from_str(&text).unwrap()
}

/// Report and target of a call.
fn outcome(call: &CallHandle) -> Value {
    serde_json::from_str(&call.outcome()).unwrap()
}

fn completion(call: &mut CallHandle) -> Value {
    serde_json::from_str(&call.completion()).unwrap()
}

#[wasm_bindgen_test]
fn a_stream_is_fed_until_it_is_done() {
    let mut call = streaming();
    assert!(!call.is_events());
    assert_eq!(feed(&mut call, FINISH.as_bytes()), STEP_OUTPUT);
    assert_eq!(call.on_body_end(), STEP_DONE);
    assert!(call.failure().is_undefined());
    let completion = completion(&mut call);
    assert_eq!(completion["choices"][0]["message"]["content"], "Hé");
    assert_eq!(completion["choices"][0]["finish_reason"], "stop");
    let report = &outcome(&call)["report"];
    assert_eq!(
        (&report["streamed"], &report["finishReason"]),
        (&json!(true), &json!("stop"))
    );
    let route = &outcome(&call)["target"];
    assert_eq!(route["route"]["apiFormat"], "GENERIC");
    assert_eq!(
        route["host"],
        "inference.generativeai.us-chicago-1.oci.oraclecloud.com"
    );
}

#[wasm_bindgen_test]
fn the_signer_gets_what_is_sent() {
    let mut call = call(MODE_WHOLE, r#"{"headers":{"x-trace":"1"}}"#);
    assert_eq!(call.next_step(), STEP_SEND);
    let head = call.request_head().unwrap();
    let lines: Vec<&str> = head.split('\n').collect();
    let url =
        "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat";
    assert_eq!(lines[..3], ["1", "0", url]);
    assert!(lines[3..].chunks(2).any(|it| it == ["x-trace", "1"]));
    let body: Value = serde_json::from_slice(&call.take_body()).unwrap();
    assert_eq!(body["servingMode"]["servingType"], "DEDICATED");
    assert!(call.request_head().is_none());
}

#[wasm_bindgen_test]
fn a_whole_answer_is_read_to_its_end() {
    let body = json!({"chatResponse": {"apiFormat": "GENERIC", "choices": [
        {"index": 0, "message": {"role": "ASSISTANT", "content": [{"type": "TEXT", "text": "Hi"}]},
         "finishReason": "stop"}]}})
    .to_string();
    let (start, end) = body.split_at(20);
    let mut call = responded(MODE_WHOLE, 200, "application/json");
    assert_eq!(call.next_step(), STEP_READ);
    assert_eq!(feed(&mut call, start.as_bytes()), 0);
    assert_eq!(call.next_step(), STEP_READ | STEP_BOUNDED);
    // Half an answer is waited for; a whole one is taken although the body stays open.
    assert_eq!(call.on_body_stall(), 0);
    assert_eq!(feed(&mut call, end.as_bytes()), 0);
    assert_eq!(call.on_body_stall(), STEP_DONE);
    assert_eq!(
        completion(&mut call)["choices"][0]["message"]["content"],
        "Hi"
    );
}

#[wasm_bindgen_test]
fn an_error_is_an_error_although_its_body_stays_open() {
    let mut call = responded(MODE_CHUNKS, 404, "application/json");
    assert_eq!(call.next_step(), STEP_READ | STEP_BOUNDED);
    assert_eq!(call.on_body_stall(), STEP_FAILED);
    assert_eq!(call.next_step(), STEP_FAILED);
    assert_eq!(
        to_json(&call.failure())["code"],
        "not_found_or_unauthorized"
    );
}

#[wasm_bindgen_test]
fn failures_have_codes() {
    type Report = fn(&mut CallHandle);
    let reports: [(Report, &str); 3] = [
        (
            |call| call.on_authorize_error("signer_failed", "no".into(), Some("do".into())),
            "signer_failed",
        ),
        (
            |call| call.on_authorize_error("invalid_signature", "no".into(), None),
            "invalid_signature",
        ),
        (|call| call.on_timeout("totalMs", 5.0), "timeout"),
    ];
    for (report, code) in reports {
        let mut call = call(MODE_CHUNKS, r#"{"timeouts":{"totalMs":5}}"#);
        assert_eq!(call.total_ms(), 5.0);
        assert_eq!(call.next_step(), STEP_SEND);
        report(&mut call);
        assert_eq!(call.next_step(), STEP_FAILED);
        assert_eq!(to_json(&call.failure())["code"], code);
    }
}

#[wasm_bindgen_test]
fn a_network_error_is_retried_after_a_wait() {
    let mut call = call(MODE_WHOLE, "{}");
    assert_eq!(call.next_step(), STEP_SEND);
    call.on_network_error();
    assert_eq!(call.next_step(), STEP_WAIT);
    assert!(call.wait_ms() >= 0.0);
    assert_eq!(call.next_step(), STEP_SEND);
}

#[wasm_bindgen_test]
fn a_header_that_no_host_can_send_is_named() {
    let options = json!({
        "endpoint": "https://proxy.example",
        "compartmentId": "ocid1.compartment.oc1..日本",
    });
    let client = Client::new(&options.to_string(), true, false).unwrap();
    let model = "xai.grok-4";
    let call = client.call(
        &request(model),
        r#"{"transport":"openai"}"#,
        MODE_CHUNKS,
        "x".into(),
    );
    let mut call = call.map_err(JsValue::from).unwrap();
    assert_eq!(call.next_step(), STEP_SEND);
    assert!(call.request_head().is_none());
    assert_eq!(call.next_step(), STEP_FAILED);
    let fields = to_json(&call.failure());
    assert_eq!(fields["code"], "invalid_options");
    assert!(fields["message"]
        .as_str()
        .unwrap()
        .contains("opc-compartment-id"));
}

#[wasm_bindgen_test]
fn a_read_error_after_the_first_chunk_keeps_the_partial_answer() {
    let mut call = streaming();
    assert!(call.partial().is_some());
    assert_eq!(call.on_read_error(), STEP_FAILED);
    let fields = to_json(&call.failure());
    assert_eq!(fields["code"], "stream_truncated");
    let partial: Value = serde_json::from_str(fields["partial"].as_str().unwrap()).unwrap();
    assert_eq!(partial["choices"][0]["message"]["content"], "Hé");
}

#[wasm_bindgen_test]
fn a_cancelled_call_has_no_error() {
    let mut call = streaming();
    assert_eq!(call.chunk_ms(), 0.0);
    call.on_cancel();
    let report = &outcome(&call)["report"];
    assert_eq!(report.get("error"), None);
    assert_eq!(report["streamed"], true);
    assert!(call.failure().is_undefined());
}

#[wasm_bindgen_test]
fn an_invalid_call_fails_at_once() {
    let client = client();
    for (request, expected) in [
        ("{}".to_owned(), "invalid_request"),
        (request("gpt-4o"), "invalid_model"),
    ] {
        let call = client.call(&request, "{}", MODE_CHUNKS, String::new());
        let failure: Failure = call.map(|_| ()).unwrap_err();
        assert_eq!(to_json(&failure.fields())["code"], expected);
    }
}

#[wasm_bindgen_test]
fn routes_and_models_are_objects() {
    let client = client();
    let route = to_json(&client.route(DAC, "{}").unwrap());
    assert_eq!(
        (&route["transport"], &route["apiFormat"]),
        (&json!("native"), &json!("GENERIC"))
    );
    let models = client.models();
    assert_eq!(models.len(), 1);
    let model = to_json(&models[0]);
    assert_eq!(
        (&model["id"], &model["targets"]),
        (&json!("alias"), &json!(2))
    );
    assert_eq!(model["route"], route);
}
