//! JSON before it is written, so that a writer can choose the order of members, spaces and escapes.

use serde_json::Value;

use super::text::{units, Units};
use crate::support::Random;

/// JSON that is not written yet.
#[derive(Clone, Debug)]
pub enum Json {
    /// Written as it is.
    Raw(String),
    Text(Units),
    List(Vec<Json>),
    /// An object to which a writer may add unknown members.
    Open(Vec<(String, Json)>),
    /// An object without other members, because it is passed through.
    Closed(Vec<(String, Json)>),
}

pub const NULL: &str = "null";

pub fn raw(value: impl ToString) -> Json {
    Json::Raw(value.to_string())
}

/// A string that needs no escapes.
pub fn literal(text: &str) -> Json {
    Json::Raw(format!("\"{text}\""))
}

pub fn text(text: &str) -> Json {
    Json::Text(units(text))
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Json {
        match value {
            Value::String(string) => text(string),
            Value::Array(items) => Json::List(items.iter().map(Json::from).collect()),
            Value::Object(members) => Json::Closed(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), value.into()))
                    .collect(),
            ),
            other => raw(other),
        }
    }
}

/// The members of an object.
#[derive(Clone, Debug, Default)]
pub struct Members(Vec<(String, Json)>);

impl Members {
    pub fn with(mut self, name: &str, value: Json) -> Members {
        self.0.push((name.into(), value));
        self
    }

    pub fn maybe(self, name: &str, value: Option<Json>) -> Members {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub fn closed(self) -> Json {
        Json::Closed(self.0)
    }

    /// An open object, in which some of these members, if absent, are null.
    pub fn nulls(mut self, random: &mut Random, names: &[&str]) -> Json {
        if random.chance(3) {
            for name in names {
                if random.chance(3) && !self.0.iter().any(|(known, _)| known == name) {
                    self.0.push(((*name).into(), raw(NULL)));
                }
            }
        }
        Json::Open(self.0)
    }
}
