//! OCI's finish reasons, in OpenAI's words.

/// What OpenAI would call it. Case is ignored, and calls that were made win over whatever the service says: backends say
/// `stop` or `COMPLETE` beside tool calls. A reason that nobody knows is a `stop`; OCI's own word is kept by the caller.
///
/// The words are those of `GenericChatResponse` (a free string: `stop`, `length`, `tool_calls`, `content_filter`,
/// `max_tokens` were recorded), `CohereChatResponse` and `CohereChatResponseV2` in `oci-generativeaiinference`.
pub fn finish_reason(oci: Option<&str>, has_tool_calls: bool) -> &'static str {
    if has_tool_calls {
        return "tool_calls";
    }
    let word = oci.unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "length" | "max_tokens" | "error_limit" => "length",
        "content_filter" | "error_toxic" | "safety" => "content_filter",
        "tool_calls" | "tool_call" | "function_call" => "tool_calls",
        _ => "stop",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (oci, openai) in [
            (Some("stop"), "stop"),
            (Some("STOP"), "stop"),
            (Some("COMPLETE"), "stop"),
            (Some("STOP_SEQUENCE"), "stop"),
            (Some("MAX_TOKENS"), "length"),
            (Some("length"), "length"),
            (Some("ERROR_LIMIT"), "length"),
            (Some("ERROR_TOXIC"), "content_filter"),
            (Some("TOOL_CALL"), "tool_calls"),
            (Some("something new"), "stop"),
            (None, "stop"),
        ] {
            assert_eq!(finish_reason(oci, false), openai, "{oci:?}");
            assert_eq!(finish_reason(oci, true), "tool_calls", "{oci:?}");
        }
    }
}
