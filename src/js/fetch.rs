//! `fetch`: one request, sent as the core prepared it.

use js_sys::{Function, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Headers, RequestInit, RequestRedirect, Url};

use super::host::{settled, HostBody, HostHeaders, HostReader, HostResponse};
use crate::call::{PreparedRequest, ResponseHead};
use crate::error::{Code, Error};
use crate::routing::host_of;

/// The functions of the host.
#[derive(Clone, Debug)]
pub(super) struct Hooks {
    /// `(request, headers, acceptsApiKey) => Promise<void>`: signs, and adds the signing headers.
    /// It throws `{ code, message, cause }`. Keys and tokens stay in JavaScript.
    pub(super) authorize: Function,
    /// `(ms, signal) => Promise<void>`
    pub(super) sleep: Function,
    /// Used instead of the global `fetch`.
    pub(super) fetch: Option<Function>,
}

/// Why there is no response.
pub(super) enum SendError {
    /// The signer failed, or what it returned was rejected.
    NotAuthorized(Error, JsValue),
    /// The connection failed, or the caller aborted: only the caller knows which.
    Failed(JsValue),
}

/// Signs and sends one request.
pub(super) async fn send(
    hooks: &Hooks,
    request: &PreparedRequest,
    signal: &AbortSignal,
) -> Result<HostResponse, SendError> {
    check_host(request)?;
    let body = Uint8Array::from(request.body.as_slice());
    let signable_headers = Object::new();
    for (name, value) in &request.headers {
        set(&signable_headers, name, &value.into());
    }
    // SPEED: one call into the host instead of one for each header.
    let headers = Headers::new_with_record_from_str_to_str(&signable_headers);
    let headers = headers.map_err(SendError::Failed)?;
    // `SignableRequest` of index.d.ts.
    let signable = Object::new();
    set(&signable, "method", &"POST".into());
    set(&signable, "url", &request.url.as_str().into());
    set(
        &signable,
        "headers",
        &Object::freeze(&signable_headers).into(),
    );
    set(&signable, "body", &body);
    set(&signable, "attempt", &request.attempt.into());
    set(&signable, "signal", signal);
    let authorized = hooks.authorize.call3(
        &JsValue::UNDEFINED,
        &Object::freeze(&signable),
        &headers,
        &request.accepts_api_key.into(),
    );
    settled(authorized).await.map_err(not_authorized)?;
    if signal.aborted() {
        return Err(SendError::Failed(signal.reason()));
    }

    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&body);
    // "error" would hide which failure it was; following a redirect would send the signature to
    // another host.
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(signal));
    let url = JsValue::from_str(&request.url);
    let response = match &hooks.fetch {
        Some(fetch) => fetch.call2(&JsValue::UNDEFINED, &url, &init),
        None => {
            // There is no `window` in a Worker, and a host may replace `fetch` at any time: it is
            // looked up for each request.
            let global = js_sys::global();
            let fetch = Reflect::get(&global, &"fetch".into()).map_err(SendError::Failed)?;
            fetch
                .unchecked_into::<Function>()
                .call2(&global, &url, &init)
        }
    };
    let response = settled(response).await.map_err(SendError::Failed)?;
    if !response.is_object() {
        let message = "fetch resolved to something that is not a Response";
        return Err(SendError::Failed(JsValue::from_str(message)));
    }
    // Not `dyn_into`: a host's own fetch may return a Response of another realm.
    Ok(response.unchecked_into())
}

/// Status and headers of a response, for the core.
pub(super) fn response_head(response: &HostResponse) -> Result<ResponseHead, JsValue> {
    let headers = response.headers()?;
    let is_hidden = response.kind()?.as_string().as_deref() == Some("opaqueredirect");
    let status = response
        .status()?
        .as_f64()
        .filter(|status| (100.0..1000.0).contains(status));
    let status = match status {
        _ if is_hidden => 0,
        Some(status) => status as u16,
        None => {
            return Err(JsValue::from_str(
                "fetch resolved to a response without a status",
            ))
        }
    };
    let mut head = ResponseHead {
        status,
        content_type: header(&headers, "content-type")?.unwrap_or_default(),
        opc_request_id: header(&headers, "opc-request-id")?,
        ..ResponseHead::default()
    };
    if !(200..300).contains(&status) {
        head.retry_after = header(&headers, "retry-after")?;
        head.retry_after_ms = header(&headers, "retry-after-ms")?;
        head.date = header(&headers, "date")?;
    }
    Ok(head)
}

#[inline(never)]
fn header(headers: &HostHeaders, name: &str) -> Result<Option<String>, JsValue> {
    headers.get(name).map(|value| value.as_string())
}

/// A reader of the body; `None` where there is no body.
pub(super) fn body_reader(response: &HostResponse) -> Result<Option<HostReader>, JsValue> {
    let body = response.body()?;
    if body.is_null() || body.is_undefined() {
        return Ok(None);
    }
    body.unchecked_into::<HostBody>().get_reader().map(Some)
}

/// The URL, as the runtime parses it, must name the host that it was made for.
fn check_host(request: &PreparedRequest) -> Result<(), SendError> {
    let url = Url::new(&request.url).map_err(SendError::Failed)?;
    // SPEED: nearly always the runtime keeps the text, whose host `Route::url` checked.
    if url.href() == request.url {
        return Ok(());
    }
    let is_plain = url.username().is_empty() && url.password().is_empty() && url.hash().is_empty();
    if is_plain && host_of(&request.url) == Some(url.host().as_str()) {
        return Ok(());
    }
    let message = "the runtime parses another host from the URL than the one that it was made for";
    Err(SendError::NotAuthorized(
        Error::new(Code::Internal, message),
        JsValue::UNDEFINED,
    ))
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // To set a property of a new plain object can't fail.
    let _ = Reflect::set(object, &name.into(), value);
}

/// What `authorize` throws.
fn not_authorized(thrown: JsValue) -> SendError {
    let get = |name: &str| Reflect::get(&thrown, &name.into()).ok();
    let text = |name: &str| get(name).and_then(|value| value.as_string());
    let code = text("code").filter(|_| !thrown.is_instance_of::<js_sys::Error>());
    let code = match code.as_deref() {
        Some("invalid_signature") => Code::InvalidSignature,
        Some("signer_failed") => Code::SignerFailed,
        _ => Code::Internal,
    };
    let cause = if code == Code::Internal {
        thrown.clone()
    } else {
        get("cause").unwrap_or_default()
    };
    let message = text("message").unwrap_or_else(|| "signing failed".into());
    SendError::NotAuthorized(Error::new(code, message), cause)
}
