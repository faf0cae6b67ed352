//! `fetch`: one request, sent as the core says.

use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Headers, ReadableStream, ReadableStreamDefaultReader, RequestInit,
    RequestRedirect, Response, ResponseType, Url,
};

use crate::call::{self, Outgoing};
use crate::error::{Code, Error};

/// The functions that a host lends.
#[derive(Clone, Debug)]
pub(super) struct Hooks {
    /// `(request, headers, takesApiKey) => Promise<void>`: signs, and puts what signing gives into the headers. It throws
    /// `{ code, message, cause }`. Keys and tokens pass through JavaScript only.
    pub(super) authorize: Function,
    /// `(ms, signal) => Promise<void>`
    pub(super) sleep: Function,
    /// Used instead of the global `fetch`.
    pub(super) fetch: Option<Function>,
}

/// Why nothing came back.
pub(super) enum Unsent {
    /// The signer, or what it returned.
    Refused(Error, JsValue),
    /// The connection, or the caller's signal: only the caller can tell.
    Broken(JsValue),
}

/// Signs and sends one request.
pub(super) async fn send(
    hooks: &Hooks,
    outgoing: &Outgoing,
    signal: &AbortSignal,
) -> Result<Response, Unsent> {
    check_host(outgoing)?;
    let body = Uint8Array::from(outgoing.body.as_slice());
    let headers = Headers::new().map_err(Unsent::Broken)?;
    let shown = Object::new();
    for (name, value) in &outgoing.headers {
        headers.set(name, value).map_err(Unsent::Broken)?;
        set(&shown, name, &value.into());
    }
    let request = Object::new();
    set(&request, "method", &"POST".into());
    set(&request, "url", &outgoing.url.as_str().into());
    set(&request, "headers", &Object::freeze(&shown).into());
    set(&request, "body", &body);
    set(&request, "attempt", &outgoing.attempt.into());
    set(&request, "signal", signal);
    let authorized = hooks.authorize.call3(
        &JsValue::UNDEFINED,
        &Object::freeze(&request),
        &headers,
        &outgoing.takes_api_key.into(),
    );
    settled(authorized).await.map_err(refused)?;
    if signal.aborted() {
        return Err(Unsent::Broken(signal.reason()));
    }

    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&body);
    // "error" would hide which failure it was; following one would take the signature to another host.
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(signal));
    let url = JsValue::from_str(&outgoing.url);
    let response = match &hooks.fetch {
        Some(fetch) => fetch.call2(&JsValue::UNDEFINED, &url, &init),
        None => {
            // There is no `window` in a Worker, and a host may replace `fetch` at any time: it is looked up at each call.
            let global = js_sys::global();
            let fetch = Reflect::get(&global, &"fetch".into()).map_err(Unsent::Broken)?;
            fetch
                .unchecked_into::<Function>()
                .call2(&global, &url, &init)
        }
    };
    let response = settled(response).await.map_err(Unsent::Broken)?;
    if !response.is_object() {
        return Err(Unsent::Broken(JsValue::from_str(
            "fetch resolved to something that is no Response",
        )));
    }
    // Not `dyn_into`: a host's own fetch may answer with a Response of another realm.
    Ok(response.unchecked_into())
}

/// The URL, as the runtime will read it, must name the host that it was made for.
fn check_host(outgoing: &Outgoing) -> Result<(), Unsent> {
    let wanted = crate::routing::base_url::host_of(&outgoing.url);
    let parsed = Url::new(&outgoing.url).map_err(Unsent::Broken)?;
    let plain =
        parsed.username().is_empty() && parsed.password().is_empty() && parsed.hash().is_empty();
    if plain && wanted == Some(parsed.host().as_str()) {
        return Ok(());
    }
    let error = Error::new(
        Code::Internal,
        "the runtime reads another host in the URL than the one that it was made for",
    );
    Err(Unsent::Refused(error, JsValue::UNDEFINED))
}

/// The head of a response, for the core.
pub(super) fn head(response: &Response) -> call::Response {
    let headers = response.headers();
    let header = |name: &str| headers.get(name).ok().flatten();
    let hidden = response.type_() == ResponseType::Opaqueredirect;
    call::Response {
        status: if hidden { 0 } else { response.status() },
        content_type: header("content-type").unwrap_or_default(),
        opc_request_id: header("opc-request-id"),
        retry_after: header("retry-after"),
    }
}

/// A reader of the body; none where there is no body.
pub(super) fn reader(response: &Response) -> Option<ReadableStreamDefaultReader> {
    let body: ReadableStream = response.body()?;
    Some(body.get_reader().unchecked_into())
}

/// The next bytes; none at the end.
pub(super) async fn read(
    reader: &ReadableStreamDefaultReader,
) -> Result<Option<Uint8Array>, JsValue> {
    let result = JsFuture::from(reader.read()).await?;
    let done = Reflect::get(&result, &"done".into())?;
    if done.is_truthy() {
        return Ok(None);
    }
    let value = Reflect::get(&result, &"value".into())?;
    value
        .dyn_into::<Uint8Array>()
        .map(Some)
        .map_err(|_| JsValue::from_str("the body holds something other than bytes"))
}

async fn settled(returned: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&returned?)).await
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // Setting a plain property of a new object can't fail.
    let _ = Reflect::set(object, &name.into(), value);
}

/// What `authorize` throws.
fn refused(thrown: JsValue) -> Unsent {
    let text = |name: &str| {
        Reflect::get(&thrown, &name.into())
            .ok()
            .and_then(|value| value.as_string())
    };
    let code = text("code").filter(|_| !thrown.is_instance_of::<js_sys::Error>());
    let (code, cause) = match code.as_deref() {
        Some("invalid_signature") => (
            Code::InvalidSignature,
            Reflect::get(&thrown, &"cause".into()).unwrap_or_default(),
        ),
        Some("signer_failed") => (
            Code::SignerFailed,
            Reflect::get(&thrown, &"cause".into()).unwrap_or_default(),
        ),
        _ => (Code::Internal, thrown.clone()),
    };
    let message = text("message").unwrap_or_else(|| "signing failed".into());
    Unsent::Refused(Error::new(code, message), cause)
}
