//! `apiFormat` COHEREV2: Cohere's second chat API, Command A and its siblings that see and reason.
//!
//! No stream of it has been recorded byte by byte; it is read by its schema, and leniently: the
//! last event may carry the last delta of the text or the whole text, `[DONE]` may follow or not,
//! usage may stand on any event.

mod request;
mod response;

use super::parameters::{Row, Rule};
use super::WireFormat;
use crate::routing::ApiFormat;

/// The wire.
pub static FORMAT: WireFormat = WireFormat {
    name: ApiFormat::CohereV2.name(),
    api_format: Some(ApiFormat::CohereV2),
    parameters: PARAMETERS,
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
    ("logprobs", Rule::Field("isLogProbsEnabled")),
    ("top_logprobs", Rule::Unsupported("omit it; GENERIC has it")),
    ("logit_bias", Rule::Unsupported("omit it; GENERIC has it")),
    (
        "reasoning_effort",
        Rule::translated(
            "thinking: DISABLED for none, ENABLED for any other; oci.thinking_budget sets the budget",
        ),
    ),
    ("verbosity", Rule::Unsupported("ask for it in a system message")),
    ("metadata", Rule::ignored("labels for OpenAI's dashboard")),
    ("prediction", Rule::ignored("makes the same answer arrive faster, where a model has it")),
    (
        "web_search_options",
        Rule::Unsupported("search yourself and send the results as oci.documents"),
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
    ("oci.citation_quality", Rule::translated("citationOptions.mode: ACCURATE, FAST or OFF")),
    ("oci.safety_mode", Rule::Enum("safetyMode", &["CONTEXTUAL", "STRICT", "OFF"])),
    ("oci.thinking_budget", Rule::translated("thinking: ENABLED with this tokenBudget")),
    ("oci.is_search_queries_only", Rule::Field("isSearchQueriesOnly")),
    ("oci.is_raw_prompting", Rule::Field("isRawPrompting")),
    ("oci.is_strict_tools", Rule::Field("isStrictToolsEnabled")),
    ("oci.priority", Rule::Field("priority")),
    ("oci.preamble", Rule::Unsupported("use a system message")),
    ("oci.prompt_truncation", Rule::Unsupported("COHERE has it")),
    ("oci.max_input_tokens", Rule::Unsupported("COHERE has it")),
    ("oci.is_force_single_step", Rule::Unsupported("COHERE has it")),
    ("oci.is_echo", Rule::Unsupported("COHERE and GENERIC have it")),
    ("oci.max_completion_tokens", Rule::Unsupported("use max_tokens")),
];
