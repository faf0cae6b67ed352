//! The shell: the only rooms that know JavaScript. They supply a clock, requests and memory, and
//! decide nothing.
//!
//! What crosses the boundary: requests, options and rare chunks as JSON text (serde_json stops at a
//! depth of 128, and `JSON.parse` sets no prototypes), closed and flat values (routes, reports,
//! failures) as objects by serde-wasm-bindgen, and the bytes of a stream through `memory`.

pub mod boundary;
#[cfg(target_arch = "wasm32")]
mod call;
#[cfg(target_arch = "wasm32")]
mod client;
#[cfg(target_arch = "wasm32")]
mod failure;
#[cfg(target_arch = "wasm32")]
mod fetch;
#[cfg(target_arch = "wasm32")]
mod memory;
#[cfg(target_arch = "wasm32")]
mod output;

#[cfg(target_arch = "wasm32")]
pub use shell::*;

#[cfg(target_arch = "wasm32")]
mod shell {
    use serde::Serialize;
    use wasm_bindgen::prelude::*;

    pub use super::call::CallHandle;
    pub use super::client::{merge_answers, merge_finding, Client};
    pub use super::failure::Failure;
    pub use super::memory::{header_pointer, input_capacity, input_pointer};

    /// The known name that is nearest to a misspelt one, if one is near.
    #[wasm_bindgen(js_name = nearestName)]
    pub fn nearest_name(name: &str, known: Vec<String>) -> Option<String> {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        crate::options::nearest_name(name, &known).map(str::to_owned)
    }

    /// Lets the next call of an export run on a new instance of the same module: for JavaScript,
    /// after a trap. What lives in this instance is lost.
    #[wasm_bindgen(js_name = renewInstance)]
    pub fn renew_instance() {
        wasm_bindgen::handler::schedule_reinit();
    }

    /// A closed, flat value as a JavaScript object.
    pub(super) fn to_object(value: &impl Serialize) -> JsValue {
        serde_wasm_bindgen::to_value(value).unwrap_or_default()
    }

    /// Milliseconds since 1970.
    pub(super) fn now() -> f64 {
        js_sys::Date::now()
    }
}
