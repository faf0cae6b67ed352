//! OCI's vocabulary in OpenAI's words.

pub(crate) mod finish_reason;
pub(crate) mod logprobs;
pub(crate) mod usage;
