//! The shell, compiled to wasm and run by `wasm-pack test --node`. The hooks of the host are small
//! JavaScript functions.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use js_sys::{Function, Object, Reflect, Uint8Array, WebAssembly, JSON};
use oci_genai_edge::js::boundary::{MODE_CHUNKS, MODE_WHOLE, STEP_DONE, STEP_FAILED, STEP_OUTPUT};
use oci_genai_edge::js::{input_capacity, input_pointer, CallHandle, Client, Failure};
use serde_json::{json, Value};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{AbortController, AbortSignal};

const DAC: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
const TEXT: &str = concat!(
    r#"data: {"index":0,"message":{"content":[{"type":"TEXT","text":"Hé"}]}}"#,
    "\n\n"
);
const FINISH: &str = concat!(r#"data: {"finishReason":"stop"}"#, "\n\n");

/// A client whose `fetch(url, init)` and `authorize(request, headers)` have these bodies.
fn client(fetch: &str, authorize: &str) -> Client {
    let options = json!({
        "compartmentId": "ocid1.compartment.oc1..example",
        "models": {"alias": [DAC, {"model": DAC, "apiFormat": "COHERE"}]},
    });
    let hooks = Object::new();
    for (name, parameters, body) in [
        ("fetch", "url, init", fetch),
        ("authorize", "request, headers", authorize),
        ("sleep", "ms, signal", ""),
    ] {
        let body = format!("return (async () => {{ {body} }})()");
        let hook = Function::new_with_args(parameters, &body);
        Reflect::set(&hooks, &name.into(), &hook).unwrap();
    }
    Client::new(&options.to_string(), &hooks).unwrap()
}

/// A `fetch` that returns a stream with these chunks. The stream stays open unless `closes`.
fn stream_of(chunks: &[&str], closes: bool) -> String {
    let chunks = json!(chunks);
    format!(
        "return new Response(new ReadableStream({{ start(controller) {{
           for (const chunk of {chunks}) controller.enqueue(new TextEncoder().encode(chunk));
           if ({closes}) controller.close();
         }} }}))"
    )
}

fn request(model: &str) -> String {
    let messages = json!([{"role": "user", "content": "Hi"}]);
    json!({"model": model, "messages": messages}).to_string()
}

fn signal() -> AbortSignal {
    AbortController::new().unwrap().signal()
}

/// Makes a call, and opens it.
async fn open(client: &Client, mode: u32) -> Result<CallHandle, JsValue> {
    let id = "chatcmpl-1".to_owned();
    let call = client.call(&request(DAC), "{}", mode, signal(), id);
    let call = call.map_err(JsValue::from)?;
    JsFuture::from(call.open()).await?;
    Ok(call)
}

