//! A piece of an answer, as it is streamed, and who takes it.

use crate::json::{Map, Members, Value};

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
#[derive(Clone, Debug, Default)]
pub struct ChunkChoice<'a> {
    /// Which of the `n` answers.
    pub index: u32,
    /// What is new.
    pub delta: Delta<'a>,
    /// OpenAI's logprobs object.
    pub logprobs: Option<Value>,
    /// Set in the last chunk of the choice.
    pub finish_reason: Option<&'static str>,
}

/// What is new in a message.
#[derive(Clone, Debug, Default)]
pub struct Delta<'a> {
    /// `assistant`, in the first chunk of the choice.
    pub role: Option<&'static str>,
    /// Text.
    pub content: Option<&'a str>,
    /// The model's reasoning.
    pub reasoning_content: Option<&'a str>,
    /// The words of a refusal.
    pub refusal: Option<&'a str>,
    /// Calls that open or go on.
    pub tool_calls: Vec<ToolCallDelta<'a>>,
    /// OpenAI's annotations (`url_citation`).
    pub annotations: Option<&'a Value>,
}

/// A tool call that opens (with id and name) or goes on (with arguments).
#[derive(Clone, Debug, Default)]
pub struct ToolCallDelta<'a> {
    /// Stable over the stream.
    pub index: usize,
    /// Set when the call opens.
    pub id: Option<&'a str>,
    /// `function`, set when the call opens.
    pub kind: Option<&'static str>,
    /// Name and arguments.
    pub function: FunctionDelta<'a>,
}

/// The function of a [`ToolCallDelta`].
#[derive(Clone, Debug, Default)]
pub struct FunctionDelta<'a> {
    /// Set when the call opens.
    pub name: Option<&'a str>,
    /// The next piece of the arguments, which are JSON text.
    pub arguments: &'a str,
}

/// `oci` on a chunk or a completion: present where there is something to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// OCI's id of the request.
    pub opc_request_id: Option<String>,
    /// Cohere's citations, in OCI's shape.
    pub citations: Option<Value>,
    /// The queries that a search would use, or used.
    pub search_queries: Option<Value>,
    /// The documents that the answer rests on.
    pub documents: Option<Value>,
    /// Gemini's grounding metadata, in OCI's shape.
    pub grounding_metadata: Option<Value>,
    /// Cohere V2's log probabilities, in OCI's shape.
    pub log_probabilities: Option<Value>,
    /// Cohere V2's plan before it calls tools.
    pub tool_plan: Option<String>,
    /// The prompt as the model saw it, where the request asked for it.
    pub prompt: Option<String>,
    /// What OCI said, when the finish reason had to be mapped.
    pub finish_reason: Option<Value>,
    /// Why a whole answer came in one chunk.
    pub fallback: Option<String>,
}

impl Extras {
    /// Nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Extras::default()
    }

    /// As it is told.
    pub fn to_value(&self) -> Value {
        let mut told = Map::new();
        told.insert_some("opc_request_id", self.opc_request_id.as_deref());
        told.insert_some("citations", self.citations.as_ref());
        told.insert_some("search_queries", self.search_queries.as_ref());
        told.insert_some("documents", self.documents.as_ref());
        told.insert_some("grounding_metadata", self.grounding_metadata.as_ref());
        told.insert_some("log_probabilities", self.log_probabilities.as_ref());
        told.insert_some("tool_plan", self.tool_plan.as_deref());
        told.insert_some("prompt", self.prompt.as_deref());
        told.insert_some("finish_reason", self.finish_reason.as_ref());
        told.insert_some("fallback", self.fallback.as_deref());
        told.into()
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

    /// Reasoning of the first choice and nothing else.
    fn reasoning(&mut self, head: &Head, text: &str) {
        let delta = Delta {
            reasoning_content: Some(text),
            ..Delta::default()
        };
        self.chunk(head, &Chunk::of(delta));
    }

    /// The next piece of the arguments of a call of the first choice, and nothing else.
    fn arguments(&mut self, head: &Head, call: usize, piece: &str) {
        let function = FunctionDelta {
            name: None,
            arguments: piece,
        };
        let call = ToolCallDelta {
            index: call,
            function,
            ..ToolCallDelta::default()
        };
        self.chunk(
            head,
            &Chunk::of(Delta {
                tool_calls: vec![call],
                ..Delta::default()
            }),
        );
    }

    /// Any other chunk.
    fn chunk(&mut self, head: &Head, chunk: &Chunk<'_>);

    /// A chunk that the service wrote in OpenAI's own form.
    fn verbatim(&mut self, json: &str);

    /// The same chunk as bytes of the service's own stream, with all that stands around it. Only a sink that writes a stream
    /// wants it, instead of [`Sink::verbatim`].
    fn line(&mut self, _bytes: &[u8]) {}
}

impl<'a> Chunk<'a> {
    /// A chunk in which the first choice goes on.
    fn of(delta: Delta<'a>) -> Chunk<'a> {
        Chunk {
            choices: vec![ChunkChoice {
                delta,
                ..ChunkChoice::default()
            }],
            ..Chunk::default()
        }
    }

    /// The JSON that OpenAI would send.
    pub fn to_json(&self, head: &Head) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.write(head, false, &mut out);
        out
    }

    /// Writes it. With `usage_is_null` a chunk without usage says so, as at OpenAI when usage was asked for.
    pub(crate) fn write(&self, head: &Head, usage_is_null: bool, out: &mut Vec<u8>) {
        let mut members = Members::new(out);
        members.text("id", Some(&head.id));
        members.text("object", Some("chat.completion.chunk"));
        members.number("created", head.created);
        members.text("model", Some(&head.model));
        list(members.name("choices"), &self.choices, ChunkChoice::write);
        match self.usage {
            None if usage_is_null => members.value("usage", Some(&Value::Null)),
            usage => members.value("usage", usage),
        }
        members.value("oci", self.oci.as_ref().map(Extras::to_value).as_ref());
        members.end();
    }
}

impl ChunkChoice<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut members = Members::new(out);
        members.number("index", u64::from(self.index));
        self.delta.write(members.name("delta"));
        members.value("logprobs", self.logprobs.as_ref());
        match self.finish_reason {
            Some(reason) => members.text("finish_reason", Some(reason)),
            None => members.value("finish_reason", Some(&Value::Null)),
        }
        members.end();
    }
}

impl Delta<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut members = Members::new(out);
        members.text("role", self.role);
        members.text("content", self.content);
        members.text("reasoning_content", self.reasoning_content);
        members.text("refusal", self.refusal);
        if !self.tool_calls.is_empty() {
            list(
                members.name("tool_calls"),
                &self.tool_calls,
                ToolCallDelta::write,
            );
        }
        members.value("annotations", self.annotations);
        members.end();
    }
}

impl ToolCallDelta<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut members = Members::new(out);
        members.number("index", self.index as u64);
        members.text("id", self.id);
        members.text("type", self.kind);
        let mut function = Members::new(members.name("function"));
        function.text("name", self.function.name);
        function.text("arguments", Some(self.function.arguments));
        function.end();
        members.end();
    }
}

fn list<T>(out: &mut Vec<u8>, items: &[T], write: fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}
