//! What a request can't have.

use crate::error::{excerpt, Error};
use crate::openai::Param;

/// `invalid_request`: what is wrong with a value, perhaps with a word of the caller's, and a hint.
#[inline(never)]
pub(super) fn refusal(given: &Param<'_, '_>, what: &str, word: &str, hint: &'static str) -> Error {
    let name = excerpt(&given.name());
    let space = if word.is_empty() { "" } else { " " };
    let message = format!("{name}: {what}{space}{}", excerpt(word));
    given.error(message).with_hint(hint)
}
