//! JSON values that are kept.

use super::raw::unescaped;
use super::scan::{number_end, space_end, string_end, word_end, MOST_DEPTH};
use super::Flaw;
use crate::openai::Text;

/// A JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// null
    #[default]
    Null,
    /// true or false
    Bool(bool),
    /// A number, as it is written.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Map),
}

/// A number in the form in which JSON writes it: none is rounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

/// The members of an object, in the order in which they were given. Looking one up is linear: objects of a chat are small, and
/// nothing looks up the names of large ones. Of a name that is given twice the last counts.
#[derive(Clone, Debug, Default)]
pub struct Map(Vec<(String, Value)>);

impl Value {
    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.get(name)
    }

    /// The string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A whole number that is not negative and is written without point and exponent.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Number(number) => digits(number.0.as_bytes()),
            _ => None,
        }
    }

    /// The number. Exact for what has up to 15 digits and a small exponent, and very near for all else.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// The items.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members.
    pub fn as_object(&self) -> Option<&Map> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Value::Number(_))
    }

    /// Whether it is a number that is written without point and exponent.
    pub fn is_integer(&self) -> bool {
        matches!(self, Value::Number(number) if number.0.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()))
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        self.as_object().is_some()
    }

    /// What an [RFC 6901](https://www.rfc-editor.org/rfc/rfc6901) pointer names.
    pub(crate) fn pointer(&self, pointer: &str) -> Option<&Value> {
        let mut value = self;
        let mut names = pointer.split('/');
        if names.next() != Some("") {
            return None;
        }
        for name in names {
            let name = unescaped_name(name);
            value = match value {
                Value::Array(items) => items.get(digits(name.as_bytes())? as usize)?,
                other => other.get(&name)?,
            };
        }
        Some(value)
    }
}

impl Number {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn as_f64(&self) -> f64 {
        let (mut mantissa, mut exponent, mut fraction) = (0u64, 0i32, false);
        let (number, negative) = match self.0.strip_prefix('-') {
            Some(number) => (number, true),
            None => (self.0.as_str(), false),
        };
        let (number, power) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        for byte in number.bytes() {
            match byte {
                b'.' => fraction = true,
                // Digits that no float holds.
                _ if mantissa > u64::MAX / 100 => exponent += i32::from(!fraction),
                _ => {
                    mantissa = mantissa * 10 + u64::from(byte & 0xF);
                    exponent -= i32::from(fraction);
                }
            }
        }
        // A power that has too many digits is a large one.
        let largest = if power.starts_with('-') {
            i32::MIN
        } else {
            i32::MAX
        };
        exponent = exponent.saturating_add(power.parse().unwrap_or(largest));
        let (steps, scale) = (exponent.unsigned_abs().min(400), mantissa as f64);
        // Powers of ten up to 22 are exact, and so is one multiplication or division by one.
        let (mut power, mut rest) = (1.0f64, scale);
        for _ in 0..steps {
            power *= 10.0;
            if power >= 1e22 {
                rest = if exponent < 0 {
                    rest / power
                } else {
                    rest * power
                };
                power = 1.0;
            }
        }
        rest = if exponent < 0 {
            rest / power
        } else {
            rest * power
        };
        if negative {
            -rest
        } else {
            rest
        }
    }
}

impl Map {
    /// No members.
    pub const fn new() -> Self {
        Map(Vec::new())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A member.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .rfind(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// Sets a member: in its place if it is there, else at the end.
    pub fn insert(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().rfind(|(known, _)| known == name) {
            Some((_, place)) => *place = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Sets a member, if there is something to set.
    pub(crate) fn insert_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.insert(name, value.into());
        }
    }

    /// Sets a member that is not there.
    pub(crate) fn or_insert(&mut self, name: &str, value: Value) {
        if self.get(name).is_none() {
            self.insert(name, value);
        }
    }

    /// Adds a member that is known not to be there.
    pub(crate) fn push(&mut self, name: String, value: Value) {
        self.0.push((name, value));
    }

    /// Takes a member away.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().rposition(|(known, _)| known == name)?;
        let (_, value) = self.0.remove(at);
        self.0.retain(|(known, _)| known != name);
        Some(value)
    }

    /// Keeps those members that are wanted.
    pub(crate) fn retain(&mut self, mut wanted: impl FnMut(&Value) -> bool) {
        self.0.retain(|(_, value)| wanted(value));
    }

    /// The members in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// Order does not count, as everywhere in JSON, and of a name that is given twice the last counts. Large objects in different
/// orders are taken for different, so that nobody can make a comparison take long; for the same reason each member is compared
/// once: a second look at every depth would be two to the power of the depth.
impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        const MOST_SEARCHED: usize = 256;
        if self.0.len().max(other.0.len()) > MOST_SEARCHED {
            return self.0 == other.0;
        }
        let same = |(name, value): (&str, &Value)| {
            let counts = self.get(name).is_some_and(|last| std::ptr::eq(last, value));
            other
                .get(name)
                .is_some_and(|theirs| !counts || theirs == value)
        };
        other.iter().all(|(name, _)| self.get(name).is_some()) && self.iter().all(same)
    }
}

