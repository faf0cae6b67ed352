//! OCI's finish reasons, in OpenAI's words.

use crate::answer::FinishReason;

/// OpenAI's word for a reason, in any case. An unknown reason is a `stop`; OCI's own word stays
/// beside it.
///
/// The words are those of `GenericChatResponse` (a free string: `stop`, `length`, `tool_calls`,
/// `content_filter`, `max_tokens` were recorded), `CohereChatResponse` and `CohereChatResponseV2`
/// in `oci-generativeaiinference`.
pub(in crate::wire) fn finish_reason(oci: Option<&str>) -> FinishReason<'_> {
    let word = oci.unwrap_or_default().to_ascii_lowercase();
    let openai = match word.as_str() {
        "length" | "max_tokens" | "error_limit" => "length",
        "content_filter" | "error_toxic" | "safety" => "content_filter",
        "tool_calls" | "tool_call" | "function_call" => "tool_calls",
        _ => "stop",
    };
    FinishReason { oci, openai }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons() {
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
            let reason = finish_reason(oci);
            assert_eq!((reason.oci, reason.openai), (oci, openai));
        }
    }
}
