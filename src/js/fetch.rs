//! What is sent, as text and bytes: JavaScript makes the runtime's own objects of it, signs it and
//! calls `fetch`.

use std::cell::RefCell;

use web_sys::Url;

use crate::call::PreparedRequest;
use crate::error::{Code, Error};
use crate::options::is_header_value;
use crate::routing::host_of;

thread_local! {
    static CHECKED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Everything of a request but its body: the number of the attempt, whether the transport takes an
/// API key (`1` or `0`), the URL, and a name and a value for each header, one a line.
///
/// SPEED: one text crosses, instead of a name, a value and a property for each of twenty facts.
pub(super) fn head_of(request: &PreparedRequest) -> Result<String, Error> {
    check_host(&request.url)?;
    let accepts_api_key = u8::from(request.accepts_api_key);
    let mut head = format!("{}\n{accepts_api_key}\n{}", request.attempt, request.url);
    for (name, value) in &request.headers {
        if !is_header_value(value) {
            return Err(unsendable_header(name));
        }
        for line in [name, value] {
            head.push('\n');
            head.push_str(line);
        }
    }
    Ok(head)
}

/// The base URL, as the runtime parses it, must keep its host: a parser may refuse what the grammar
/// of [`crate::routing::BaseUrl`] allows, such as a label that is not the Punycode of anything.
pub(super) fn keeps_host(base_url: &str, host: &str) -> bool {
    Url::new(base_url).is_ok_and(|url| url.host() == host)
}

/// The URL, as the runtime parses it, must name the host that it was made for.
fn check_host(text: &str) -> Result<(), Error> {
    // SPEED: nearly always the URL of the request before.
    if CHECKED.with_borrow(|checked| checked == text) {
        return Ok(());
    }
    let internal = |message| Error::new(Code::Internal, message);
    let url = Url::new(text).map_err(|_| internal("the runtime can't parse the URL"))?;
    // Where the runtime keeps the text, `Route::url` has checked its host.
    let is_kept = url.href() == text;
    let is_plain = url.username().is_empty() && url.password().is_empty() && url.hash().is_empty();
    let is_same_host = || is_plain && host_of(text) == Some(url.host().as_str());
    if !is_kept && !is_same_host() {
        return Err(internal(
            "the runtime parses another host from the URL than the one that it was made for",
        ));
    }
    CHECKED.set(text.to_owned());
    Ok(())
}

/// A header that is made of another option (`compartmentId`) may hold what no header can.
fn unsendable_header(name: &str) -> Error {
    let message = format!("the header {name} can't be sent: its value is not visible ASCII");
    Error::new(Code::InvalidOptions, message)
}
