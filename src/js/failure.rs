//! A failure on its way to JavaScript, where it becomes an `OciError`.

use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::json::{Map, Value};

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
    pub(super) fn new(
        error: &Error,
        attempts: Value,
        partial: Option<Value>,
        cause: JsValue,
    ) -> Failure {
        let mut json = Map::new();
        json.insert("code", error.code().as_str().into());
        json.insert("message", error.message().into());
        json.insert("retryable", error.code().is_retryable().into());
        json.insert("attempts", attempts);
        json.insert_some("hint", error.hint());
        json.insert_some("param", error.param_name());
        json.insert_some("status", error.status().map(u64::from));
        json.insert_some("serviceCode", error.service_code());
        json.insert_some("opcRequestId", error.opc_request_id());
        json.insert_some("partial", partial);
        Failure {
            json: String::from_utf8(crate::json::write(&json.into())).unwrap_or_default(),
            cause,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::new(&error, Value::Array(Vec::new()), None, JsValue::UNDEFINED)
    }
}
