//! The shell, compiled to wasm and run by `wasm-pack test --node`: what JavaScript lends is made
//! here, in a few words of it.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use js_sys::{Function, Object, Reflect};
use oci_genai_edge::js::{Client, Failure};
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::AbortController;

const DAC: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
const EVENT: &str = r#"data: {"index":0,"message":{"content":[{"type":"TEXT","text":"Hé"}]}}\n\n"#;
const FINISH: &str = r#"data: {"finishReason":"stop"}\n\n"#;

/// A client whose `fetch(url, init)` and `authorize(request, headers)` have these bodies.
fn client(fetch: &str, authorize: &str) -> Client {
    let hooks = Object::new();
    let set = |name: &str, value: &JsValue| {
        Reflect::set(&hooks, &name.into(), value).unwrap();
    };
    set(
        "fetch",
        &Function::new_with_args(
            "url, init",
            &format!("return (async () => {{ {fetch} }})()"),
        ),
    );
    set(
        "authorize",
        &Function::new_with_args(
            "request, headers",
            &format!("return (async () => {{ {authorize} }})()"),
        ),
    );
    set(
        "sleep",
        &Function::new_with_args("ms, signal", "return Promise.resolve()"),
    );
    Client::new(
        r#"{"compartmentId":"ocid1.compartment.oc1..example"}"#,
        &hooks,
    )
    .unwrap()
}

fn request(model: &str) -> String {
    format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Hi"}}]}}"#)
}

async fn whole(client: &Client, mode: u32) -> Result<Value, JsValue> {
    let signal = AbortController::new().unwrap().signal();
    let call = client
        .call(&request(DAC), "{}", mode, signal, "chatcmpl-1".into())
        .unwrap();
    JsFuture::from(call.open()).await?;
    call.output();
    Ok(serde_json::from_str(&call.completion()).unwrap())
}

fn code(thrown: JsValue) -> String {
    let json = Reflect::get(&thrown, &"json".into())
        .unwrap()
        .as_string()
        .unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    json["code"].as_str().unwrap().to_owned()
}

#[wasm_bindgen_test]
async fn a_stream_is_read_as_it_arrives() {
    let fetch = format!(
        "return new Response(\"{}{}\".replaceAll('\\\\n', '\\n'))",
        EVENT.replace('"', "\\\""),
        FINISH.replace('"', "\\\"")
    );
    let answer = whole(&client(&fetch, ""), 1).await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "Hé");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
}

#[wasm_bindgen_test]
async fn the_signer_sees_what_is_sent() {
    let authorize = "globalThis.signed = request; headers.set('authorization', 'Signature x')";
    let fetch = "globalThis.sent = { url, init, authorization: init.headers.get('authorization') };
        return new Response(JSON.stringify({ chatResponse: { apiFormat: 'COHERE', text: 'Hi' } }))";
    let answer = whole(&client(fetch, authorize), 0).await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "Hi");
    let same = js_sys::eval(
        "signed.body === sent.init.body && signed.url === sent.url && Object.isFrozen(signed.headers)
         && sent.authorization === 'Signature x' && sent.init.redirect === 'manual' && sent.init.method === 'POST'
         && JSON.parse(new TextDecoder().decode(sent.init.body)).servingMode.servingType === 'DEDICATED'",
    );
    assert_eq!(same.unwrap(), JsValue::TRUE);
}

#[wasm_bindgen_test]
async fn failures_have_codes() {
    let unreachable = client("throw new TypeError('unreachable')", "");
    assert_eq!(code(whole(&unreachable, 1).await.unwrap_err()), "network");
    let missing = client("return new Response('{}', { status: 404 })", "");
    assert_eq!(
        code(whole(&missing, 1).await.unwrap_err()),
        "not_found_or_unauthorized"
    );
    let unsigned = client(
        "throw new Error('nothing may be sent')",
        "throw { code: 'signer_failed', message: 'no', cause: 1 }",
    );
    assert_eq!(
        code(whole(&unsigned, 1).await.unwrap_err()),
        "signer_failed"
    );
}

#[wasm_bindgen_test]
async fn an_abort_rejects_with_its_own_reason() {
    let client =
        client("return await new Promise((_, no) => init.signal.addEventListener('abort', () => no(init.signal.reason)))", "");
    let controller = AbortController::new().unwrap();
    let call = client
        .call(&request(DAC), "{}", 1, controller.signal(), String::new())
        .unwrap();
    let open = JsFuture::from(call.open());
    controller.abort_with_reason(&"enough".into());
    assert_eq!(open.await.unwrap_err(), JsValue::from_str("enough"));
}

#[wasm_bindgen_test]
fn what_is_wrong_is_known_at_once() {
    let client = client("", "");
    let signal = AbortController::new().unwrap().signal();
    let failed = |result: Result<_, Failure>| result.map(|_| ()).unwrap_err().json();
    assert!(
        failed(client.call("{}", "{}", 1, signal.clone(), String::new()))
            .contains("invalid_request")
    );
    assert!(
        failed(client.call(&request("gpt-4o"), "{}", 1, signal, String::new()))
            .contains("invalid_model")
    );
    let route = client.route(DAC, "{}").unwrap();
    let route: Value = serde_json::from_str(&route).unwrap();
    assert_eq!(route["transport"], "native");
}
