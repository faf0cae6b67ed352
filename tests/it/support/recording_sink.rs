//! A sink that records its calls, and chunks assembled as OpenAI's clients do it.

use oci_genai_edge::openai::{Chunk, Metadata, Sink};
use serde_json::{json, Value};

/// A sink that records its calls, so that the output of two runs can be compared at little cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordingSink {
    pub calls: Vec<SinkCall>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SinkCall {
    Text(String),
    /// The chunk as JSON.
    Chunk(String),
    /// A chunk that the service wrote, as JSON.
    Verbatim(String),
}

impl Sink for RecordingSink {
    fn text(&mut self, _: &Metadata, text: &str) {
        self.calls.push(SinkCall::Text(text.into()));
    }

    fn chunk(&mut self, _: &Metadata, chunk: &Chunk<'_>) {
        let json = chunk.to_json(&Metadata::default());
        let json = String::from_utf8(json).unwrap();
        self.calls.push(SinkCall::Chunk(json));
    }

    fn verbatim(&mut self, json: &str) {
        self.calls.push(SinkCall::Verbatim(json.into()));
    }
}

impl RecordingSink {
    /// The chunks as a client receives them.
    pub fn chunks(&self) -> Vec<Value> {
        self.calls.iter().map(SinkCall::to_chunk).collect()
    }

    /// The pieces of the first choice's text.
    pub fn texts(&self) -> Vec<String> {
        let content = |chunk: &Value| {
            let choices = chunk["choices"].as_array()?.iter();
            choices
                .filter(|choice| choice["index"] == 0)
                .find_map(|choice| Some(choice["delta"]["content"].as_str()?.to_owned()))
        };
        self.chunks()
            .iter()
            .filter_map(content)
            .filter(|text| !text.is_empty())
            .collect()
    }

    /// Assembles the chunks as OpenAI's clients do, and checks the rules of a stream: the role
    /// first and once, tool calls opened in order and completely, one finish reason a choice.
    /// Returns choices in the shape of [`as_assembled`], with the last usage.
    pub fn assemble(&self) -> Value {
        self.assemble_by(true)
    }

    /// The same of a service that breaks the rules: what it sends after a finish is passed on.
    pub fn assemble_any(&self) -> Value {
        self.assemble_by(false)
    }

    fn assemble_by(&self, keeps_rules: bool) -> Value {
        let mut choices: Vec<Value> = Vec::new();
        let mut usage = Value::Null;
        for (call, chunk) in self.calls.iter().zip(self.chunks()) {
            // Chunks that the service wrote are passed on as they are, whatever the rules.
            let is_strict = keeps_rules && !matches!(call, SinkCall::Verbatim(_));
            if chunk["usage"].is_object() {
                usage = chunk["usage"].clone();
            }
            for fragment in chunk["choices"].as_array().unwrap() {
                let index = &fragment["index"];
                let known = choices.iter().position(|choice| choice["index"] == *index);
                let at = known.unwrap_or_else(|| {
                    assert!(
                        !is_strict || fragment["delta"]["role"] == "assistant",
                        "a choice begins without its role: {chunk}"
                    );
                    choices.push(empty_choice(index));
                    choices.len() - 1
                });
                append(&mut choices[at], fragment, is_strict);
            }
        }
        choices.sort_by_key(|choice| choice["index"].as_u64());
        for choice in &mut choices {
            choice.as_object_mut().unwrap().shift_remove("chunks");
        }
        json!({"choices": choices, "usage": usage})
    }
}

impl SinkCall {
    fn to_chunk(&self) -> Value {
        match self {
            SinkCall::Text(text) => {
                let delta = json!({"content": text});
                json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
            }
            SinkCall::Chunk(json) | SinkCall::Verbatim(json) => serde_json::from_str(json).unwrap(),
        }
    }
}

/// A choice before its first chunk. `chunks` counts them, and is removed in the end.
fn empty_choice(index: &Value) -> Value {
    json!({
        "index": index,
        "content": "",
        "reasoning_content": "",
        "refusal": "",
        "tool_calls": [],
        "annotations": [],
        "logprobs": [],
        "finish_reason": null,
        "chunks": 0,
    })
}

/// Appends a chunk's part of a choice.
fn append(choice: &mut Value, fragment: &Value, is_strict: bool) {
    let delta = &fragment["delta"];
    if is_strict {
        assert!(
            choice["finish_reason"].is_null(),
            "a chunk after the finish: {fragment}"
        );
        assert!(
            choice["chunks"] == 0 || delta.get("role").is_none(),
            "the role occurs twice: {fragment}"
        );
        let is_empty = delta.as_object().unwrap().is_empty()
            && fragment["finish_reason"].is_null()
            && fragment.get("logprobs").is_none();
        assert!(!is_empty, "a chunk without content: {fragment}");
    }
    choice["chunks"] = json!(choice["chunks"].as_u64().unwrap() + 1);
    for field in ["content", "reasoning_content", "refusal"] {
        if let Some(text) = delta[field].as_str() {
            choice[field] = json!(choice[field].as_str().unwrap().to_owned() + text);
        }
    }
    for call in delta["tool_calls"].as_array().into_iter().flatten() {
        let calls = choice["tool_calls"].as_array_mut().unwrap();
        append_tool_call(calls, call, is_strict);
    }
    for (field, list) in [
        ("annotations", &delta["annotations"]),
        ("logprobs", &fragment["logprobs"]["content"]),
    ] {
        let items = list.as_array().into_iter().flatten().cloned();
        choice[field].as_array_mut().unwrap().extend(items);
    }
    if !fragment["finish_reason"].is_null() {
        choice["finish_reason"] = fragment["finish_reason"].clone();
    }
}

fn append_tool_call(calls: &mut Vec<Value>, call: &Value, is_strict: bool) {
    let index = call["index"].as_u64().unwrap() as usize;
    let function = &call["function"];
    if index == calls.len() {
        assert!(
            call["id"].is_string() && call["type"] == "function" && function["name"].is_string(),
            "{call}"
        );
        let mut opened = call.clone();
        opened.as_object_mut().unwrap().shift_remove("index");
        calls.push(opened);
        return;
    }
    assert!(
        index < calls.len() && (!is_strict || call.get("id").is_none()),
        "a fragment of a call that was not opened: {call}"
    );
    let arguments = &mut calls[index]["function"]["arguments"];
    let fragment = function["arguments"].as_str().unwrap_or_default();
    *arguments = json!(arguments.as_str().unwrap().to_owned() + fragment);
}

/// A completion in the shape of [`RecordingSink::assemble`].
pub fn as_assembled(completion: &Value) -> Value {
    let choice = |choice: &Value| {
        let message = &choice["message"];
        let text = |field: &str| message[field].as_str().unwrap_or_default();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        json!({
            "index": choice["index"],
            "content": text("content"),
            "reasoning_content": text("reasoning_content"),
            "refusal": text("refusal"),
            "tool_calls": list(&message["tool_calls"]),
            "annotations": list(&message["annotations"]),
            "logprobs": list(&choice["logprobs"]["content"]),
            "finish_reason": choice["finish_reason"],
        })
    };
    let choices = completion["choices"].as_array().unwrap().iter();
    let choices: Vec<Value> = choices.map(choice).collect();
    json!({"choices": choices, "usage": completion["usage"]})
}
