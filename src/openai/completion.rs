//! A whole answer.

use serde::Serialize;
use serde_json::Value;

use super::chunk::Extras;
use super::metadata::Metadata;

/// An OpenAI `chat.completion`.
#[derive(Clone, Debug, Serialize)]
pub struct Completion {
    /// `chatcmpl-…`
    pub id: String,
    /// `chat.completion`
    pub object: &'static str,
    /// Seconds since 1970.
    pub created: u64,
    /// The model as the caller named it.
    pub model: String,
    /// One entry a choice.
    pub choices: Vec<Choice>,
    /// OpenAI's usage object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Value>,
    /// The tier that served the request, in OpenAI's spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// What OCI has and OpenAI has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oci: Option<Extras>,
}

/// One of the `n` answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Choice {
    /// Which one.
    pub index: u32,
    /// The message.
    pub message: AssistantMessage,
    /// OpenAI's logprobs object.
    pub logprobs: Option<Value>,
    /// Absent only in what a broken stream left.
    pub finish_reason: Option<&'static str>,
}

/// The message of a choice.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AssistantMessage {
    /// `assistant`
    pub role: &'static str,
    /// Text; null where there is none.
    pub content: Option<String>,
    /// The text of a refusal.
    pub refusal: Option<String>,
    /// The model's reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// Calls, in the order in which they were opened.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// OpenAI's annotations (`url_citation`): a list, empty where there are none, as OpenAI's is.
    pub annotations: Value,
}

/// A call that the model makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ToolCall {
    /// OCI's id, or one that was made up where OCI sends none.
    pub id: String,
    /// `function`
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What is called.
    pub function: Function,
}

/// The function of a [`ToolCall`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// JSON text; `{}` where the model sent none.
    pub arguments: String,
}

impl Completion {
    pub(crate) fn new(metadata: &Metadata, choices: Vec<Choice>) -> Self {
        Completion {
            id: metadata.id.clone(),
            object: "chat.completion",
            created: metadata.created,
            model: metadata.model.clone(),
            choices,
            usage: None,
            service_tier: None,
            oci: None,
        }
    }

    /// The JSON that OpenAI would send.
    pub fn to_json(&self) -> Vec<u8> {
        crate::json::to_json(self)
    }
}

/// OpenAI's logprobs object around its tokens. Its other list, of a refusal's tokens, has no
/// counterpart at OCI.
pub(crate) fn logprobs(content: Vec<Value>) -> Value {
    crate::json::object(vec![("content", content.into()), ("refusal", Value::Null)])
}