/// Makes an object.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut members = members;
    collected(&mut members)
}

#[inline(never)]
fn collected(members: &mut [(&str, Value)]) -> Value {
    let mut map = Map(Vec::with_capacity(members.len()));
    for (name, value) in members {
        map.0.push(((*name).to_owned(), std::mem::take(value)));
    }
    Value::Object(map)
}

/// A member; null where there is none.
impl std::ops::Index<&str> for Value {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }
}

/// An item; null where there is none.
impl std::ops::Index<usize> for Value {
    type Output = Value;

    fn index(&self, index: usize) -> &Value {
        self.as_array()
            .and_then(|items| items.get(index))
            .unwrap_or(&Value::Null)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        Value::Number(Number(number.to_string()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::String(text)
    }
}

impl From<Vec<&str>> for Value {
    fn from(items: Vec<&str>) -> Value {
        items.into_iter().map(Value::from).collect()
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Value {
        Value::Array(items.into_iter().collect())
    }
}

impl FromIterator<(String, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Map {
        Map(members.into_iter().collect())
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Value {
        Value::Array(items)
    }
}

impl From<Map> for Value {
    fn from(members: Map) -> Value {
        Value::Object(members)
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Value {
        value.clone()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl PartialEq<str> for Value {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == Some(*text)
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&super::write(self)))
    }
}

/// A number that is all digits.
pub(crate) fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte & 0xF))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// A name in a pointer, without its escapes.
fn unescaped_name(name: &str) -> String {
    let mut plain = String::new();
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        match (c, rest.as_str().as_bytes().first()) {
            ('~', Some(b'0' | b'1')) => {
                plain.push(if rest.next() == Some('1') { '/' } else { '~' })
            }
            _ => plain.push(c),
        }
    }
    plain
}

// ---------------------------------------------------------------- parsing

pub(super) fn parse(text: &[u8]) -> Result<Value, Flaw> {
    let mut parser = Parser {
        text,
        at: space_end(text, 0),
        room: MOST_DEPTH,
    };
    let value = parser.value()?;
    match space_end(text, parser.at) {
        end if end == text.len() => Ok(value),
        rest => Err(Flaw::Malformed(rest)),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    /// How much deeper values may stand.
    room: u32,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<Value, Flaw> {
        let start = self.at;
        match self.text.get(start) {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => {
                self.enter()?;
                let mut members = Vec::new();
                while self.more(b'}', members.is_empty())? {
                    if self.text.get(self.at).is_some_and(|first| *first != b'"') {
                        return Err(Flaw::Malformed(self.at));
                    }
                    let name = self.string()?;
                    self.at = space_end(self.text, self.at);
                    match self.text.get(self.at) {
                        Some(b':') => self.at = space_end(self.text, self.at + 1),
                        Some(_) => return Err(Flaw::Malformed(self.at)),
                        None => return Err(Flaw::Incomplete),
                    }
                    members.push((name, self.value()?));
                }
                Ok(Value::Object(Map(members)))
            }
            Some(b'[') => {
                self.enter()?;
                let mut items = Vec::new();
                while self.more(b']', items.is_empty())? {
                    items.push(self.value()?);
                }
                Ok(Value::Array(items))
            }
            Some(b'-' | b'0'..=b'9') => {
                self.at = number_end(self.text, start)?;
                let digits = self.text.get(start..self.at).unwrap_or_default();
                Ok(Value::Number(Number(
                    digits.iter().map(|digit| char::from(*digit)).collect(),
                )))
            }
            first => {
                self.at = word_end(self.text, start)?;
                Ok(match first {
                    Some(b't') => Value::Bool(true),
                    Some(b'f') => Value::Bool(false),
                    _ => Value::Null,
                })
            }
        }
    }

    /// Steps into a container.
    fn enter(&mut self) -> Result<(), Flaw> {
        self.room = self.room.checked_sub(1).ok_or(Flaw::Malformed(self.at))?;
        self.at += 1;
        Ok(())
    }

    /// Steps to the next item, or out of the container.
    fn more(&mut self, close: u8, is_first: bool) -> Result<bool, Flaw> {
        self.at = space_end(self.text, self.at);
        match self.text.get(self.at) {
            Some(byte) if *byte == close => {
                self.at += 1;
                self.room += 1;
                Ok(false)
            }
            Some(b',') if !is_first => {
                self.at = space_end(self.text, self.at + 1);
                Ok(true)
            }
            Some(_) if is_first => Ok(true),
            Some(_) => Err(Flaw::Malformed(self.at)),
            None => Err(Flaw::Incomplete),
        }
    }

    /// The string that begins here.
    fn string(&mut self) -> Result<String, Flaw> {
        if self.at >= self.text.len() {
            return Err(Flaw::Incomplete);
        }
        let end = string_end(self.text, self.at + 1)?;
        let content = self.text.get(self.at + 1..end.quote).unwrap_or_default();
        self.at = end.quote + 1;
        let content = if end.escapes {
            unescaped(content)
        } else {
            content.into()
        };
        Ok(match String::from_utf8(content.into_owned()) {
            Ok(text) => text,
            Err(broken) => Text(broken.into_bytes().into()).to_lossy(),
        })
    }
}
