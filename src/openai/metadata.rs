//! What all chunks of one answer share.

/// Id, time and model of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `chatcmpl-…`
    pub id: String,
    /// Seconds since 1970.
    pub created: u64,
    /// The model as the caller named it.
    pub model: String,
}
