//! Bytes -> server-sent events.

mod field;
mod lines;
mod parser;
mod utf8;

pub use lines::EventTooLong;
pub use parser::{Event, Parser, DEFAULT_MAX_EVENT_BYTES};

pub(crate) use field::{parse_field, Field};
pub(crate) use lines::{Line, Lines};
pub(crate) use utf8::decode_utf8;

use lines::{is_too_long, split_single_line, split_whole_line};
