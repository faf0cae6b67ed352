//! `headers`: what callers may send with every request.

use serde_json::Value;

use crate::error::{excerpt, Code, Error, Result};
use crate::options::read::{invalid_option, OptionReader};

/// Reads `headers`. Names are lower-cased.
pub(super) fn read(options: &OptionReader<'_>) -> Result<Vec<(String, String)>> {
    let Some(given) = options.map("headers")? else {
        return Ok(Vec::new());
    };
    let mut headers = Vec::with_capacity(given.len());
    for (name, value) in given {
        let path = options.path_of(&format!("headers.{name}"));
        let name = name.to_ascii_lowercase();
        if !is_token(&name) {
            return Err(invalid_option(&path, "a header with a valid name"));
        }
        if is_reserved(&name) {
            return Err(reserved_header(&path));
        }
        match value {
            Value::String(value) if is_header_value(value) => headers.push((name, value.clone())),
            _ => {
                return Err(invalid_option(
                    &path,
                    "a string of one line, in visible ASCII",
                ))
            }
        }
    }
    Ok(headers)
}

/// A [token](https://www.rfc-editor.org/rfc/rfc9110#name-tokens) in lower case.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// What the signature, the body or the connection determines.
fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "authorization" | "host" | "connection" | "transfer-encoding"
    ) || name.starts_with("content-")
        || name.starts_with("proxy-")
}

/// Visible ASCII, blanks and tabs: what every runtime sends as it is. `fetch` throws at a character
/// above U+00FF, and sends one above U+007F in an encoding that no server expects.
pub fn is_header_value(value: &str) -> bool {
    value.bytes().all(|b| matches!(b, b' '..=b'~' | b'\t'))
}

fn reserved_header(path: &str) -> Error {
    let message = format!("the option {} must not be set", excerpt(path));
    Error::new(Code::InvalidOptions, message).with_hint(
        "the client sets authorization, host, connection, transfer-encoding, content-* and proxy-*",
    )
}
