//! JSON text while it is written.
//!
//! SIZE: the functions are not inlined, because an `extend_from_slice` at each place takes 60 bytes
//! of code; and objects are translated by templates, which take a third of the code that making
//! values does.

use serde_json::Value;

use crate::error::Result;
use crate::json::{append, escape_into};
use crate::openai::Param;

/// Appends a text as it is.
#[inline(never)]
pub(super) fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Begins a member behind another one.
#[inline(never)]
pub(super) fn push_name(out: &mut Vec<u8>, name: &str) {
    push(out, ",\"");
    push(out, name);
    push(out, "\":");
}

/// A member behind another one.
#[inline(never)]
pub(super) fn push_member(out: &mut Vec<u8>, name: &str, value: &Value) {
    push_name(out, name);
    append(out, value);
}

/// A member that is a string, behind another one.
#[inline(never)]
pub(super) fn push_string(out: &mut Vec<u8>, name: &str, text: &str) {
    push_name(out, name);
    push(out, "\"");
    escape_into(out, text);
    push(out, "\"");
}

/// A member that is a whole number, behind another one.
#[inline(never)]
pub(super) fn push_number(out: &mut Vec<u8>, name: &str, number: u64) {
    push_name(out, name);
    push_digits(out, number);
}

/// A member that is a list of what is JSON text already, behind another one.
#[inline(never)]
pub(super) fn push_list(out: &mut Vec<u8>, name: &str, items: &[u8]) {
    push_name(out, name);
    push(out, "[");
    out.extend_from_slice(items);
    push(out, "]");
}

/// A member that is a list, behind another one.
#[inline(never)]
pub(super) fn push_items<T>(
    out: &mut Vec<u8>,
    name: &str,
    items: &[T],
    write: fn(&T, &mut Vec<u8>),
) {
    push_name(out, name);
    push(out, "[");
    for (index, item) in items.iter().enumerate() {
        push(out, if index == 0 { "" } else { "," });
        write(item, out);
    }
    push(out, "]");
}

/// A whole number.
#[inline(never)]
pub(super) fn push_digits(out: &mut Vec<u8>, number: u64) {
    append(out, &number);
}

/// A template, in which `$name` stands for a member of the object that must be a string.
#[inline(never)]
pub(super) fn fill(out: &mut Vec<u8>, template: &str, object: &Param<'_, '_>) -> Result<()> {
    let mut rest = template;
    while let Some(at) = rest.bytes().position(|byte| byte == b'$') {
        let (before, named) = rest.split_at_checked(at).unwrap_or_default();
        push(out, before);
        let named = named.get(1..).unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let end = named.bytes().position(|byte| !is_name(byte));
        let (name, after) = named
            .split_at_checked(end.unwrap_or(named.len()))
            .unwrap_or_default();
        let member = object.require(name)?;
        member.string()?;
        append(out, member.value);
        rest = after;
    }
    push(out, rest);
    Ok(())
}
