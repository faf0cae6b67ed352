//! One choice of an answer while it is received.

use serde_json::Value;

use super::think_tags::ThinkTagParser;
use super::tool_calls::ToolCalls;
use super::tool_tags::ToolTagParser;
use crate::json::SurrogateJoiner;
use crate::openai::{logprobs, AssistantMessage, Choice};

/// What has been received of one choice.
#[derive(Clone, Debug, Default)]
pub(super) struct ChoiceState {
    pub(super) index: u32,
    /// A chunk with the role has been emitted.
    pub(super) role_sent: bool,
    pub(super) text: String,
    pub(super) text_joiner: SurrogateJoiner,
    /// Extracts markup from the text; `None` where the text is emitted as it is.
    pub(super) tagged: Option<TaggedText>,
    /// How many non-empty deltas the text arrived in.
    pub(super) text_deltas: usize,
    pub(super) reasoning: String,
    pub(super) reasoning_joiner: SurrogateJoiner,
    pub(super) refusal: String,
    pub(super) refusal_joiner: SurrogateJoiner,
    pub(super) annotations: Vec<Value>,
    pub(super) logprobs: Vec<Value>,
    pub(super) calls: ToolCalls,
    pub(super) finish: Option<Finish>,
}

/// Text that may contain reasoning or tool calls between tags.
#[derive(Clone, Debug, Default)]
pub(super) struct TaggedText {
    pub(super) reasoning: Option<ThinkTagParser>,
    pub(super) calls: Option<ToolTagParser>,
    /// The text as received, tags included: a restatement is recognised by comparing with it.
    pub(super) received: String,
}

/// The finish reason in OCI's word (null included) and in OpenAI's.
#[derive(Clone, Debug)]
pub(super) struct Finish {
    pub(super) oci: Option<String>,
    pub(super) openai: &'static str,
}

impl ChoiceState {
    /// Whether its next text can be emitted as a plain text chunk without further processing.
    pub(super) fn is_plain(&self) -> bool {
        self.index == 0 && self.role_sent && self.tagged.is_none() && self.text_joiner.is_clean()
    }

    /// The text as the service sent it.
    pub(super) fn received_text(&self) -> &str {
        self.tagged
            .as_ref()
            .map_or(&self.text, |tagged| &tagged.received)
    }

    pub(super) fn to_choice(&self) -> Choice {
        let non_empty = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let tool_calls = self.calls.to_tool_calls();
        // OpenAI's content is null only where something else was sent instead.
        let content = non_empty(&self.text)
            .or_else(|| (tool_calls.is_empty() && self.refusal.is_empty()).then(String::new));
        Choice {
            index: self.index,
            message: AssistantMessage {
                role: "assistant",
                content,
                refusal: non_empty(&self.refusal),
                reasoning_content: non_empty(&self.reasoning),
                tool_calls,
                annotations: Value::Array(self.annotations.clone()),
            },
            logprobs: (!self.logprobs.is_empty()).then(|| logprobs(self.logprobs.clone())),
            finish_reason: self.finish.as_ref().map(|finish| finish.openai),
        }
    }
}

impl Finish {
    /// OCI's word, where OpenAI's differs. A null that became `stop` is reported too.
    pub(super) fn mapped(&self) -> Option<Value> {
        (self.oci.as_deref() != Some(self.openai)).then(|| self.oci.clone().into())
    }
}
