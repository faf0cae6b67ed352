//! A failure on its way to JavaScript, where it becomes an `OciError`.

use serde_json::{json, Value};
use wasm_bindgen::prelude::*;

use crate::error::Error;

/// What `OciError` is made of: a class of its own, so that nothing a host throws can be taken for one.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Failure {
    json: String,
    cause: JsValue,
}

#[wasm_bindgen]
impl Failure {
    /// Code, message and the other plain fields, as JSON text.
    #[wasm_bindgen(getter)]
    pub fn json(&self) -> String {
        self.json.clone()
    }

    /// What the host threw, where it did.
    #[wasm_bindgen(getter)]
    pub fn cause(&self) -> JsValue {
        self.cause.clone()
    }
}

impl Failure {
    pub(super) fn new(error: &Error, attempts: Value, partial: Option<Value>, cause: JsValue) -> Failure {
        let mut json = json!({
            "code": error.code().as_str(),
            "message": error.message(),
            "retryable": error.code().is_retryable(),
            "attempts": attempts,
        });
        if let Some(fields) = json.as_object_mut() {
            let text = |text: Option<&str>| text.map(Value::from);
            for (name, value) in [
                ("hint", text(error.hint())),
                ("param", text(error.param_name())),
                ("status", error.status().map(Value::from)),
                ("serviceCode", text(error.service_code())),
                ("opcRequestId", text(error.opc_request_id())),
                ("partial", partial),
            ] {
                fields.extend(value.map(|value| (name.to_owned(), value)));
            }
        }
        Failure { json: String::from_utf8(crate::json::write(&json)).unwrap_or_default(), cause }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::new(&error, json!([]), None, JsValue::UNDEFINED)
    }
}
