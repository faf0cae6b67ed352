//! Values -> JSON text.

use super::scan::plain_end;
use super::value::Value;

/// Writes a value.
pub(super) fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => out.extend_from_slice(number.as_str().as_bytes()),
        Value::String(text) => string(out, text),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                self::value(out, item);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                string(out, name);
                out.push(b':');
                self::value(out, member);
            }
            out.push(b'}');
        }
    }
}

/// Writes a string with its quotes.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    content(out, text);
    out.push(b'"');
}

/// Writes what stands between the quotes of a string. Only what must be escaped is.
pub(crate) fn content(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut rest = text.as_bytes();
    loop {
        let (plain, escaped) = rest
            .split_at_checked(plain_end(rest, 0))
            .unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = escaped.split_first() else {
            break;
        };
        rest = after;
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0C => b'f',
            _ => {
                let digit = |shift: u8| {
                    HEX.get(usize::from(byte >> shift & 0xF))
                        .copied()
                        .unwrap_or(b'0')
                };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(4), digit(0)]);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}

/// Writes the members of an object, one after the other.
pub(crate) struct Members<'o> {
    out: &'o mut Vec<u8>,
    begun: bool,
}

impl<'o> Members<'o> {
    /// Opens an object.
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Members { out, begun: false }
    }

    /// Writes a name; its value is to be written next.
    pub(crate) fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if std::mem::replace(&mut self.begun, true) {
            self.out.push(b',');
        }
        string(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// Writes a string, if there is one.
    pub(crate) fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            string(self.name(name), text);
        }
    }

    /// Writes a number.
    pub(crate) fn number(&mut self, name: &str, number: u64) {
        let digits = number.to_string();
        self.name(name).extend_from_slice(digits.as_bytes());
    }

    /// Writes a value, if there is one.
    pub(crate) fn value(&mut self, name: &str, given: Option<&Value>) {
        if let Some(given) = given {
            value(self.name(name), given);
        }
    }

    /// Closes the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}
