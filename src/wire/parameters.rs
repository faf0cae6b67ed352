//! The tables of parameters: what each parameter of a request becomes on a wire, or why not.
//!
//! Every wire has one, in its own file; `docs/parameters.md` is printed from them. A parameter that stands in no table is
//! refused by name: it can't be known to change nothing, and OCI would refuse the whole request without saying why.

use crate::json::{Map, Value};

use super::Wire;
use crate::error::{Error, Result};
use crate::gather::joined;
use crate::openai::{ChatRequest, Reader};

/// A row: a parameter of Chat Completions, or one under `oci` (`oci.top_k`).
#[derive(Clone, Copy, Debug)]
pub struct Row(pub &'static str, pub Rule);

/// What becomes of a parameter.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// It is sent under this name, after a check of its kind.
    Becomes(&'static str, Kind),
    /// The wire makes something else of it, as the words say.
    Built(&'static str),
    /// It changes nothing in the answer, as the words say, and is not sent.
    Dropped(&'static str),
    /// The wire can't express it: `invalid_request` with these words, unless the value asks for what happens anyway.
    Refused(&'static str, Harmless),
}

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// true or false.
    Bool,
    /// A string.
    Text,
    /// An object, sent as it is.
    Object,
    /// An array, sent as it is.
    Array,
    /// One of these words, in any case; sent in upper case, as OCI insists.
    Word(&'static [&'static str]),
}

/// Which values of a parameter that can't be expressed ask for what happens anyway.
#[derive(Clone, Copy, Debug)]
pub enum Harmless {
    /// None.
    Never,
    /// false
    False,
    /// true
    True,
    /// 1
    One,
    /// 0
    Zero,
    /// An empty object or array.
    Empty,
    /// One of these words.
    Words(&'static [&'static str]),
}

impl Harmless {
    fn holds(self, value: &Value) -> bool {
        match self {
            Harmless::Never => false,
            Harmless::False => value == &Value::Bool(false),
            Harmless::True => value == &Value::Bool(true),
            Harmless::One => value.as_f64() == Some(1.0),
            Harmless::Zero => value.as_f64() == Some(0.0),
            Harmless::Empty => {
                value.as_object().is_some_and(Map::is_empty)
                    || value.as_array().is_some_and(<[Value]>::is_empty)
            }
            Harmless::Words(words) => value
                .as_str()
                .is_some_and(|word| words.iter().any(|known| known.eq_ignore_ascii_case(word))),
        }
    }
}

/// Words that only the documentation shows: they don't travel in the wasm.
const fn shown(words: &'static str) -> &'static str {
    if cfg!(target_arch = "wasm32") {
        ""
    } else {
        words
    }
}

impl Rule {
    /// [`Rule::Built`], with words for the documentation.
    pub(super) const fn built(words: &'static str) -> Rule {
        Rule::Built(shown(words))
    }

    /// [`Rule::Dropped`], with words for the documentation.
    pub(super) const fn dropped(words: &'static str) -> Rule {
        Rule::Dropped(shown(words))
    }
}

/// Parameters that OpenAI has for its own bookkeeping, on every wire.
pub(super) const BOOKKEEPING: &[Row] = &[
    Row("user", Rule::dropped("names the caller to OpenAI")),
    Row(
        "safety_identifier",
        Rule::dropped("names the caller to OpenAI"),
    ),
    Row("store", Rule::dropped("whether OpenAI keeps the answer")),
    Row(
        "prompt_cache_key",
        Rule::dropped("a hint to OpenAI's cache"),
    ),
    Row(
        "prompt_cache_retention",
        Rule::dropped("a hint to OpenAI's cache"),
    ),
    Row(
        "modalities",
        Rule::Refused(
            "the answer is text: leave modalities out",
            Harmless::Words(&[]),
        ),
    ),
    Row(
        "audio",
        Rule::Refused("the answer is text: leave audio out", Harmless::Never),
    ),
    Row(
        "functions",
        Rule::Refused(
            "functions is OpenAI's former name: use tools",
            Harmless::Empty,
        ),
    ),
    Row(
        "function_call",
        Rule::Refused(
            "function_call is OpenAI's former name: use tool_choice",
            Harmless::Words(&["auto"]),
        ),
    ),
];

/// Every row of a wire's table, its own first.
pub fn table(wire: Wire) -> impl Iterator<Item = &'static Row> {
    let own = match wire {
        Wire::Generic => super::generic::PARAMETERS,
        Wire::Cohere => super::cohere::PARAMETERS,
        Wire::CohereV2 => super::cohere_v2::PARAMETERS,
        Wire::OpenAi => &[],
    };
    own.iter().chain(BOOKKEEPING)
}

/// Writes every parameter that a table can write by itself into the body, and refuses those that the wire can't express.
/// Parameters that are `Built` are left to the wire.
pub(super) fn apply(wire: Wire, request: &ChatRequest, body: &mut Map) -> Result<()> {
    for (name, value) in request.params().iter() {
        if name != "oci" {
            apply_one(wire, name, value, body)?;
            continue;
        }
        for (name, value) in Reader::new("oci", value)
            .object()?
            .iter()
            .filter(|(_, value)| !value.is_null())
        {
            apply_one(wire, &format!("oci.{name}"), value, body)?;
        }
    }
    Ok(())
}

fn apply_one(wire: Wire, name: &str, value: &Value, body: &mut Map) -> Result<()> {
    let Some(Row(_, rule)) = table(wire).find(|row| row.0 == name) else {
        return Err(Error::param(
            name,
            format!(
                "{name} is not a parameter that the {} wire knows",
                wire.name()
            ),
        )
        .with_hint("leave it out; what OCI has and OpenAI has not goes under `oci`"));
    };
    match *rule {
        Rule::Becomes(oci, kind) => {
            body.insert(oci, checked(&Reader::new(name, value), kind)?);
        }
        Rule::Built(_) | Rule::Dropped(_) => {}
        // `modalities: ["text"]` is the one harmless value that is a list of words.
        Rule::Refused(..)
            if name == "modalities"
                && value
                    .as_array()
                    .is_some_and(|list| list.iter().all(|it| it == "text")) => {}
        Rule::Refused(_, harmless) if harmless.holds(value) => {}
        Rule::Refused(why, _) => {
            return Err(Error::param(
                name,
                format!("{name} can't be expressed on the {} wire", wire.name()),
            )
            .with_hint(why));
        }
    }
    Ok(())
}

fn checked(given: &Reader<'_, '_>, kind: Kind) -> Result<Value> {
    let value = given.value;
    let (fits, wanted) = match kind {
        Kind::Number => (value.is_number(), "a number"),
        Kind::Integer => (value.is_integer(), "a whole number"),
        Kind::Bool => (value.as_bool().is_some(), "true or false"),
        Kind::Text => (value.as_str().is_some(), "a string"),
        Kind::Object => (value.is_object(), "an object"),
        Kind::Array => (value.as_array().is_some(), "an array"),
        Kind::Word(words) => {
            let word = given.string()?.to_ascii_uppercase();
            return match words.contains(&word.as_str()) {
                true => Ok(word.into()),
                false => Err(given.wanted(&format!(
                    "one of {}",
                    joined(words, ", ").to_ascii_lowercase()
                ))),
            };
        }
    };
    if fits {
        Ok(value.clone())
    } else {
        Err(given.wanted(wanted))
    }
}
