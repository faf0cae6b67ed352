//! Reading the fields of an event or of a whole answer, where they stand in the text.

use serde_json::Value;

use super::service_error::{excerpt, is_code, is_moderation};
use crate::answer::{Accumulator, MAX_OTHER_FIELDS};
use crate::error::{Code, Error};
use crate::json::{RawJson, SyntaxError, Wtf8Cow};
use crate::routing::ApiFormat;

/// Why an event was not read.
#[derive(Debug)]
pub(crate) enum DecodeError {
    /// The JSON ends too early: more may follow on the next data line.
    Incomplete,
    /// Not JSON, or not of the kind that the wire sends.
    Malformed,
    /// The service, or a limit, ended the answer.
    Failed(Error),
}

/// The result of reading an event.
pub(crate) type DecodeResult<T> = std::result::Result<T, DecodeError>;

impl From<SyntaxError> for DecodeError {
    fn from(error: SyntaxError) -> Self {
        match error {
            SyntaxError::UnexpectedEnd => DecodeError::Incomplete,
            SyntaxError::At(_) => DecodeError::Malformed,
        }
    }
}

impl From<Error> for DecodeError {
    fn from(error: Error) -> Self {
        DecodeError::Failed(error)
    }
}

/// Several fields of an object. Null counts as absent; of two equal names the last one counts.
pub(super) fn fields<'a, const N: usize>(
    json: RawJson<'a>,
    names: [&str; N],
) -> [Option<RawJson<'a>>; N] {
    json.pick(names)
        .map(|field| field.filter(|field| !field.is_null()))
}

/// The same, and whether the object has other fields.
pub(super) fn known_fields<'a, const N: usize>(
    json: RawJson<'a>,
    names: [&str; N],
) -> ([Option<RawJson<'a>>; N], bool) {
    let (found, has_others) = json.pick_known(names);
    let found = found.map(|field| field.filter(|field| !field.is_null()));
    (found, has_others)
}

/// OCI's own bookkeeping, beside the fields that the wires read.
const BOOKKEEPING: [&str; 10] = [
    "apiFormat",
    "chatResponse",
    "id",
    "modelId",
    "modelVersion",
    "object",
    "pad",
    "role",
    "timeCreated",
    "type",
];

/// What an event, or a whole answer, has beside the fields that its wire knows: they are kept for
/// the caller. `is_empty`: none of the known ones has content, so that at the start of a stream
/// these may show another format. Later they are not fatal.
#[inline(never)]
pub(super) fn read_others(
    json: RawJson<'_>,
    known: &[&str],
    is_empty: bool,
    wire: ApiFormat,
    answer: &mut Accumulator,
) -> DecodeResult<()> {
    // Another field may be behind those that are not kept.
    for (name, value) in json.others(known, 2 * MAX_OTHER_FIELDS) {
        let is_foreign = match name.as_str() {
            "choices" | "chatHistory" => value.is_array(),
            "text" => value.is_string(),
            _ => false,
        };
        if is_foreign && is_empty && answer.is_empty() {
            return Err(wrong_api_format(wire.name()));
        }
        if !BOOKKEEPING.contains(&name.as_str()) {
            answer.push_other_field(&name, value);
        }
    }
    Ok(())
}

/// Fails where an event names the format of another wire.
pub(super) fn check_api_format(named: Option<RawJson<'_>>, wire: ApiFormat) -> DecodeResult<()> {
    let Some(named) = named.and_then(RawJson::to_text) else {
        return Ok(());
    };
    let mut others = ApiFormat::ALL.iter().filter(|it| **it != wire);
    if others.any(|it| it.name() == named) {
        return Err(wrong_api_format(wire.name()));
    }
    Ok(())
}

/// An event of another format than the wire's.
#[cold]
pub(super) fn wrong_api_format(wire: &str) -> DecodeError {
    let message = format!("the stream has events of another format than that of the {wire} wire");
    let hint = if wire == "openai" {
        "set transport: \"native\""
    } else {
        "set apiFormat to that of the model behind the endpoint: GENERIC, COHERE or COHEREV2"
    };
    Error::new(Code::WrongApiFormat, message)
        .with_hint(hint)
        .into()
}

/// A field that must be a string where it is present.
pub(super) fn text<'a>(field: Option<RawJson<'a>>) -> DecodeResult<Option<Wtf8Cow<'a>>> {
    field
        .map(|field| field.text().ok_or(DecodeError::Malformed))
        .transpose()
}

