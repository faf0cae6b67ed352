//! What the native wires share: the envelope around a request, and the one around a whole answer.

use serde::Serialize;

use super::fields::{fields, known_fields, read_others, reported_error, DecodeError};
use super::WireFormat;
use crate::answer::Accumulator;
use crate::error::{Code, Error, Result};
use crate::json::RawJson;
use crate::routing::{Candidate, ServingMode};

/// [`ChatDetails`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/chat-details.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChatDetails<'a, Request> {
    compartment_id: &'a str,
    serving_mode: Option<&'a ServingMode>,
    chat_request: Request,
}

/// The fields of every native request that decide how the answer is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Streaming {
    #[serde(skip_serializing_if = "Option::is_none")]
    is_stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

/// [`StreamOptions`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/stream-options.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StreamOptions {
    is_include_usage: bool,
}

impl Streaming {
    pub(super) fn new(stream: bool) -> Streaming {
        // Usage is always requested: reports and `final()` have it whether or not the caller wants
        // it as a chunk.
        let stream_options = stream.then_some(StreamOptions {
            is_include_usage: true,
        });
        Streaming {
            is_stream: stream.then_some(true),
            stream_options,
        }
    }
}

/// The body of a native request.
pub(super) fn body(request: impl Serialize, target: &Candidate) -> Result<Vec<u8>> {
    let details = ChatDetails {
        compartment_id: target.require_compartment()?,
        serving_mode: target.route.serving_mode(),
        chat_request: request,
    };
    Ok(crate::json::to_json(&details))
}

const ENVELOPE: [&str; 4] = ["error", "code", "message", "chatResponse"];

/// Reads a whole answer. Of a native one the format counts that the body names, whichever was
/// requested.
pub(super) fn read_whole(
    requested: &WireFormat,
    body: &[u8],
    answer: &mut Accumulator,
) -> Result<()> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::new(Code::InvalidResponse, "the answer is empty"));
    }
    let unreadable = || {
        let message = format!(
            "the answer is not the JSON of a chat on the {} wire",
            requested.name
        );
        Error::new(Code::InvalidResponse, message)
    };
    let body = RawJson::parse(body).map_err(|_| unreadable())?;
    let ([error, code, message, chat], has_others) = known_fields(body, ENVELOPE);
    if let Some(error) = reported_error(error, code, message, None) {
        return Err(outside_a_stream(error));
    }
    let result = if requested.api_format.is_none() {
        (requested.read_whole)(body, answer)
    } else {
        let chat = chat
            .filter(|chat| chat.is_object())
            .ok_or_else(unreadable)?;
        let named = chat.get("apiFormat").and_then(RawJson::to_text);
        let format = named
            .and_then(|name| WireFormat::named(&name))
            .unwrap_or(requested);
        let read = (format.read_whole)(chat, answer);
        match format.api_format {
            Some(api_format) if has_others => {
                read.and_then(|()| read_others(body, &ENVELOPE, false, api_format, answer))
            }
            _ => read,
        }
    };
    result.map_err(|error| match error {
        DecodeError::Failed(error) => outside_a_stream(error),
        DecodeError::Incomplete | DecodeError::Malformed => unreadable(),
    })
}

/// The whole answer of another action than a chat: an object that reports no error.
pub(crate) fn read_object<'a>(body: &'a [u8], action: &str) -> Result<RawJson<'a>> {
    let json = RawJson::parse(body).ok().filter(|json| json.is_object());
    let json = json.ok_or_else(|| {
        let message = format!("the answer is not the JSON of {action}");
        Error::new(Code::InvalidResponse, message)
    })?;
    let [error, code, message] = fields(json, ["error", "code", "message"]);
    match reported_error(error, code, message, None) {
        Some(error) => Err(outside_a_stream(error)),
        None => Ok(json),
    }
}

/// The error of a stream is one of the service in a whole answer.
fn outside_a_stream(error: Error) -> Error {
    if error.code() != Code::StreamError {
        return error;
    }
    error.with_code(Code::ServiceError)
}
