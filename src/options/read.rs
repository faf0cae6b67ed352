//! Typed access to an object of options that knows its path and its names.

use serde_json::{Map, Value};

use crate::error::{excerpt, Code, Error, Result};
use crate::json;

/// Reads one object of options. `null` counts as absent.
#[derive(Clone, Debug)]
pub struct OptionReader<'a> {
    /// `timeouts`, `models.fast[1]`; empty for the outermost object.
    path: String,
    object: &'a Map<String, Value>,
}

/// The names of the options of one object.
#[derive(Clone, Copy, Debug, Default)]
pub struct OptionNames {
    /// Those that are read here.
    pub here: &'static [&'static str],
    /// Those that JavaScript keeps for itself: functions, and what can't be written as JSON.
    pub javascript: &'static [&'static str],
}

impl<'a> OptionReader<'a> {
    /// A reader of the object at `path`. Fails with `invalid_options` if it has an unknown option:
    /// the message has the full path, the hint the most similar name.
    pub fn new(
        path: impl Into<String>,
        object: &'a Map<String, Value>,
        names: OptionNames,
    ) -> Result<Self> {
        let path = path.into();
        let mut given = object.iter().filter(|(_, value)| !value.is_null());
        match given.find(|(name, _)| !names.here.contains(&name.as_str())) {
            Some((unknown, _)) => Err(unknown_option(&path, unknown, names)),
            None => Ok(OptionReader { path, object }),
        }
    }

    /// The full path of one of its options: `timeouts.totalMs`.
    pub fn path_of(&self, name: &str) -> String {
        join_path(&self.path, name)
    }

    /// An option of any type.
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// A string that is not empty.
    pub fn string(&self, name: &str) -> Result<Option<String>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(_) => Err(invalid_option(
                &self.path_of(name),
                "a string that is not empty",
            )),
        }
    }

    /// An object with names of the caller's own.
    pub fn map(&self, name: &str) -> Result<Option<&'a Map<String, Value>>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.as_object() {
            Some(object) => Ok(Some(object)),
            None => Err(invalid_option(&self.path_of(name), "an object")),
        }
    }

    /// An object of options.
    pub fn object(&self, name: &str, names: OptionNames) -> Result<Option<OptionReader<'a>>> {
        self.map(name)?
            .map(|object| OptionReader::new(self.path_of(name), object, names))
            .transpose()
    }

    /// A number of at least `min`.
    pub fn number(&self, name: &str, min: u32) -> Result<Option<f64>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.as_f64().filter(|number| *number >= f64::from(min)) {
            Some(number) => Ok(Some(number)),
            None => {
                let expected = format!("a number of at least {min}");
                Err(invalid_option(&self.path_of(name), &expected))
            }
        }
    }

    /// A count of at least 1. One that is too large for `usize` is the largest `usize`.
    pub fn count(&self, name: &str, default: usize) -> Result<usize> {
        let number = self.number(name, 1)?;
        Ok(number.map_or(default, |number| number as usize))
    }

    /// true or false.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(invalid_option(&self.path_of(name), "true or false")),
        }
    }

    /// One of a few values, by its name.
    pub fn read_enum<T: Copy>(
        &self,
        name: &str,
        values: &[T],
        name_of: fn(T) -> &'static str,
    ) -> Result<Option<T>> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let mut all = values.iter().copied();
        match all.find(|known| value.as_str() == Some(name_of(*known))) {
            Some(known) => Ok(Some(known)),
            None => {
                let names: Vec<_> = values.iter().map(|known| name_of(*known)).collect();
                let expected = format!("\"{}\"", names.join("\" or \""));
                Err(invalid_option(&self.path_of(name), &expected))
            }
        }
    }
}

/// The known name that an unknown one was probably meant to be: ignoring case, at most three edits
/// away (an insertion, deletion, substitution, or swap of neighbors), and by fewer than half of its
/// characters.
pub fn nearest_name<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    const MAX_EDITS: usize = 3;
    let lowercase = |text: &str| -> Vec<char> { text.to_ascii_lowercase().chars().collect() };
    let name = lowercase(name);
    let distances = known.iter().filter_map(|candidate| {
        let other = lowercase(candidate);
        if name.len().abs_diff(other.len()) > MAX_EDITS {
            return None;
        }
        let edits = edit_distance(&name, &other);
        let is_near = edits <= MAX_EDITS && edits * 2 < name.len().max(other.len());
        is_near.then_some((edits, *candidate))
    });
    distances.min_by_key(|(edits, _)| *edits).map(|(_, it)| it)
}

/// The error about an option whose value is not what it must be.
pub(super) fn invalid_option(path: &str, expected: &str) -> Error {
    let message = format!("the option {} must be {expected}", excerpt(path));
    Error::new(Code::InvalidOptions, message)
}