/// Copies bytes to the input buffer and feeds them, as JavaScript does.
fn feed(call: &CallHandle, bytes: &[u8]) -> u32 {
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

fn completion(call: &CallHandle) -> Value {
    serde_json::from_str(&call.completion()).unwrap()
}

/// The code of a failure that was thrown.
fn code(thrown: &JsValue) -> String {
    let fields = Reflect::get(thrown, &"fields".into()).unwrap();
    let code = Reflect::get(&fields, &"code".into()).unwrap();
    code.as_string().unwrap()
}

#[wasm_bindgen_test]
async fn a_stream_in_one_chunk_is_read_by_open() {
    let stream = [TEXT, FINISH].concat();
    let call = open(&client(&stream_of(&[&stream], true), ""), MODE_CHUNKS).await;
    let call = call.unwrap();
    call.output();
    let completion = completion(&call);
    assert_eq!(completion["choices"][0]["message"]["content"], "Hé");
    assert_eq!(completion["choices"][0]["finish_reason"], "stop");
}

#[wasm_bindgen_test]
async fn a_stream_in_several_chunks_is_fed_after_open() {
    let call = open(&client(&stream_of(&[TEXT], false), ""), MODE_CHUNKS).await;
    let call = call.unwrap();
    // `open` returns after the first chunk. From then on, JavaScript reads the body.
    assert_eq!(call.output(), STEP_OUTPUT);
    assert!(!call.is_events());
    assert!(call.take_reader().is_some());
    assert!(call.take_reader().is_none());
    assert_eq!(feed(&call, FINISH.as_bytes()), STEP_OUTPUT);
    assert_eq!(call.on_body_end(), STEP_DONE);
    assert!(call.failure().is_none());
    let completion = completion(&call);
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
async fn the_signer_gets_what_is_sent() {
    let authorize = "globalThis.signed = request; headers.set('authorization', 'Signature x')";
    let fetch = "
        globalThis.sent = { url, init, authorization: init.headers.get('authorization') };
        return new Response(JSON.stringify({ chatResponse: { apiFormat: 'COHERE', text: 'Hi' } }))";
    let call = open(&client(fetch, authorize), MODE_WHOLE).await.unwrap();
    call.output();
    assert_eq!(completion(&call)["choices"][0]["message"]["content"], "Hi");
    let same = js_sys::eval(
        "signed.body === sent.init.body && signed.url === sent.url
         && Object.isFrozen(signed.headers) && sent.authorization === 'Signature x'
         && sent.init.redirect === 'manual' && sent.init.method === 'POST'
         && JSON.parse(new TextDecoder().decode(sent.init.body))
              .servingMode.servingType === 'DEDICATED'",
    );
    assert_eq!(same.unwrap(), JsValue::TRUE);
}

#[wasm_bindgen_test]
async fn failures_have_codes() {
    for (fetch, authorize, expected) in [
        ("throw new TypeError('unreachable')", "", "network"),
        (
            "return new Response('{}', { status: 404 })",
            "",
            "not_found_or_unauthorized",
        ),
        (
            "throw new Error('nothing is sent without a signature')",
            "throw { code: 'signer_failed', message: 'no', cause: 1 }",
            "signer_failed",
        ),
    ] {
        let thrown = open(&client(fetch, authorize), MODE_CHUNKS).await;
        assert_eq!(code(&thrown.unwrap_err()), expected);
    }
}

#[wasm_bindgen_test]
async fn a_read_error_after_the_first_chunk_keeps_the_partial_answer() {
    let call = open(&client(&stream_of(&[TEXT], false), ""), MODE_CHUNKS).await;
    let call = call.unwrap();
    assert_eq!(call.output(), STEP_OUTPUT);
    assert_eq!(call.on_read_error(JsValue::from_str("reset")), STEP_FAILED);
    let failure = call.failure().unwrap();
    assert_eq!(failure.cause(), JsValue::from_str("reset"));
    let fields = to_json(&failure.fields());
    assert_eq!(fields["code"], "stream_truncated");
    let partial: Value = serde_json::from_str(fields["partial"].as_str().unwrap()).unwrap();
    assert_eq!(partial["choices"][0]["message"]["content"], "Hé");
}

const UNTIL_ABORTED: &str = "
    return await new Promise((_, reject) => {
      init.signal.addEventListener('abort', () => reject(init.signal.reason));
    })";

#[wasm_bindgen_test]
async fn an_abort_rejects_with_its_own_reason() {
    let client = client(UNTIL_ABORTED, "");
    let controller = AbortController::new().unwrap();
    let call = client
        .call(
            &request(DAC),
            "{}",
            MODE_CHUNKS,
            controller.signal(),
            String::new(),
        )
        .unwrap();
    let open = JsFuture::from(call.open());
    controller.abort_with_reason(&"enough".into());
    assert_eq!(open.await.unwrap_err(), JsValue::from_str("enough"));
}

#[wasm_bindgen_test]
async fn a_timeout_rejects_with_its_own_error() {
    let client = client(UNTIL_ABORTED, "");
    let controller = AbortController::new().unwrap();
    let options = r#"{"timeouts":{"totalMs":5}}"#;
    let call = client
        .call(
            &request(DAC),
            options,
            1,
            controller.signal(),
            String::new(),
        )
        .unwrap();
    assert_eq!(to_json(&call.timeouts())["totalMs"], 5);
    let open = JsFuture::from(call.open());
    call.on_timeout("totalMs", 5.0);
    controller.abort();
    assert_eq!(code(&open.await.unwrap_err()), "timeout");
}

#[wasm_bindgen_test]
async fn a_cancelled_call_has_no_error() {
    let call = open(&client(&stream_of(&[TEXT], false), ""), MODE_CHUNKS).await;
    let call = call.unwrap();
    assert!(call.timeouts().is_undefined());
    call.on_cancel();
    let report = &outcome(&call)["report"];
    assert_eq!(report.get("error"), None);
    assert_eq!(report["streamed"], true);
    assert!(call.failure().is_none());
}

#[wasm_bindgen_test]
fn an_invalid_call_fails_at_once() {
    let client = client("", "");
    for (request, expected) in [
        ("{}".to_owned(), "invalid_request"),
        (request("gpt-4o"), "invalid_model"),
    ] {
        let call = client.call(&request, "{}", MODE_CHUNKS, signal(), String::new());
        let failure: Failure = call.map(|_| ()).unwrap_err();
        assert_eq!(to_json(&failure.fields())["code"], expected);
    }
}

#[wasm_bindgen_test]
fn routes_and_models_are_objects() {
    let client = client("", "");
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
