//! `apiFormat` COHERE: Cohere's first chat API, Command R and R+.
//!
//! One `message`, the turns before it in `chatHistory`, the system text in `preambleOverride`, tool
//! results without ids. A stream's deltas are `{"apiFormat":"COHERE","text":"…"}`; the last event,
//! and in a tool turn an earlier one too, restates the whole text; there is no `[DONE]`.

mod request;
mod response;
mod turns;

use super::parameters::{Row, Rule};
use super::WireFormat;
use crate::routing::ApiFormat;

/// The wire.
pub static FORMAT: WireFormat = WireFormat {
    name: ApiFormat::Cohere.name(),
    api_format: Some(ApiFormat::Cohere),
    parameters: PARAMETERS,
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
    ("stream", Rule::translated("isStream")),
    (
        "stream_options",
        Rule::translated(
            "streamOptions.isIncludeUsage, always true; include_usage decides whether a chunk \
             carries it",
        ),
    ),
    (
        "max_tokens",
        Rule::translated("maxTokens; 4,000 by default, since the service would stop after 20"),
    ),
    ("max_completion_tokens", Rule::translated("as max_tokens; takes precedence over it")),
    ("temperature", Rule::Field("temperature")),
    ("top_p", Rule::Field("topP")),
    ("stop", Rule::translated("stopSequences")),
    ("seed", Rule::Field("seed")),
    ("presence_penalty", Rule::Field("presencePenalty")),
    ("frequency_penalty", Rule::Field("frequencyPenalty")),
    ("n", Rule::Unsupported("send one request for each answer")),
    ("logprobs", Rule::Unsupported("omit it; COHEREV2 and GENERIC have log probabilities")),
    ("top_logprobs", Rule::Unsupported("omit it; GENERIC has it")),
    ("logit_bias", Rule::Unsupported("omit it; GENERIC has it")),
    ("reasoning_effort", Rule::Unsupported("these models do not reason: omit it")),
    ("verbosity", Rule::Unsupported("ask for it in a system message")),
    ("metadata", Rule::ignored("labels for OpenAI's dashboard")),
    ("prediction", Rule::ignored("makes the same answer arrive faster, where a model has it")),
    (
        "web_search_options",
        Rule::Unsupported("search yourself and send the results as oci.documents"),
    ),
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
    ("oci.top_k", Rule::Field("topK")),
    ("oci.documents", Rule::Field("documents")),
    ("oci.citation_quality", Rule::Enum("citationQuality", &["ACCURATE", "FAST"])),
    ("oci.safety_mode", Rule::Enum("safetyMode", &["CONTEXTUAL", "STRICT", "OFF"])),
    ("oci.preamble", Rule::Field("preambleOverride")),
    ("oci.prompt_truncation", Rule::Enum("promptTruncation", &["OFF", "AUTO_PRESERVE_ORDER"])),
    ("oci.max_input_tokens", Rule::Field("maxInputTokens")),
    ("oci.is_search_queries_only", Rule::Field("isSearchQueriesOnly")),
    ("oci.is_force_single_step", Rule::Field("isForceSingleStep")),
    ("oci.is_raw_prompting", Rule::Field("isRawPrompting")),
    ("oci.is_echo", Rule::Field("isEcho")),
    ("oci.is_strict_tools", Rule::Unsupported("COHEREV2 has it")),
    ("oci.priority", Rule::Unsupported("COHEREV2 has it")),
    ("oci.thinking_budget", Rule::Unsupported("these models do not reason")),
    ("oci.max_completion_tokens", Rule::Unsupported("use max_tokens")),
];
