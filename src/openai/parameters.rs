//! The registry of parameters: what OpenAI says of each, once. What a wire makes of a parameter
//! stands in the wire's own table (see [`crate::wire::parameters`]).

use serde_json::Value;

use super::param::Param;
use crate::error::Result;

/// A parameter of Chat Completions, or one of OCI's under `oci`.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// `temperature`, `oci.top_k`
    pub name: &'static str,
    /// What its value must be.
    pub kind: ValueKind,
    /// Which values ask for what happens anyway: a wire that can't express the parameter accepts
    /// these.
    pub neutral: Neutral,
}

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// true or false.
    Boolean,
    /// A string.
    String,
    /// An object.
    Object,
    /// An array.
    Array,
    /// Of a shape of its own, which is checked where it is read.
    Structured,
}

/// Which values of a parameter ask for what happens anyway.
#[derive(Clone, Copy, Debug)]
pub enum Neutral {
    /// None.
    Never,
    /// This boolean.
    Boolean(bool),
    /// This number.
    Number(u32),
    /// An empty object or array.
    Empty,
    /// One of these words, in any case.
    Words(&'static [&'static str]),
    /// A list of nothing but this word.
    ListOf(&'static str),
}

/// Every parameter that is known, in the order of the documentation.
pub const PARAMETERS: &[Parameter] = &[
    of("messages", ValueKind::Structured, Neutral::Never),
    of("stream", ValueKind::Boolean, Neutral::Boolean(false)),
    of("stream_options", ValueKind::Object, Neutral::Empty),
    of("max_tokens", ValueKind::Integer, Neutral::Never),
    of("max_completion_tokens", ValueKind::Integer, Neutral::Never),
    of("temperature", ValueKind::Number, Neutral::Never),
    of("top_p", ValueKind::Number, Neutral::Never),
    of("stop", ValueKind::Structured, Neutral::Empty),
    of("seed", ValueKind::Integer, Neutral::Never),
    of("n", ValueKind::Integer, Neutral::Number(1)),
    of("logprobs", ValueKind::Boolean, Neutral::Boolean(false)),
    of("top_logprobs", ValueKind::Integer, Neutral::Number(0)),
    of("logit_bias", ValueKind::Object, Neutral::Empty),
    of("presence_penalty", ValueKind::Number, Neutral::Number(0)),
    of("frequency_penalty", ValueKind::Number, Neutral::Number(0)),
    of(
        "reasoning_effort",
        ValueKind::String,
        Neutral::Words(&["none"]),
    ),
    of("verbosity", ValueKind::String, Neutral::Words(&["medium"])),
    of("metadata", ValueKind::Object, Neutral::Empty),
    of("prediction", ValueKind::Object, Neutral::Never),
    of("web_search_options", ValueKind::Object, Neutral::Never),
    of(
        "service_tier",
        ValueKind::String,
        Neutral::Words(&["auto", "default"]),
    ),
    of("tools", ValueKind::Structured, Neutral::Empty),
    of(
        "tool_choice",
        ValueKind::Structured,
        Neutral::Words(&["auto"]),
    ),
    of(
        "parallel_tool_calls",
        ValueKind::Boolean,
        Neutral::Boolean(true),
    ),
    of("response_format", ValueKind::Structured, Neutral::Never),
    of("user", ValueKind::String, Neutral::Never),
    of("safety_identifier", ValueKind::String, Neutral::Never),
    of("store", ValueKind::Boolean, Neutral::Boolean(false)),
    of("prompt_cache_key", ValueKind::String, Neutral::Never),
    of("prompt_cache_retention", ValueKind::String, Neutral::Never),
    of("modalities", ValueKind::Array, Neutral::ListOf("text")),
    of("audio", ValueKind::Object, Neutral::Never),
    of("functions", ValueKind::Array, Neutral::Empty),
    of(
        "function_call",
        ValueKind::Structured,
        Neutral::Words(&["auto"]),
    ),
    of("oci.top_k", ValueKind::Integer, Neutral::Never),
    of(
        "oci.max_completion_tokens",
        ValueKind::Integer,
        Neutral::Never,
    ),
    of("oci.is_echo", ValueKind::Boolean, Neutral::Boolean(false)),
    of("oci.documents", ValueKind::Array, Neutral::Empty),
    of(
        "oci.citation_quality",
        ValueKind::String,
        Neutral::Words(&["OFF"]),
    ),
    of("oci.safety_mode", ValueKind::String, Neutral::Never),
    of("oci.preamble", ValueKind::String, Neutral::Never),
    of(
        "oci.prompt_truncation",
        ValueKind::String,
        Neutral::Words(&["OFF"]),
    ),
    of("oci.max_input_tokens", ValueKind::Integer, Neutral::Never),
    of(
        "oci.is_search_queries_only",
        ValueKind::Boolean,
        Neutral::Boolean(false),
    ),
    of(
        "oci.is_force_single_step",
        ValueKind::Boolean,
        Neutral::Boolean(false),
    ),
    of(
        "oci.is_raw_prompting",
        ValueKind::Boolean,
        Neutral::Boolean(false),
    ),
    of(
        "oci.is_strict_tools",
        ValueKind::Boolean,
        Neutral::Boolean(false),
    ),
    of("oci.priority", ValueKind::Integer, Neutral::Number(0)),
    of("oci.thinking_budget", ValueKind::Integer, Neutral::Never),
];

const fn of(name: &'static str, kind: ValueKind, neutral: Neutral) -> Parameter {
    Parameter {
        name,
        kind,
        neutral,
    }
}

impl Parameter {
    /// Looks a parameter up by its name.
    pub fn find(name: &str) -> Option<&'static Parameter> {
        PARAMETERS.iter().find(|parameter| parameter.name == name)
    }

    /// `invalid_request` for a value of another kind.
    pub(crate) fn check(&self, given: &Param<'_, '_>) -> Result<()> {
        self.kind.check(given)
    }
}

impl ValueKind {
    /// `invalid_request` for a value of another kind.
    pub(crate) fn check(self, given: &Param<'_, '_>) -> Result<()> {
        let value = given.value;
        let (fits, what) = match self {
            ValueKind::Number => (value.is_number(), "a number"),
            ValueKind::Integer => (value.is_u64() || value.is_i64(), "a whole number"),
            ValueKind::Boolean => (value.is_boolean(), "true or false"),
            ValueKind::String => (value.is_string(), "a string"),
            ValueKind::Object => (value.is_object(), "an object"),
            ValueKind::Array => (value.is_array(), "an array"),
            ValueKind::Structured => (true, ""),
        };
        if fits {
            Ok(())
        } else {
            Err(given.must_be(what))
        }
    }
}

impl Neutral {
    /// Whether this value asks for what happens anyway.
    pub(crate) fn matches(self, value: &Value) -> bool {
        let is = |word: &str, value: &Value| {
            value
                .as_str()
                .is_some_and(|text| text.eq_ignore_ascii_case(word))
        };
        match self {
            Neutral::Never => false,
            Neutral::Boolean(neutral) => value.as_bool() == Some(neutral),
            Neutral::Number(neutral) => value.as_f64() == Some(f64::from(neutral)),
            Neutral::Empty => {
                value.as_object().is_some_and(|members| members.is_empty())
                    || value.as_array().is_some_and(Vec::is_empty)
            }
            Neutral::Words(words) => words.iter().any(|word| is(word, value)),
            Neutral::ListOf(word) => value
                .as_array()
                .is_some_and(|items| items.iter().all(|item| is(word, item))),
        }
    }
}
