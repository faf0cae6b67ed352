//! A piece of an answer, as it is streamed, and who takes it.

use serde::Serialize;
use serde_json::Value;

/// What all chunks of one answer share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `chatcmpl-…`
    pub id: String,
    /// Seconds since 1970.
    pub created: u64,
    /// The model as the caller named it.
    pub model: String,
}

/// An OpenAI `chat.completion.chunk`, borrowed from what has been received.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Chunk<'a> {
    /// One entry a choice that has something new; none in the chunk that carries usage.
    pub choices: Vec<ChunkChoice<'a>>,
    /// OpenAI's usage object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<&'a Value>,
    /// What OCI has and OpenAI has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oci: Option<Extras>,
}

/// What is new in one choice.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChunkChoice<'a> {
    /// Which of the `n` answers.
    pub index: u32,
    /// What is new.
    pub delta: Delta<'a>,
    /// OpenAI's logprobs object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Value>,
    /// Set in the last chunk of the choice.
    pub finish_reason: Option<&'static str>,
}

/// What is new in a message.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Delta<'a> {
    /// `assistant`, in the first chunk of the choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<&'a str>,
    /// The model's reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<&'a str>,
    /// The words of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<&'a str>,
    /// Calls that open or go on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCallDelta<'a>>,
    /// OpenAI's annotations (`url_citation`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<&'a Value>,
}

/// A tool call that opens (with id and name) or goes on (with arguments).
#[derive(Clone, Debug, Default, Serialize)]
pub struct ToolCallDelta<'a> {
    /// Stable over the stream.
    pub index: usize,
    /// Set when the call opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// `function`, set when the call opens.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Name and arguments.
    pub function: FunctionDelta<'a>,
}

/// The function of a [`ToolCallDelta`].
#[derive(Clone, Debug, Default, Serialize)]
pub struct FunctionDelta<'a> {
    /// Set when the call opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// The next piece of the arguments, which are JSON text.
    pub arguments: &'a str,
}

/// `oci` on a chunk or a completion: present where there is something to say.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Extras {
    /// OCI's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opc_request_id: Option<String>,
    /// Cohere's citations, in OCI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citations: Option<Value>,
    /// The queries that a search would use, or used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_queries: Option<Value>,
    /// The documents that the answer rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<Value>,
    /// Gemini's grounding metadata, in OCI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grounding_metadata: Option<Value>,
    /// Cohere V2's log probabilities, in OCI's shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_probabilities: Option<Value>,
    /// Cohere V2's plan before it calls tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_plan: Option<String>,
    /// The prompt as the model saw it, where the request asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What OCI said, when the finish reason had to be mapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<Value>,
    /// Why a whole answer came in one chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
}

impl Extras {
    /// Nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Extras::default()
    }

    /// Itself, if there is anything to say.
    pub(crate) fn some(self) -> Option<Extras> {
        (!self.is_empty()).then_some(self)
    }
}

/// Takes the pieces of an answer while they are decoded. One shape of output is one sink: strings for JavaScript, events for
/// a gateway, values for Rust.
pub trait Sink {
    /// Text of the first choice and nothing else: nearly all of a stream, and the only call that has to be fast.
    fn text(&mut self, head: &Head, text: &str);

    /// Any other chunk.
    fn chunk(&mut self, head: &Head, chunk: &Chunk<'_>);

    /// A chunk that the service wrote in OpenAI's own form.
    fn verbatim(&mut self, json: &str);
}

/// Writes a chunk as the JSON that OpenAI would send.
pub(crate) fn to_json(head: &Head, chunk: &Chunk<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Whole<'a> {
        id: &'a str,
        object: &'static str,
        created: u64,
        model: &'a str,
        #[serde(flatten)]
        chunk: &'a Chunk<'a>,
    }
    let whole = Whole { id: &head.id, object: "chat.completion.chunk", created: head.created, model: &head.model, chunk };
    crate::json::to_vec(&whole)
}
