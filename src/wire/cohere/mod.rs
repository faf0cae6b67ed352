//! `apiFormat` COHERE: Cohere's first chat API, Command R and R+.
//!
//! One `message`, the turns before it in `chatHistory`, the system text in `preambleOverride`, tool
//! results without ids. A stream's deltas are `{"apiFormat":"COHERE","text":"…"}`; the last event,
//! and in a tool turn an earlier one too, restates the whole text; there is no `[DONE]`.

mod request;
mod response;
mod turns;

use super::cohere_common;
use super::parameters::{Row, Rule, NATIVE_PARAMETERS};
use super::WireFormat;
use crate::routing::ApiFormat;

/// The wire.
pub static FORMAT: WireFormat = WireFormat {
    name: ApiFormat::Cohere.name(),
    api_format: Some(ApiFormat::Cohere),
    parameters: &[PARAMETERS, cohere_common::PARAMETERS, NATIVE_PARAMETERS],
    passes_events_through: false,
    build: request::build,
    read_event: response::read_event,
    read_whole: response::read_whole,
};

/// Names on the right are fields of
/// [`CohereChatRequest`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-chat-request.ts).
const PARAMETERS: &[Row] = &[
    (
        "messages",
        Rule::translated(
            "message, chatHistory, preambleOverride and toolResults; text only, without names, \
             reasoning and annotations",
        ),
    ),
    ("logprobs", Rule::Unsupported("omit it; COHEREV2 and GENERIC have log probabilities")),
    ("reasoning_effort", Rule::Unsupported("these models do not reason: omit it")),
    ("service_tier", Rule::Unsupported("omit it: there is one tier")),
    (
        "tools",
        Rule::translated(
            "tools: parameterDefinitions with Python type names; what a type name can't express is \
             appended to the description",
        ),
    ),
    (
        "tool_choice",
        Rule::translated(
            "auto: the default; none: the tools are omitted; required and a named function are \
             rejected",
        ),
    ),
    ("oci.citation_quality", Rule::Enum("citationQuality", &["ACCURATE", "FAST"])),
    ("oci.preamble", Rule::Field("preambleOverride")),
    ("oci.prompt_truncation", Rule::Enum("promptTruncation", &["OFF", "AUTO_PRESERVE_ORDER"])),
    ("oci.max_input_tokens", Rule::Field("maxInputTokens")),
    ("oci.is_force_single_step", Rule::Field("isForceSingleStep")),
    ("oci.is_echo", Rule::Field("isEcho")),
    ("oci.is_strict_tools", Rule::Unsupported("COHEREV2 has it")),
    ("oci.priority", Rule::Unsupported("COHEREV2 has it")),
    ("oci.thinking_budget", Rule::Unsupported("these models do not reason")),
];
