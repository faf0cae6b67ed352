//! `apiFormat` GENERIC: Llama, Grok, Gemini, GPT, gpt-oss and every imported model.
//!
//! Stream events are bare deltas (`{"index":0,"message":{…},"pad":"aaa"}`) without envelope or
//! format; the finish has no `index` and may carry the last text; usage follows it; `[DONE]` ends
//! the stream.

mod gemini;
mod message;
mod request;
mod response;

use super::parameters::{Row, Rule, NATIVE_PARAMETERS};
use super::WireFormat;
use crate::routing::ApiFormat;

/// The wire.
pub static FORMAT: WireFormat = WireFormat {
    name: ApiFormat::Generic.name(),
    api_format: Some(ApiFormat::Generic),
    parameters: &[PARAMETERS, NATIVE_PARAMETERS],
    passes_events_through: false,
    build: request::build,
    read_event: response::read_event,
    read_whole: response::read_whole,
};

/// Names on the right are fields of
/// [`GenericChatRequest`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/generic-chat-request.ts).
const PARAMETERS: &[Row] = &[
    (
        "messages",
        Rule::translated(
            "messages: every content becomes a list of parts; annotations of earlier answers are \
             not sent",
        ),
    ),
    (
        "max_tokens",
        Rule::translated("maxTokens; maxCompletionTokens for openai.* but gpt-oss"),
    ),
    (
        "max_completion_tokens",
        Rule::translated("as max_tokens; takes precedence over it"),
    ),
    ("stop", Rule::translated("stop: always a list")),
    ("n", Rule::Field("numGenerations")),
    (
        "logprobs",
        Rule::translated("logProbs: top_logprobs, at least 1"),
    ),
    ("top_logprobs", Rule::translated("logProbs")),
    ("logit_bias", Rule::Field("logitBias")),
    (
        "reasoning_effort",
        Rule::Enum(
            "reasoningEffort",
            &["NONE", "MINIMAL", "LOW", "MEDIUM", "HIGH"],
        ),
    ),
    (
        "verbosity",
        Rule::Enum("verbosity", &["LOW", "MEDIUM", "HIGH"]),
    ),
    ("metadata", Rule::Field("metadata")),
    (
        "prediction",
        Rule::translated("prediction: {type: CONTENT, content: parts}"),
    ),
    ("web_search_options", Rule::translated("webSearchOptions")),
    (
        "service_tier",
        Rule::Enum("serviceTier", &["AUTO", "DEFAULT", "PRIORITY"]),
    ),
    (
        "tools",
        Rule::translated(
            "tools: flat, {type: FUNCTION, name, description, parameters}; strict has no \
             counterpart and is omitted",
        ),
    ),
    (
        "tool_choice",
        Rule::translated("toolChoice: {type: AUTO | NONE | REQUIRED} or {type: FUNCTION, name}"),
    ),
    ("parallel_tool_calls", Rule::Field("isParallelToolCalls")),
    (
        "response_format",
        Rule::translated("responseFormat: {type: TEXT | JSON_OBJECT | JSON_SCHEMA, jsonSchema}"),
    ),
    (
        "oci.max_completion_tokens",
        Rule::Field("maxCompletionTokens"),
    ),
    ("oci.is_echo", Rule::Field("isEcho")),
    ("oci.documents", Rule::Unsupported(COHERE_ONLY)),
    ("oci.citation_quality", Rule::Unsupported(COHERE_ONLY)),
    ("oci.safety_mode", Rule::Unsupported(COHERE_ONLY)),
    ("oci.preamble", Rule::Unsupported("use a system message")),
    ("oci.prompt_truncation", Rule::Unsupported(COHERE_ONLY)),
    ("oci.max_input_tokens", Rule::Unsupported(COHERE_ONLY)),
    ("oci.is_search_queries_only", Rule::Unsupported(COHERE_ONLY)),
    ("oci.is_force_single_step", Rule::Unsupported(COHERE_ONLY)),
    ("oci.is_raw_prompting", Rule::Unsupported(COHERE_ONLY)),
    ("oci.is_strict_tools", Rule::Unsupported(COHERE_ONLY)),
    ("oci.priority", Rule::Unsupported(COHERE_ONLY)),
    (
        "oci.thinking_budget",
        Rule::Unsupported("use reasoning_effort"),
    ),
];

const COHERE_ONLY: &str =
    "a parameter of Cohere's models: omit it, or set apiFormat if the model is one of them";
