//! A chunk of a streamed answer.

use std::borrow::Cow;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::metadata::Metadata;

/// An OpenAI `chat.completion.chunk`, borrowed from what has been received.
#[derive(Clone, Debug, Default)]
pub struct Chunk<'a> {
    /// One entry a choice that has something new; none in the chunk that carries usage.
    pub choices: Vec<ChunkChoice<'a>>,
    /// OpenAI's usage object.
    pub usage: Option<&'a Value>,
    /// What OCI has and OpenAI has not.
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
    /// The text of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<&'a str>,
    /// Calls that open or continue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCallDelta<'a>>,
    /// OpenAI's annotations (`url_citation`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<&'a Value>,
}

/// A tool call that opens (with id and name) or continues (with arguments).
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
    /// More of the arguments, which are JSON text.
    pub arguments: &'a str,
}

/// `oci` on a chunk or a completion.
#[derive(Debug, Default, PartialEq)]
pub struct Extras {
    /// OCI's id of the request.
    pub opc_request_id: Option<String>,
    /// Cohere's citations, in OCI's shape.
    pub citations: Option<Value>,
    /// The queries that a search would use, or used.
    pub search_queries: Option<Value>,
    /// The documents that ground the answer.
    pub documents: Option<Value>,
    /// Gemini's grounding metadata, in OCI's shape.
    pub grounding_metadata: Option<Value>,
    /// Cohere V2's log probabilities, in OCI's shape.
    pub log_probabilities: Option<Value>,
    /// Cohere V2's plan before it calls tools.
    pub tool_plan: Option<String>,
    /// The prompt as the model received it, where the request requested it.
    pub prompt: Option<String>,
    /// OCI's own finish reason, where OpenAI's differs; null is a reason too.
    pub finish_reason: Option<Value>,
    /// Why the whole answer is in one chunk.
    pub fallback: Option<String>,
    /// What OCI sent under names that no wire knows.
    pub others: Map<String, Value>,
}

// SIZE: in loops; derived, with the others flattened, it is larger.
impl Serialize for Extras {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, text) in [
            ("opc_request_id", &self.opc_request_id),
            ("tool_plan", &self.tool_plan),
            ("prompt", &self.prompt),
            ("fallback", &self.fallback),
        ] {
            if let Some(text) = text {
                map.serialize_entry(name, text)?;
            }
        }
        let values = [
            ("citations", &self.citations),
            ("search_queries", &self.search_queries),
            ("documents", &self.documents),
            ("grounding_metadata", &self.grounding_metadata),
            ("log_probabilities", &self.log_probabilities),
            ("finish_reason", &self.finish_reason),
        ];
        let values = values
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let others = self
            .others
            .iter()
            .map(|(name, value)| (name.as_str(), value));
        for (name, value) in values.chain(others) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

// SIZE: the derived one has six copies of the code that clones a value (0.4 KiB gzipped).
impl Clone for Extras {
    fn clone(&self) -> Self {
        #[inline(never)]
        fn clone(value: &Option<Value>) -> Option<Value> {
            value.clone()
        }
        Extras {
            opc_request_id: self.opc_request_id.clone(),
            citations: clone(&self.citations),
            search_queries: clone(&self.search_queries),
            documents: clone(&self.documents),
            grounding_metadata: clone(&self.grounding_metadata),
            log_probabilities: clone(&self.log_probabilities),
            tool_plan: self.tool_plan.clone(),
            prompt: self.prompt.clone(),
            finish_reason: clone(&self.finish_reason),
            fallback: self.fallback.clone(),
            others: self.others.clone(),
        }
    }
}

impl Extras {
    /// The name under which a field is kept that no wire knows: its own, unless it is one of these
    /// fields.
    pub(crate) fn name_of_other(name: &str) -> Cow<'_, str> {
        const OWN: [&str; 10] = [
            "opc_request_id",
            "citations",
            "search_queries",
            "documents",
            "grounding_metadata",
            "log_probabilities",
            "tool_plan",
            "prompt",
            "finish_reason",
            "fallback",
        ];
        if OWN.contains(&name) {
            Cow::Owned(format!("_{name}"))
        } else {
            Cow::Borrowed(name)
        }
    }

    /// Whether no field is set.
    pub fn is_empty(&self) -> bool {
        *self == Extras::default()
    }

    /// Itself, if any field is set.
    pub(crate) fn non_empty(self) -> Option<Extras> {
        (!self.is_empty()).then_some(self)
    }
}

impl<'a> Chunk<'a> {
    /// A chunk that only continues the first choice.
    pub(super) fn of_first_choice(delta: Delta<'a>) -> Chunk<'a> {
        Chunk {
            choices: vec![ChunkChoice {
                delta,
                ..ChunkChoice::default()
            }],
            ..Chunk::default()
        }
    }

    /// The JSON that OpenAI would send.
    pub fn to_json(&self, metadata: &Metadata) -> Vec<u8> {
        let mut json = Vec::with_capacity(256);
        self.write(metadata, false, &mut json);
        json
    }

    /// The same as a value.
    pub(crate) fn to_value(&self, metadata: &Metadata) -> Value {
        serde_json::to_value(self.whole(metadata, false)).unwrap_or_default()
    }

    /// Appends its JSON. With `null_usage` a chunk without usage has `"usage":null`, as at OpenAI
    /// when usage was requested.
    pub(super) fn write(&self, metadata: &Metadata, null_usage: bool, out: &mut Vec<u8>) {
        crate::json::append(out, &self.whole(metadata, null_usage));
    }

    fn whole<'b>(&'b self, metadata: &'b Metadata, null_usage: bool) -> WholeChunk<'b> {
        WholeChunk {
            id: &metadata.id,
            object: "chat.completion.chunk",
            created: metadata.created,
            model: &metadata.model,
            choices: &self.choices,
            usage: (self.usage.is_some() || null_usage).then_some(self.usage),
            oci: self.oci.as_ref(),
        }
    }
}

/// A chunk together with what all chunks of its answer share.
#[derive(Serialize)]
struct WholeChunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: &'a [ChunkChoice<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<&'a Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oci: Option<&'a Extras>,
}
