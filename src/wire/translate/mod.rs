//! OCI's vocabulary in OpenAI's words.

mod content;
mod finish_reason;
mod logprobs;
mod time;
mod usage;

pub(super) use content::{annotation, url, Url};
pub(super) use finish_reason::finish_reason;
pub(super) use logprobs::logprobs;
pub(crate) use time::unix_seconds;
pub(crate) use usage::usage;
