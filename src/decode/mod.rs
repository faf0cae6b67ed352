//! Bytes of an answer -> chunks.

pub(crate) mod body_kind;
mod decoder;
pub(crate) mod template;

pub(crate) use decoder::Silent;
pub use crate::options::Limits;
pub use decoder::{pieces, Decoder, Piece};