/// The items of a field that must be an array where it is present.
pub(super) fn list<'a>(
    field: Option<RawJson<'a>>,
) -> DecodeResult<impl Iterator<Item = RawJson<'a>>> {
    match field {
        Some(field) if !field.is_array() => Err(DecodeError::Malformed),
        field => {
            let items = field.map(RawJson::items).unwrap_or_default();
            Ok(items.filter(|item| !item.is_null()))
        }
    }
}

/// The items of a field that must be an array of objects where it is present.
pub(super) fn objects<'a>(field: Option<RawJson<'a>>) -> DecodeResult<Vec<RawJson<'a>>> {
    list(field)?.map(object).collect()
}

/// The items of a field that must be an array where it is present, as values.
pub(super) fn values(field: Option<RawJson<'_>>) -> DecodeResult<Vec<Value>> {
    Ok(list(field)?.map(RawJson::to_value).collect())
}

/// How many choices an answer may have: as many as OpenAI's `n` allows.
const MAX_CHOICES: u64 = 128;

/// The index of a choice; 0 where it is absent.
pub(super) fn index(field: Option<RawJson<'_>>) -> DecodeResult<u32> {
    let Some(field) = field else { return Ok(0) };
    let index = field.as_u64().ok_or(DecodeError::Malformed)?;
    match u32::try_from(index) {
        Ok(index) if u64::from(index) < MAX_CHOICES => Ok(index),
        _ => {
            let message = format!("the answer has a choice {index}; {MAX_CHOICES} are accepted");
            let error = Error::new(Code::LimitExceeded, message);
            Err(error.with_hint("ask for fewer choices").into())
        }
    }
}

/// A value that must be an object.
pub(super) fn object(json: RawJson<'_>) -> DecodeResult<RawJson<'_>> {
    if json.is_object() {
        Ok(json)
    } else {
        Err(DecodeError::Malformed)
    }
}

/// The message of an event: an object in an answer, a string in an error.
pub(super) fn message<'a>(field: Option<RawJson<'a>>) -> DecodeResult<Option<RawJson<'a>>> {
    match field {
        Some(field) if field.is_string() => Ok(None),
        field => field.map(object).transpose(),
    }
}

/// The text and the thinking of each content part. A bare string counts as one text part.
pub(super) fn content_parts<'a>(
    content: Option<RawJson<'a>>,
) -> DecodeResult<Vec<[Option<RawJson<'a>>; 2]>> {
    match content {
        None => Ok(Vec::new()),
        Some(content) if content.is_string() => Ok(vec![[Some(content), None]]),
        content => list(content)?
            .map(|part| object(part).map(|part| fields(part, ["text", "thinking"])))
            .collect(),
    }
}

/// The error that these fields report, wherever a service puts them. A `message` that isn't a
/// string belongs to an answer.
pub(super) fn reported_error(
    error: Option<RawJson<'_>>,
    code: Option<RawJson<'_>>,
    message: Option<RawJson<'_>>,
    error_message: Option<RawJson<'_>>,
) -> Option<Error> {
    let text = |json: RawJson<'_>| {
        json.to_text()
            .unwrap_or_else(|| String::from_utf8_lossy(json.as_bytes()).into_owned())
    };
    if let Some(error) = error {
        let [message, own_code] = fields(error, ["message", "code"]);
        let code = own_code.or(code).map(text);
        return Some(stream_error(code, &text(message.unwrap_or(error))));
    }
    let message = message.and_then(RawJson::to_text);
    let error_message = error_message
        .and_then(RawJson::to_text)
        .filter(|message| !message.is_empty());
    match (error_message, code, message) {
        (Some(message), code, _) => Some(stream_error(code.map(text), &message)),
        (None, Some(code), Some(message)) => Some(stream_error(Some(text(code)), &message)),
        _ => None,
    }
}

/// An error event in the middle of a stream, or an error that arrived with status 200.
fn stream_error(code: Option<String>, message: &str) -> Error {
    let kind = match is_moderation(message) {
        true => Code::ContentFiltered,
        false => Code::StreamError,
    };
    Error::new(kind, "the service reported an error")
        .with_service_message(Some(excerpt(message)).filter(|it| !it.is_empty()))
        .with_service_code(code.filter(|it| is_code(it)))
}
