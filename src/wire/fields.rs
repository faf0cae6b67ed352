//! What the native wires share when they read: text parts, errors, the envelope of a whole answer.

use super::{cohere, cohere_v2, generic, openai, Wire};
use crate::answer::{service_said, Answer};
use crate::error::{Code, Error, Result};
use crate::gather::{each, try_each};
use crate::json::{Flaw, Json, Value};
use crate::openai::Text;

/// Why an event was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The JSON ends too early: more may follow on the next data line.
    Incomplete,
    /// Not JSON, or not of the kind that the wire sends.
    Unreadable,
    /// The service, or a limit, ended the answer.
    Failed(Error),
}

impl From<Flaw> for Unread {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Incomplete => Unread::Incomplete,
            Flaw::Malformed(_) => Unread::Unreadable,
        }
    }
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Unread::Failed(error)
    }
}

/// Reads the fields that an event has. One that is null counts as absent; one that is given twice counts as given last.
pub(super) fn fields<'a, const N: usize>(
    json: Json<'a>,
    names: [&str; N],
) -> [Option<Json<'a>>; N] {
    json.pick(names)
        .map(|field| field.filter(|field| !field.is_null()))
}

/// A field that must be a string where it is given.
pub(super) fn text<'a>(field: Option<Json<'a>>) -> Reading<Option<Text<'a>>> {
    field
        .map(|field| field.text().ok_or(Unread::Unreadable))
        .transpose()
}

/// A field that must be an array where it is given.
pub(super) fn list<'a>(field: Option<Json<'a>>) -> Reading<impl Iterator<Item = Json<'a>>> {
    match field {
        Some(field) if !field.is_array() => Err(Unread::Unreadable),
        field => Ok(field
            .map(Json::items)
            .into_iter()
            .flatten()
            .filter(|item| !item.is_null())),
    }
}

/// A field that must be an array of objects where it is given.
pub(super) fn objects<'a>(field: Option<Json<'a>>) -> Reading<Vec<Json<'a>>> {
    try_each(list(field)?, an_object)
}

/// The values of a field that must be an array where it is given.
pub(super) fn values(field: Option<Json<'_>>) -> Reading<Vec<Value>> {
    Ok(each(list(field)?, Json::to_value))
}

/// The index of a choice; 0 where none is given.
pub(super) fn index(field: Option<Json<'_>>) -> Reading<u32> {
    let Some(field) = field else { return Ok(0) };
    field
        .as_u64()
        .and_then(|index| u32::try_from(index).ok())
        .ok_or(Unread::Unreadable)
}

/// What reading an event comes to.
pub(super) type Reading<T> = std::result::Result<T, Unread>;

/// The fields with which a service reports a failure, wherever it does. A `message` that is no string is no error's.
pub(super) fn failure(
    error: Option<Json<'_>>,
    code: Option<Json<'_>>,
    message: Option<Json<'_>>,
    error_message: Option<Json<'_>>,
) -> Option<Error> {
    let text = |json: Json<'_>| {
        json.to_text()
            .unwrap_or_else(|| String::from_utf8_lossy(json.as_bytes()).into_owned())
    };
    if let Some(error) = error {
        let [message, own_code] = fields(error, ["message", "code"]);
        return Some(service_said(
            own_code.or(code).map(text),
            &text(message.unwrap_or(error)),
        ));
    }
    let message = message.and_then(Json::to_text);
    let error_message = error_message
        .and_then(Json::to_text)
        .filter(|message| !message.is_empty());
    match (error_message, code, message) {
        (Some(message), code, _) => Some(service_said(code.map(text), &message)),
        (None, Some(code), Some(message)) => Some(service_said(Some(text(code)), &message)),
        _ => None,
    }
}

/// The fields of content parts, as any of the wires writes them: text and thinking. A bare string is taken for a text.
pub(super) fn said_parts<'a>(content: Option<Json<'a>>) -> Reading<Vec<[Option<Json<'a>>; 2]>> {
    match content {
        None => Ok(Vec::new()),
        Some(content) if content.is_string() => Ok(vec![[Some(content), None]]),
        content => try_each(list(content)?, |part| {
            an_object(part).map(|part| fields(part, ["text", "thinking"]))
        }),
    }
}

/// A value that must be an object.
pub(super) fn an_object(json: Json<'_>) -> Reading<Json<'_>> {
    if json.is_object() {
        Ok(json)
    } else {
        Err(Unread::Unreadable)
    }
}

/// The message of an event: an object in an answer, a string in an error.
pub(super) fn message<'a>(field: Option<Json<'a>>) -> Reading<Option<Json<'a>>> {
    match field {
        Some(field) if field.is_string() => Ok(None),
        field => field.map(an_object).transpose(),
    }
}

/// Reads a whole answer by the format that it names.
pub(super) fn read_answer(asked: Wire, body: &[u8], answer: &mut Answer) -> Result<()> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::new(Code::InvalidResponse, "the answer is empty"));
    }
    let unreadable = || {
        Error::new(
            Code::InvalidResponse,
            "the answer is not the JSON of a chat",
        )
    };
    let body = Json::read(body).map_err(|_| unreadable())?;
    let [error, code, message, chat] = fields(body, ["error", "code", "message", "chatResponse"]);
    if let Some(error) = failure(error, code, message, None) {
        return Err(as_answer(error));
    }
    if asked == Wire::OpenAi {
        return openai::read_whole(body, answer);
    }
    let chat = chat
        .filter(|chat| chat.is_object())
        .ok_or_else(unreadable)?;
    let result = match chat.get("apiFormat").and_then(Json::to_text).as_deref() {
        Some("GENERIC") => generic::read_whole(chat, answer),
        Some("COHERE") => cohere::read_whole(chat, answer),
        Some("COHEREV2") => cohere_v2::read_whole(chat, answer),
        _ => match asked {
            Wire::Cohere => cohere::read_whole(chat, answer),
            Wire::CohereV2 => cohere_v2::read_whole(chat, answer),
            Wire::Generic | Wire::OpenAi => generic::read_whole(chat, answer),
        },
    };
    match result {
        Ok(()) => Ok(()),
        Err(Unread::Failed(error)) => Err(as_answer(error)),
        Err(Unread::Incomplete | Unread::Unreadable) => Err(unreadable()),
    }
}

/// What is an error of the stream in a stream is one of the service in a whole answer.
fn as_answer(error: Error) -> Error {
    if error.code() != Code::StreamError {
        return error;
    }
    Error::new(Code::ServiceError, error.message().to_owned())
        .with_service_code(error.service_code().map(str::to_owned))
}
