//! A failure on its way to JavaScript, where it becomes an `OciError`.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::shell::to_object;
use crate::call::Attempt;
use crate::error::Error;

/// What an export throws: a class of its own, so that nothing else that leaves wasm is mistaken for
/// it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Failure {
    fields: JsValue,
}

/// The fields of an `OciError`. What the service sent of an answer is JSON text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    code: &'static str,
    message: &'a str,
    service_message: Option<&'a str>,
    attempts: &'a [Attempt],
    hint: Option<&'a str>,
    param: Option<&'a str>,
    status: Option<u16>,
    service_code: Option<&'a str>,
    opc_request_id: Option<&'a str>,
    retryable: bool,
    retry_after_ms: Option<f64>,
    partial: Option<&'a str>,
}

#[wasm_bindgen]
impl Failure {
    /// Code, message and the other fields.
    #[wasm_bindgen(getter)]
    pub fn fields(&self) -> JsValue {
        self.fields.clone()
    }
}

/// The fields of an error. `partial`: what was received of the answer, as JSON text.
pub(super) fn fields(error: &Error, attempts: &[Attempt], partial: Option<&str>) -> JsValue {
    to_object(&Fields {
        code: error.code().as_str(),
        message: error.message(),
        service_message: error.service_message(),
        attempts,
        hint: error.hint(),
        param: error.param_name(),
        status: error.status(),
        service_code: error.service_code(),
        opc_request_id: error.opc_request_id(),
        retryable: error.is_retryable(),
        retry_after_ms: error.retry_after_ms().map(|ms| ms as f64),
        partial,
    })
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure {
            fields: fields(&error, &[], None),
        }
    }
}
