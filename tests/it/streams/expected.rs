//! A generated stream, and what a client must receive of it.

use serde_json::{Map, Value};

use super::items::Item;

/// A stream, and its answer.
#[derive(Clone, Debug)]
pub struct GeneratedStream {
    pub items: Vec<Item>,
    pub expected: Expected,
}

#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// In the order of their indexes.
    pub choices: Vec<Choice>,
    pub usage: Option<Value>,
    pub service_tier: Option<&'static str>,
    /// `oci` of the completion, except its finish reason.
    pub extras: Map<String, Value>,
    /// The id that the service gives the answer.
    pub id: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub index: u32,
    pub text: String,
    pub reasoning: String,
    pub refusal: String,
    pub calls: Vec<ToolCall>,
    pub annotations: Vec<Value>,
    pub logprobs: Vec<Value>,
    /// OpenAI's finish reason.
    pub finish: &'static str,
    /// The service's finish reason, if it sends one.
    pub oci_finish: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct ToolCall {
    /// `None`: the service sends no id, and any generated one is right.
    pub id: Option<String>,
    pub name: &'static str,
    pub arguments: Arguments,
}

#[derive(Clone, Debug)]
pub enum Arguments {
    /// This text.
    Exact(&'static str),
    /// JSON with the same value.
    Equivalent(&'static str),
}
