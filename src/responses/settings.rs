//! What a response repeats of its request.

use serde_json::{Map, Value};

use super::text::{push, push_member};
use crate::json::append;

/// Members of every response to a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// JSON text of members, each after a comma.
    pub(super) members: Vec<u8>,
    /// The tier that was requested.
    pub(super) service_tier: String,
    /// Whether the caller asked for a summary of the reasoning: it then gets the reasoning as one.
    pub(super) summarizes: bool,
}

/// Text, a parameter or a member of one whose value follows it, and OpenAI's default of that. What
/// has no default is left out with its text where it was not sent. The first ones are the same in
/// every response: see [`super::request`].
const REPEATED: &[(&str, &str, &str, &str)] = &[
    (
        ",\"background\":false,\"previous_response_id\":null,\"store\":false,\
      \"truncation\":\"disabled\",\"instructions\":",
        "instructions",
        "",
        "null",
    ),
    (",\"max_output_tokens\":", "max_output_tokens", "", "null"),
    (",\"max_tool_calls\":", "max_tool_calls", "", "null"),
    (",\"metadata\":", "metadata", "", "{}"),
    (
        ",\"parallel_tool_calls\":",
        "parallel_tool_calls",
        "",
        "true",
    ),
    (",\"prompt_cache_key\":", "prompt_cache_key", "", "null"),
    (",\"safety_identifier\":", "safety_identifier", "", "null"),
    (",\"user\":", "user", "", ""),
    (",\"temperature\":", "temperature", "", "1"),
    (",\"top_p\":", "top_p", "", "1"),
    (",\"presence_penalty\":", "presence_penalty", "", "0"),
    (",\"frequency_penalty\":", "frequency_penalty", "", "0"),
    (",\"top_logprobs\":", "top_logprobs", "", "0"),
    (",\"tool_choice\":", "tool_choice", "", "\"auto\""),
    (
        ",\"text\":{\"format\":",
        "text",
        "format",
        "{\"type\":\"text\"}",
    ),
    (",\"verbosity\":", "text", "verbosity", ""),
    (
        "},\"reasoning\":{\"effort\":",
        "reasoning",
        "effort",
        "null",
    ),
    (",\"summary\":", "reasoning", "summary", "null"),
];

/// The members of a function tool beside its type. OpenAI always sends them.
const TOOL: &[&str] = &["name", "description", "parameters", "strict"];

impl Settings {
    /// Of a request that has been checked.
    pub(super) fn of(request: &Map<String, Value>) -> Settings {
        let null = Value::Null;
        let mut members = Vec::new();
        let out = &mut members;
        for (text, name, member, default) in REPEATED {
            let value = request.get(*name).map(|value| match *member {
                "" => value,
                member => value.get(member).unwrap_or(&null),
            });
            match value.filter(|value| !value.is_null()) {
                Some(value) => {
                    push(out, text);
                    append(out, value);
                }
                None if default.is_empty() => {}
                None => {
                    push(out, text);
                    push(out, default);
                }
            }
        }
        push(out, "},\"tools\":[");
        let tools = request.get("tools").and_then(Value::as_array);
        for (index, tool) in tools.into_iter().flatten().enumerate() {
            push(out, if index == 0 { "" } else { "," });
            push(out, "{\"type\":\"function\"");
            for name in TOOL {
                push_member(out, name, tool.get(*name).unwrap_or(&null));
            }
            push(out, "}");
        }
        push(out, "]");
        let tier = request.get("service_tier").and_then(Value::as_str);
        let reasoning = request.get("reasoning");
        let summary = reasoning.and_then(|reasoning| reasoning.get("summary"));
        Settings {
            members,
            service_tier: tier
                .filter(|tier| *tier != "auto")
                .unwrap_or("default")
                .into(),
            summarizes: summary.is_some_and(Value::is_string),
        }
    }
}
