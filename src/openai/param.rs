//! Reads a value of a request and knows where it stands, so that an error can name it: `messages[2].content[0].type`.

use crate::json::{Map, Value};

use crate::error::{Error, Result};

/// A value and the way to it. Null counts as absent everywhere, as it does at OpenAI.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a, 'p> {
    pub(crate) value: &'a Value,
    path: Path<'p>,
}

#[derive(Clone, Copy)]
enum Path<'p> {
    Root(&'p str),
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl<'a, 'p> Reader<'a, 'p> {
    /// A top-level parameter.
    pub(crate) fn new(name: &'p str, value: &'a Value) -> Self {
        Reader {
            value,
            path: Path::Root(name),
        }
    }

    /// A member, if it is there.
    pub(crate) fn get<'q>(&'q self, key: &'q str) -> Option<Reader<'a, 'q>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Reader {
            value,
            path: Path::Key(&self.path, key),
        })
    }

    /// A member that must be there.
    pub(crate) fn need<'q>(&'q self, key: &'q str) -> Result<Reader<'a, 'q>> {
        self.get(key)
            .ok_or_else(|| self.error(format!("{}.{key} is missing", self.name())))
    }

    /// The items of an array.
    pub(crate) fn items<'q>(&'q self) -> Result<impl Iterator<Item = Reader<'a, 'q>>> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.wanted("an array"))?;
        Ok(items.iter().enumerate().map(|(index, value)| Reader {
            value,
            path: Path::Index(&self.path, index),
        }))
    }

    pub(crate) fn string(&self) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.wanted("a string"))
    }

    pub(crate) fn object(&self) -> Result<&'a Map> {
        self.value
            .as_object()
            .ok_or_else(|| self.wanted("an object"))
    }

    /// A member that is a string, if it is there.
    pub(crate) fn get_string(&self, key: &str) -> Result<Option<&'a str>> {
        self.get(key).map(|member| member.string()).transpose()
    }

    /// `invalid_request` about this value.
    pub(crate) fn error(&self, message: String) -> Error {
        Error::param(self.name(), message)
    }

    /// `invalid_request`: of another kind than is wanted.
    pub(crate) fn wanted(&self, what: &str) -> Error {
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
