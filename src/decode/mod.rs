//! Bytes of a response -> chunks.
//!
//! | module | what it does |
//! |---|---|
//! | `body_kind` | an event stream or a whole answer, by the first bytes |
//! | `decoder` | the public [`Decoder`]: limits, and when an answer has ended |
//! | `events` | lines -> events -> the accumulator: the hot loop |
//! | `template` | the events that a stream repeats, recognised without reading their JSON |
//! | `output` | what the sink gets: chunks |
//! | `passthrough` | what the sink gets on the openai transport: the service's own lines |
//! | `stream` | the adapter for `futures` |

mod body_kind;
mod decoder;
mod events;
mod output;
mod passthrough;
mod stream;
mod template;

pub use decoder::Decoder;
pub use stream::{pieces, Piece};

pub(crate) use body_kind::{body_kind, is_event_stream, BodyKind};
