//! A value of a request together with its path, so that an error can name it:
//! `messages[2].content[0].type`.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// A value and its path. Null counts as absent everywhere, as it does at OpenAI.
#[derive(Clone, Copy)]
pub(crate) struct Param<'a, 'p> {
    pub(crate) value: &'a Value,
    path: Path<'p>,
}

#[derive(Clone, Copy)]
enum Path<'p> {
    Root(&'p str),
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl<'a, 'p> Param<'a, 'p> {
    /// A top-level parameter.
    pub(crate) fn new(name: &'p str, value: &'a Value) -> Self {
        Param {
            value,
            path: Path::Root(name),
        }
    }

    /// A member, if it is present.
    pub(crate) fn get<'q>(&'q self, key: &'q str) -> Option<Param<'a, 'q>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Param {
            value,
            path: Path::Key(&self.path, key),
        })
    }

    /// A member that must be present.
    pub(crate) fn require<'q>(&'q self, key: &'q str) -> Result<Param<'a, 'q>> {
        self.get(key)
            .ok_or_else(|| self.error(format!("{}.{key} is missing", self.name())))
    }

    /// The items of an array.
    pub(crate) fn items<'q>(&'q self) -> Result<impl Iterator<Item = Param<'a, 'q>>> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.must_be("an array"))?;
        let item = |(index, value)| Param {
            value,
            path: Path::Index(&self.path, index),
        };
        Ok(items.iter().enumerate().map(item))
    }

    pub(crate) fn string(&self) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.must_be("a string"))
    }

    pub(crate) fn object(&self) -> Result<&'a Map<String, Value>> {
        self.value
            .as_object()
            .ok_or_else(|| self.must_be("an object"))
    }

    pub(crate) fn boolean(&self) -> Result<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.must_be("true or false"))
    }

    /// A whole number that isn't negative.
    pub(crate) fn count(&self) -> Result<u64> {
        self.value
            .as_u64()
            .ok_or_else(|| self.must_be("a whole number"))
    }

    /// One of the words, in any case; returned in upper case, as OCI requires.
    pub(crate) fn one_of(&self, words: &[&str]) -> Result<String> {
        let word = self.string()?.to_ascii_uppercase();
        if words.contains(&word.as_str()) {
            return Ok(word);
        }
        let words = words.join(", ").to_ascii_lowercase();
        Err(self.must_be(&format!("one of {words}")))
    }

    /// A member that is a string, if it is present.
    pub(crate) fn get_string(&self, key: &str) -> Result<Option<&'a str>> {
        self.get(key).map(|member| member.string()).transpose()
    }

    /// `invalid_request` about this value.
    pub(crate) fn error(&self, message: String) -> Error {
        Error::param(self.name(), message)
    }

    /// `invalid_request`: the value is of another kind.
    pub(crate) fn must_be(&self, what: &str) -> Error {
        self.error(format!("{} must be {what}", self.name()))
    }

    /// `messages[2].content`
    pub(crate) fn name(&self) -> String {
        self.path.to_string()
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Path::Root(name) => f.write_str(name),
            Path::Key(parent, key) => write!(f, "{parent}.{key}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
