//! A whole answer.

use crate::gather::each;
use crate::json::{object, Map, Value};

use super::chunk::{Extras, Head};

/// An OpenAI `chat.completion`.
#[derive(Clone, Debug)]
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
    pub usage: Option<Value>,
    /// OCI's tier that served the request, in OpenAI's spelling.
    pub service_tier: Option<String>,
    /// What OCI has and OpenAI has not.
    pub oci: Option<Extras>,
}

/// One of the `n` answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Which one.
    pub index: u32,
    /// The message.
    pub message: Message,
    /// OpenAI's logprobs object.
    pub logprobs: Option<Value>,
    /// Absent only in what a broken stream left.
    pub finish_reason: Option<&'static str>,
}

/// The message of a choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// `assistant`
    pub role: &'static str,
    /// Text; null where there is none.
    pub content: Option<String>,
    /// The words of a refusal.
    pub refusal: Option<String>,
    /// The model's reasoning.
    pub reasoning_content: Option<String>,
    /// Calls, in the order in which they were opened.
    pub tool_calls: Vec<ToolCall>,
    /// OpenAI's annotations (`url_citation`).
    pub annotations: Option<Value>,
}

/// A call that the model makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// OCI's id, or one that was made up where OCI gives none.
    pub id: String,
    /// `function`
    pub kind: &'static str,
    /// What is called.
    pub function: Function,
}

/// The function of a [`ToolCall`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// JSON text; `{}` where the model gave none.
    pub arguments: String,
}

impl Completion {
    pub(crate) fn new(head: &Head, choices: Vec<Choice>) -> Self {
        Completion {
            id: head.id.clone(),
            object: "chat.completion",
            created: head.created,
            model: head.model.clone(),
            choices,
            usage: None,
            service_tier: None,
            oci: None,
        }
    }

    /// The JSON that OpenAI would send.
    pub fn to_json(&self) -> Vec<u8> {
        crate::json::write(&self.to_value())
    }

    /// The same as a value.
    pub fn to_value(&self) -> Value {
        let mut told = Map::new();
        told.insert("id", self.id.as_str().into());
        told.insert("object", self.object.into());
        told.insert("created", self.created.into());
        told.insert("model", self.model.as_str().into());
        told.insert(
            "choices",
            each(self.choices.iter(), Choice::to_value).into(),
        );
        told.insert_some("usage", self.usage.as_ref());
        told.insert_some("service_tier", self.service_tier.as_deref());
        told.insert_some("oci", self.oci.as_ref().map(Extras::to_value));
        told.into()
    }
}

impl Choice {
    fn to_value(&self) -> Value {
        object([
            ("index", u64::from(self.index).into()),
            ("message", self.message.to_value()),
            ("logprobs", self.logprobs.as_ref().into()),
            ("finish_reason", self.finish_reason.into()),
        ])
    }
}

impl Message {
    fn to_value(&self) -> Value {
        let mut told = Map::new();
        told.insert("role", self.role.into());
        told.insert("content", self.content.as_deref().into());
        told.insert("refusal", self.refusal.as_deref().into());
        told.insert_some("reasoning_content", self.reasoning_content.as_deref());
        if !self.tool_calls.is_empty() {
            told.insert(
                "tool_calls",
                each(self.tool_calls.iter(), ToolCall::to_value).into(),
            );
        }
        told.insert_some("annotations", self.annotations.as_ref());
        told.into()
    }
}

impl ToolCall {
    fn to_value(&self) -> Value {
        let Function { name, arguments } = &self.function;
        let function = object([
            ("name", name.as_str().into()),
            ("arguments", arguments.as_str().into()),
        ]);
        object([
            ("id", self.id.as_str().into()),
            ("type", self.kind.into()),
            ("function", function),
        ])
    }
}
