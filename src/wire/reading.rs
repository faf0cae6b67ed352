//! What the native wires share when they read: text parts, errors, the envelope of a whole answer.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{cohere, cohere_v2, generic, openai, Wire};
use crate::answer::{service_said, Answer};
use crate::chat::Text;
use crate::error::{Code, Error, Result};
use crate::json;

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

impl From<serde_json::Error> for Unread {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() {
            Unread::Incomplete
        } else {
            Unread::Unreadable
        }
    }
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Unread::Failed(error)
    }
}

/// Parses an event. It must be an object: serde would take an array for one as well.
pub(super) fn event<'a, T: Deserialize<'a>>(json: &'a [u8]) -> std::result::Result<T, Unread> {
    match json.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => serde_json::from_slice(json).map_err(|error| match json.trim_ascii_end().last() {
            // A number that breaks off is a wrong one to the parser, not an unfinished one.
            Some(b'-' | b'+' | b'.' | b'e' | b'E') => Unread::Incomplete,
            _ => error.into(),
        }),
        Some(_) => Err(Unread::Unreadable),
        None => Err(Unread::Incomplete),
    }
}

/// The fields with which a service reports a failure, wherever it does.
pub(super) fn failure(
    error: Option<&Value>,
    code: Option<&Value>,
    message: Option<&str>,
    error_message: Option<&Value>,
) -> Option<Error> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => String::from_utf8(json::write(other)).unwrap_or_default(),
    };
    if let Some(error) = error.filter(|error| !error.is_null()) {
        let message = error.get("message").map_or_else(|| text(error), text);
        let code = error.get("code").or(code).filter(|code| !code.is_null()).map(text);
        return Some(service_said(code, &message));
    }
    if let Some(message) = error_message.and_then(Value::as_str).filter(|message| !message.is_empty()) {
        return Some(service_said(code.map(text), message));
    }
    match (code, message) {
        (Some(code), Some(message)) if !code.is_null() => Some(service_said(Some(text(code)), message)),
        _ => None,
    }
}

/// A list of content parts; a bare string and null are taken as well.
#[derive(Debug, Default)]
pub(super) struct Parts<'a>(pub(super) Vec<Part<'a>>);

/// A part, as any of the wires writes it.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Part<'a> {
    #[serde(borrow, default)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) thinking: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct PartsVisitor;
        impl<'de> Visitor<'de> for PartsVisitor {
            type Value = Parts<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("content parts")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Parts<'de>, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = items.next_element::<Option<Part<'de>>>()? {
                    parts.extend(part);
                }
                Ok(Parts(parts))
            }
            fn visit_str<E>(self, text: &str) -> std::result::Result<Parts<'de>, E> {
                let text = Text(std::borrow::Cow::Owned(text.as_bytes().to_vec()));
                Ok(Parts(vec![Part { text: Some(text), thinking: None }]))
            }
            fn visit_unit<E>(self) -> std::result::Result<Parts<'de>, E> {
                Ok(Parts::default())
            }
        }
        deserializer.deserialize_any(PartsVisitor)
    }
}

/// `message`: an object in an answer, a string in an error.
#[derive(Debug, Default)]
pub(super) enum MessageOr<T> {
    Message(T),
    Text(String),
    #[default]
    Nothing,
}

impl<T> MessageOr<T> {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            MessageOr::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn message(self) -> Option<T> {
        match self {
            MessageOr::Message(message) => Some(message),
            _ => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for MessageOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct MessageVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for MessageVisitor<T> {
            type Value = MessageOr<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a message")
            }
            fn visit_map<A: MapAccess<'de>>(self, members: A) -> std::result::Result<MessageOr<T>, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(members)).map(MessageOr::Message)
            }
            fn visit_str<E>(self, text: &str) -> std::result::Result<MessageOr<T>, E> {
                Ok(MessageOr::Text(text.to_owned()))
            }
            fn visit_unit<E>(self) -> std::result::Result<MessageOr<T>, E> {
                Ok(MessageOr::Nothing)
            }
        }
        deserializer.deserialize_any(MessageVisitor(std::marker::PhantomData))
    }
}

/// Reads a whole answer by the format that it names.
pub(super) fn read_answer(asked: Wire, body: &[u8], answer: &mut Answer) -> Result<()> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::new(Code::InvalidResponse, "the answer is empty"));
    }
    let unreadable = || Error::new(Code::InvalidResponse, "the answer is not the JSON of a chat");
    let body = json::parse(body).map_err(|_| unreadable())?;
    let message = body.get("message").and_then(Value::as_str);
    if let Some(error) = failure(body.get("error"), body.get("code"), message, None) {
        return Err(as_answer(error));
    }
    if asked == Wire::OpenAi {
        return openai::read_whole(&body, answer);
    }
    let chat = body.get("chatResponse").filter(|chat| chat.is_object()).ok_or_else(unreadable)?;
    let result = match chat.get("apiFormat").and_then(Value::as_str) {
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
    Error::new(Code::ServiceError, error.message().to_owned()).with_service_code(error.service_code().map(str::to_owned))
}
