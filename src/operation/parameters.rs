//! The parameters of a request other than a chat: a table for each action says what they must be
//! and which fields of OCI's request they become.

use serde_json::{Map, Value};

use super::answer::ObjectWriter;
use crate::error::{excerpt, Error, Result};
use crate::openai::{parse_body, Param};
use crate::routing::Candidate;

/// A parameter by OpenAI's name (OCI's own as `oci.…`), and the field that it becomes; none where
/// the operation reads it, or where it does not change the answer.
pub(super) type Row = (&'static str, Kind, Option<&'static str>);

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A string.
    Text,
    /// A list of strings.
    Texts,
    /// A whole number above 0.
    Count,
    /// true or false.
    Flag,
    /// One of these words, in any case; sent in upper case.
    Word(&'static [&'static str]),
    /// A list of these words.
    Words(&'static [&'static str]),
    /// Of a shape of its own, which the operation checks.
    Structured,
}

/// The parameters of one request, none of them null.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// The fields that the table makes of them.
    pub(super) fields: ObjectWriter,
    /// All by their names.
    given: Map<String, Value>,
}

/// The body of a request to a target: fields beside the compartment and
/// [`servingMode`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/serving-mode.ts).
pub(super) fn body(target: &Candidate, fields: &ObjectWriter) -> Result<Vec<u8>> {
    let mut body = fields.clone();
    body.push_str("compartmentId", target.require_compartment()?);
    if let Some(serving_mode) = target.route.serving_mode() {
        body.push_text("servingMode", &crate::json::to_json(serving_mode));
    }
    Ok(body.finish())
}

impl Parameters {
    /// Reads a request from JSON text. A parameter without a row is rejected by its name.
    pub(super) fn parse(json: &str, action: &str, table: &[Row]) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        for (name, value) in &parse_body(json)? {
            if name == "oci" {
                for (key, value) in Param::new(name, value).object()? {
                    parameters.add(&format!("oci.{key}"), value, action, table)?;
                }
            } else {
                parameters.add(name, value, action, table)?;
            }
        }
        Ok(parameters)
    }

    #[inline(never)]
    fn add(&mut self, name: &str, value: &Value, action: &str, table: &[Row]) -> Result<()> {
        if value.is_null() {
            return Ok(());
        }
        let Some((_, kind, field)) = table.iter().find(|(known, ..)| *known == name) else {
            let name = excerpt(name);
            let message = format!("{action} does not know the parameter {name}");
            let error = Error::param(name, message);
            return Err(error.with_hint("omit it; parameters that only OCI has go under `oci`"));
        };
        let value = kind.check(Param::new(name, value))?;
        if let Some(field) = field {
            self.fields.push(field, &value);
        }
        self.given.insert(name.to_owned(), value);
        Ok(())
    }

    /// A parameter, if it is present.
    pub(super) fn get<'a>(&'a self, name: &'a str) -> Option<Param<'a, 'a>> {
        Some(Param::new(name, self.given.get(name)?))
    }

    /// One that must be present.
    pub(super) fn require<'a>(&'a self, name: &'a str) -> Result<Param<'a, 'a>> {
        self.get(name).ok_or_else(|| missing(name))
    }

    /// A string that must be present.
    pub(super) fn require_text(&self, name: &str) -> Result<String> {
        self.text(name).ok_or_else(|| missing(name))
    }

    /// A string, if it is present.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.given.get(name)?.as_str().map(str::to_owned)
    }
}

impl Kind {
    /// Checks a value, and returns what is sent of it.
    fn check(self, given: Param<'_, '_>) -> Result<Value> {
        let value = given.value;
        let (fits, what) = match self {
            Kind::Structured => (true, ""),
            Kind::Text => (value.is_string(), "a string"),
            Kind::Flag => (value.is_boolean(), "true or false"),
            Kind::Count => (
                value.as_u64().is_some_and(|count| count > 0),
                "a whole number above 0",
            ),
            Kind::Word(words) => return given.one_of(words).map(Value::from),
            Kind::Texts => (is_list(value, None), "a list of strings"),
            Kind::Words(words) if !is_list(value, Some(words)) => {
                return Err(given.must_be(&format!("a list of {}", words.join(", "))));
            }
            Kind::Words(_) => (true, ""),
        };
        if fits {
            Ok(value.clone())
        } else {
            Err(given.must_be(what))
        }
    }
}

/// Whether a value is a list of strings, of these words if there are any.
fn is_list(value: &Value, words: Option<&[&str]>) -> bool {
    let is_item = |item: &Value| {
        let text = item.as_str();
        text.is_some_and(|text| words.is_none_or(|words| words.contains(&text)))
    };
    value
        .as_array()
        .is_some_and(|items| items.iter().all(is_item))
}

/// `invalid_request` about a parameter that must be present.
fn missing(name: &str) -> Error {
    Error::param(name, format!("{name} is missing"))
}
