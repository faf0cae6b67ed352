//! What Cohere's two wires share.

use serde::Serialize;
use serde_json::Value;

use super::fields::DecodeError;
use super::parameters::{Row, Rule};
use crate::error::{Code, Error};
use crate::openai::ResponseFormat;

/// The limit that is sent when the caller sets none. Without one the service stops after 20 tokens
/// (wayflow: "default max_tokens for OCI Cohere is 20"; litellm says the same); 4,000 is the
/// longest on-demand answer that the documentation allows.
pub(super) const DEFAULT_MAX_TOKENS: u64 = 4000;

/// What both wires do in the same way.
pub(super) const PARAMETERS: &[Row] = &[
    (
        "max_tokens",
        Rule::translated("maxTokens; 4,000 by default, since the service would stop after 20"),
    ),
    (
        "max_completion_tokens",
        Rule::translated("as max_tokens; takes precedence over it"),
    ),
    ("stop", Rule::translated("stopSequences")),
    ("n", Rule::Unsupported("send one request for each answer")),
    ("top_logprobs", Rule::Unsupported("omit it; GENERIC has it")),
    ("logit_bias", Rule::Unsupported("omit it; GENERIC has it")),
    (
        "verbosity",
        Rule::Unsupported("ask for it in a system message"),
    ),
    ("metadata", Rule::ignored("labels for OpenAI's dashboard")),
    (
        "prediction",
        Rule::ignored("makes the same answer arrive faster, where a model has it"),
    ),
    (
        "web_search_options",
        Rule::Unsupported("search yourself and send the results as oci.documents"),
    ),
    (
        "parallel_tool_calls",
        Rule::Unsupported("the model decides: omit it, and accept the calls as they arrive"),
    ),
    (
        "response_format",
        Rule::translated(
            "responseFormat: {type: TEXT | JSON_OBJECT, schema}; a JSON schema loses its name and \
             strictness",
        ),
    ),
    ("oci.documents", Rule::Field("documents")),
    (
        "oci.safety_mode",
        Rule::Enum("safetyMode", &["CONTEXTUAL", "STRICT", "OFF"]),
    ),
    (
        "oci.is_search_queries_only",
        Rule::Field("isSearchQueriesOnly"),
    ),
    ("oci.is_raw_prompting", Rule::Field("isRawPrompting")),
    (
        "oci.max_completion_tokens",
        Rule::Unsupported("use max_tokens"),
    ),
];

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
        error.with_code(Code::ContentFiltered)
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
