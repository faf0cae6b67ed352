//! The response as JSON text: in the events that begin and end a stream, and whole.

use serde_json::Value;

use super::item::{Item, COMPLETED, INCOMPLETE};
use super::settings::Settings;
use super::text::{push, push_digits, push_items, push_name, push_number, push_string};
use crate::json::{append, escape_into};
use crate::openai::{Completion, Extras, Metadata};

/// What a response says.
pub(super) struct Response<'a> {
    pub(super) metadata: &'a Metadata,
    pub(super) settings: &'a Settings,
    pub(super) items: &'a [Item],
    /// Why the answer is in one piece, if it was requested as a stream.
    pub(super) fallback: Option<&'a str>,
    pub(super) status: &'a str,
    /// Why it is incomplete, if it is.
    pub(super) incomplete: Option<&'a str>,
    /// The answer of the chat, and when it was complete, in seconds since 1970.
    pub(super) end: Option<(&'a Completion, u64)>,
}

impl Response<'_> {
    /// Writes the response, whose last member is the error.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        push(out, "{\"id\":\"resp_");
        escape_into(out, answer_id(self.metadata));
        push(out, "\",\"object\":\"response\"");
        push_number(out, "created_at", self.metadata.created);
        push_name(out, "completed_at");
        match self.end.filter(|_| self.status == COMPLETED) {
            Some((_, at)) => push_digits(out, at),
            None => push(out, "null"),
        }
        push_string(out, "status", self.status);
        push_name(out, "incomplete_details");
        match self.incomplete {
            Some(reason) => {
                push(out, "{\"reason\":\"");
                push(out, reason);
                push(out, "\"}");
            }
            None => push(out, "null"),
        }
        push_string(out, "model", &self.metadata.model);
        push_items(out, "output", self.items, Item::write);
        let completion = self.end.map(|(completion, _)| completion);
        push_name(out, "usage");
        write_usage(out, completion.and_then(|it| it.usage.as_ref()));
        let tier = completion.and_then(|completion| completion.service_tier.as_deref());
        let tier = tier.unwrap_or(&self.settings.service_tier);
        push_string(out, "service_tier", tier);
        if let Some(oci) = completion.and_then(|completion| completion.oci.as_ref()) {
            let oci = Extras {
                fallback: self.fallback.map(str::to_owned),
                ..oci.clone()
            };
            push_name(out, "oci");
            append(out, &oci);
        }
        out.extend_from_slice(&self.settings.members);
        push(out, ",\"error\":null}");
    }
}

/// The id of an answer, of which the ids of the response and of its items are made. The service's
/// own id may have any length.
pub(super) fn answer_id(metadata: &Metadata) -> &str {
    const MAX_BYTES: usize = 64;
    let id = metadata
        .id
        .strip_prefix("chatcmpl-")
        .unwrap_or(&metadata.id);
    let is_plain = id.len() <= MAX_BYTES && id.bytes().all(|it| it.is_ascii_graphic());
    if is_plain {
        id
    } else {
        "0"
    }
}

/// The status of a response whose chat ended for this reason, and why it is incomplete.
pub(super) fn ending(reason: Option<&str>) -> (&'static str, Option<&'static str>) {
    match reason {
        Some("length") => (INCOMPLETE, Some("max_output_tokens")),
        Some("content_filter") => (INCOMPLETE, Some("content_filter")),
        _ => (COMPLETED, None),
    }
}

fn write_usage(out: &mut Vec<u8>, usage: Option<&Value>) {
    let Some(usage) = usage else {
        push(out, "null");
        return;
    };
    let count = |path: [&str; 2]| {
        let [first, second] = path;
        let value = usage.get(first);
        let value = match second {
            "" => value,
            member => value.and_then(|value| value.get(member)),
        };
        value.and_then(Value::as_u64)
    };
    let [input, output] = ["prompt_tokens", "completion_tokens"].map(|it| count([it, ""]));
    let (input, output) = (input.unwrap_or(0), output.unwrap_or(0));
    let cached = count(["prompt_tokens_details", "cached_tokens"]).unwrap_or(0);
    let reasoning = count(["completion_tokens_details", "reasoning_tokens"]).unwrap_or(0);
    let total = count(["total_tokens", ""]).unwrap_or_else(|| input.saturating_add(output));
    for (before, number) in [
        ("{\"input_tokens\":", input),
        (",\"input_tokens_details\":{\"cached_tokens\":", cached),
        ("},\"output_tokens\":", output),
        (
            ",\"output_tokens_details\":{\"reasoning_tokens\":",
            reasoning,
        ),
        ("},\"total_tokens\":", total),
    ] {
        push(out, before);
        push_digits(out, number);
    }
    push(out, "}");
}
