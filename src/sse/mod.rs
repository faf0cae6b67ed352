//! Bytes -> server-sent events.

mod parser;

pub(crate) use parser::{field, lossy, Field, Line, Lines};
pub use parser::{Decoder, Event, TooLong, DEFAULT_MAX_EVENT_BYTES};
