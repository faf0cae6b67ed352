//! `apiFormat` COHEREV2: Cohere's second chat API, Command A and its siblings that see and reason.
//!
//! No stream of it has been recorded byte by byte; it is read by its schema, and leniently: the
//! last event may carry the last delta of the text or the whole text, `[DONE]` may follow or not,
//! usage may stand on any event.

mod request;
mod response;

use super::cohere_common;
use super::parameters::{Row, Rule, NATIVE_PARAMETERS};
use super::WireFormat;
use crate::routing::ApiFormat;

/// The wire.
pub static FORMAT: WireFormat = WireFormat {
    name: ApiFormat::CohereV2.name(),
    api_format: Some(ApiFormat::CohereV2),
    parameters: &[PARAMETERS, cohere_common::PARAMETERS, NATIVE_PARAMETERS],
    passes_events_through: false,
    build: request::build,
    read_event: response::read_event,
    read_whole: response::read_whole,
};

/// Names on the right are fields of
/// [`CohereChatRequestV2`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-chat-request-v2.ts).
const PARAMETERS: &[Row] = &[
    (
        "messages",
        Rule::translated(
            "messages: every content becomes a list of parts; text, images and documents, without \
             names and annotations",
        ),
    ),
    ("logprobs", Rule::Field("isLogProbsEnabled")),
    (
        "reasoning_effort",
        Rule::translated(
            "thinking: DISABLED for none, ENABLED for any other; oci.thinking_budget sets the budget",
        ),
    ),
    ("service_tier", Rule::Unsupported("use oci.priority")),
    (
        "tools",
        Rule::translated(
            "tools: {type: FUNCTION, function}; strict on any of them sets isStrictToolsEnabled",
        ),
    ),
    (
        "tool_choice",
        Rule::translated(
            "toolsChoice: REQUIRED or NONE, omitted for auto; a named function is rejected unless \
             it is the only tool",
        ),
    ),
    ("oci.citation_quality", Rule::translated("citationOptions.mode: ACCURATE, FAST or OFF")),
    ("oci.thinking_budget", Rule::translated("thinking: ENABLED with this tokenBudget")),
    ("oci.is_strict_tools", Rule::Field("isStrictToolsEnabled")),
    ("oci.priority", Rule::Field("priority")),
    ("oci.preamble", Rule::Unsupported("use a system message")),
    ("oci.prompt_truncation", Rule::Unsupported("COHERE has it")),
    ("oci.max_input_tokens", Rule::Unsupported("COHERE has it")),
    ("oci.is_force_single_step", Rule::Unsupported("COHERE has it")),
    ("oci.is_echo", Rule::Unsupported("COHERE and GENERIC have it")),
];
