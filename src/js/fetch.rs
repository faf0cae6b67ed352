//! What is sent, made of the runtime's own objects: JavaScript signs it and calls `fetch`.

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Headers, RequestInit, RequestRedirect, Url};

use crate::call::PreparedRequest;
use crate::error::{Code, Error};
use crate::options::is_header_value;
use crate::routing::host_of;

/// `[SignableRequest, RequestInit, acceptsApiKey]`: the first as in index.d.ts, frozen; the headers
/// of the second are a `Headers` that the signing headers are added to.
pub(super) fn prepare(request: &PreparedRequest, signal: &AbortSignal) -> Result<Array, Error> {
    check_host(&request.url)?;
    let body = Uint8Array::from(request.body.as_slice());
    let signable_headers = Object::new();
    for (name, value) in &request.headers {
        set(&signable_headers, name, &value.into());
    }
    // SPEED: one call into the host instead of one for each header.
    let headers = Headers::new_with_record_from_str_to_str(&signable_headers)
        .map_err(|_| unsendable_header(&request.headers))?;
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

    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&body);
    // "error" would hide which failure it was; following a redirect would send the signature to
    // another host.
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(signal));
    Ok(Array::of3(
        &Object::freeze(&signable),
        &init,
        &request.accepts_api_key.into(),
    ))
}

/// The base URL, as the runtime parses it, must keep its host: a parser may refuse what the grammar
/// of [`crate::routing::BaseUrl`] allows, such as a label that is not the Punycode of anything.
pub(super) fn keeps_host(base_url: &str, host: &str) -> bool {
    Url::new(base_url).is_ok_and(|url| url.host() == host)
}

/// The URL, as the runtime parses it, must name the host that it was made for.
fn check_host(text: &str) -> Result<(), Error> {
    let internal = |message| Error::new(Code::Internal, message);
    let url = Url::new(text).map_err(|_| internal("the runtime can't parse the URL"))?;
    // SPEED: nearly always the runtime keeps the text, whose host `Route::url` checked.
    if url.href() == text {
        return Ok(());
    }
    let is_plain = url.username().is_empty() && url.password().is_empty() && url.hash().is_empty();
    if is_plain && host_of(text) == Some(url.host().as_str()) {
        return Ok(());
    }
    Err(internal(
        "the runtime parses another host from the URL than the one that it was made for",
    ))
}

/// A header that is made of another option (`compartmentId`) may hold what no header can.
fn unsendable_header(headers: &[(String, String)]) -> Error {
    let unsendable = headers.iter().find(|(_, value)| !is_header_value(value));
    let name = unsendable.map_or("of the request", |(name, _)| name);
    let message = format!("the header {name} can't be sent: its value is not visible ASCII");
    Error::new(Code::InvalidOptions, message)
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // To set a property of a new plain object can't fail.
    let _ = Reflect::set(object, &name.into(), value);
}
