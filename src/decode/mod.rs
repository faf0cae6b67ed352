//! Bytes of an answer -> chunks.

pub(crate) mod body_kind;
mod decoder;
pub(crate) mod template;

pub(crate) use decoder::Silent;
pub use decoder::{pieces, Decoder, Limits, Piece};
