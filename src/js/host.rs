//! The host's objects, as far as a call uses them. Any of their members may be a getter or a method
//! of the host's own that throws: every access is caught, so that no exception passes through wasm.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// A `Response`, of this realm or another one, or something that a host's own `fetch` made up.
    #[derive(Clone, Debug)]
    pub(super) type HostResponse;

    #[wasm_bindgen(method, getter, structural, catch)]
    pub(super) fn status(this: &HostResponse) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter, structural, catch, js_name = type)]
    pub(super) fn kind(this: &HostResponse) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter, structural, catch)]
    pub(super) fn headers(this: &HostResponse) -> Result<HostHeaders, JsValue>;

    #[wasm_bindgen(method, getter, structural, catch)]
    pub(super) fn body(this: &HostResponse) -> Result<JsValue, JsValue>;

    pub(super) type HostHeaders;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn get(this: &HostHeaders, name: &str) -> Result<JsValue, JsValue>;

    pub(super) type HostBody;

    #[wasm_bindgen(method, structural, catch, js_name = getReader)]
    pub(super) fn get_reader(this: &HostBody) -> Result<HostReader, JsValue>;

    /// A `ReadableStreamDefaultReader`.
    #[derive(Clone, Debug)]
    pub type HostReader;

    #[wasm_bindgen(method, structural, catch, js_name = read)]
    fn read_next(this: &HostReader) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = cancel)]
    fn cancel_body(this: &HostReader) -> Result<JsValue, JsValue>;

    type ReadResult;

    #[wasm_bindgen(method, getter, structural, catch)]
    fn done(this: &ReadResult) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter, structural, catch)]
    fn value(this: &ReadResult) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = Promise)]
    type Promises;

    /// Reads `constructor` and `then` of what it is given, hence `catch`.
    #[wasm_bindgen(static_method_of = Promises, catch)]
    fn resolve(value: &JsValue) -> Result<Promise, JsValue>;
}

impl HostReader {
    /// The next bytes; `None` at the end.
    pub(super) async fn next(&self) -> Result<Option<Uint8Array>, JsValue> {
        let result: ReadResult = settled(self.read_next()).await?.unchecked_into();
        if result.done()?.is_truthy() {
            return Ok(None);
        }
        let message = "the body holds something other than bytes";
        result
            .value()?
            .dyn_into()
            .map(Some)
            .map_err(|_| JsValue::from_str(message))
    }

    /// Cancels the body. One that has ended, or failed, has nothing to cancel.
    pub(super) async fn cancel(&self) {
        let _ = settled(self.cancel_body()).await;
    }
}

/// Waits for what a function of the host returned, a promise or not.
pub(super) async fn settled(returned: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(Promises::resolve(&returned?)?).await
}
