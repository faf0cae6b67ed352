//! What Cohere's two wires share.

use serde::Serialize;
use serde_json::Value;

use super::fields::DecodeError;
use crate::error::{Code, Error};
use crate::openai::ResponseFormat;

/// The limit that is sent when the caller sets none. Without one the service stops after 20 tokens
/// (wayflow: "default max_tokens for OCI Cohere is 20"; litellm says the same); 4,000 is the
/// longest on-demand answer that the documentation allows.
pub(super) const DEFAULT_MAX_TOKENS: u64 = 4000;

/// [`CohereResponseFormat`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-response-format.ts)
/// and its V2 sibling.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum CohereResponseFormat<'a> {
    Text,
    JsonObject {
        #[serde(skip_serializing_if = "Option::is_none")]
        schema: Option<&'a Value>,
    },
}

impl CohereResponseFormat<'_> {
    pub(super) fn new(format: &ResponseFormat) -> CohereResponseFormat<'_> {
        match format {
            ResponseFormat::Text => CohereResponseFormat::Text,
            ResponseFormat::JsonObject => CohereResponseFormat::JsonObject { schema: None },
            ResponseFormat::JsonSchema { schema, .. } => CohereResponseFormat::JsonObject {
                schema: schema.as_ref(),
            },
        }
    }
}

/// The error of an event, by the finish reason beside it: ERROR_TOXIC is the moderation's.
pub(super) fn with_reason(error: Error, reason: Option<&str>) -> DecodeError {
    let toxic = reason.is_some_and(|reason| reason.eq_ignore_ascii_case("ERROR_TOXIC"));
    DecodeError::Failed(if toxic {
        Error::new(Code::ContentFiltered, error.message().to_owned())
    } else {
        error
    })
}

/// Fails where the finish reason is ERROR.
pub(super) fn check_reason(reason: Option<&str>) -> Result<(), DecodeError> {
    if reason.is_some_and(|reason| reason.eq_ignore_ascii_case("ERROR")) {
        let message = "the service ended the answer with an error and no message";
        return Err(Error::new(Code::StreamError, message).into());
    }
    Ok(())
}