/// Parses JSON text that has to be an object.
pub(super) fn parse_object(text: &str) -> Result<Map<String, Value>> {
    match json::parse_lenient(text.as_bytes()) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Error::new(
            Code::InvalidOptions,
            "the options must be an object of plain values",
        )),
    }
}

fn unknown_option(path: &str, name: &str, names: OptionNames) -> Error {
    let known = [names.here, names.javascript].concat();
    let hint = if names.javascript.contains(&name) {
        format!("{name} is an option of the JavaScript client only")
    } else if let Some(near) = nearest_name(name, &known) {
        format!("did you mean {}?", join_path(&excerpt(path), near))
    } else if path.is_empty() {
        format!("the options are {}", known.join(", "))
    } else {
        format!("the options of {} are {}", excerpt(path), known.join(", "))
    };
    let message = format!(
        "the option {} is not known",
        excerpt(&join_path(path, name))
    );
    Error::new(Code::InvalidOptions, message).with_hint(hint)
}

fn join_path(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The [optimal string alignment
/// distance](https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance).
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let cell = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut two_above: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let substitution = cell(&above, j) + usize::from(x != y);
            let deletion = cell(&above, j + 1) + 1;
            let insertion = cell(&row, j) + 1;
            let mut best = substitution.min(deletion).min(insertion);
            if i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                best = best.min(cell(&two_above, j - 1) + 1);
            }
            row.push(best);
        }
        two_above = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: OptionNames = OptionNames {
        here: &["region", "realm", "timeouts", "transport"],
        javascript: &["sign", "fetch"],
    };

    fn check(path: &str, json: &str) -> Result<()> {
        let object = parse_object(json)?;
        OptionReader::new(path, &object, NAMES).map(drop)
    }

    fn distance(a: &str, b: &str) -> usize {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        edit_distance(&chars(a), &chars(b))
    }

    #[test]
    fn counts_edits() {
        for (a, b, edits) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abd", 1),
            ("abc", "ac", 1),
            ("abc", "acb", 1),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
            ("saturday", "sunday", 3),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
            assert_eq!(distance(b, a), edits, "{b} {a}");
        }
    }

    #[test]
    fn finds_the_nearest_name() {
        let known = ["region", "realm", "apiFormat", "fetch", "sign", "totalMs"];
        for (name, nearest) in [
            ("regoin", Some("region")),
            ("REGION", Some("region")),
            ("region", Some("region")),
            ("totalMS", Some("totalMs")),
            ("total_ms", Some("totalMs")),
            ("format", Some("apiFormat")),
            ("sgin", Some("sign")),
            ("relm", Some("realm")),
            ("regionnnn", Some("region")),
            ("regionnnnn", None),
            ("xyz", None),
            ("si", None),
            ("", None),
            ("日本", None),
        ] {
            assert_eq!(nearest_name(name, &known), nearest, "{name}");
        }
        assert_eq!(nearest_name(&"region".repeat(100_000), &known), None);
    }

    #[test]
    fn names_the_path_of_an_unknown_option() {
        for (path, json, message, hint) in [
            (
                "",
                r#"{"regoin":"x"}"#,
                "the option regoin is not known",
                "did you mean region?",
            ),
            (
                "models.a[1]",
                r#"{"region":"x","Sign":1}"#,
                "the option models.a[1].Sign is not known",
                "did you mean models.a[1].sign?",
            ),
            (
                "",
                r#"{"sign":1}"#,
                "the option sign is not known",
                "sign is an option of the JavaScript client only",
            ),
            (
                "",
                r#"{"color":1}"#,
                "the option color is not known",
                "the options are region, realm, timeouts, transport, sign, fetch",
            ),
            (
                "models.a",
                r#"{"color":1}"#,
                "the option models.a.color is not known",
                "the options of models.a are region, realm, timeouts, transport, sign, fetch",
            ),
        ] {
            let error = check(path, json).unwrap_err();
            assert_eq!(error.code(), Code::InvalidOptions, "{json}");
            assert_eq!((error.message(), error.hint()), (message, Some(hint)));
        }
        let long = format!(r#"{{"{}":1}}"#, "x".repeat(1000));
        assert!(check("", &long).unwrap_err().message().len() < 200);
    }

    #[test]
    fn null_counts_as_absent() {
        assert!(check("", r#"{"region":null,"regoin":null}"#).is_ok());
        let object = parse_object(r#"{"region":null}"#).unwrap();
        let reader = OptionReader::new("", &object, NAMES).unwrap();
        assert_eq!(reader.string("region").unwrap(), None);
        assert_eq!(reader.string("realm").unwrap(), None);
    }

    #[test]
    fn the_options_must_be_an_object() {
        for json in ["", "[]", "5", "null", "{", r#""region""#] {
            assert_eq!(
                parse_object(json).unwrap_err().code(),
                Code::InvalidOptions,
                "{json}"
            );
        }
    }
}
