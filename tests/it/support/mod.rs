//! What the integration tests share: the recordings of the workplace, and ways to cut a stream.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::PathBuf;

use oci_genai_edge::answer::Accumulator;
use oci_genai_edge::call::{Call, ResponseHead, Settings};
use oci_genai_edge::openai::{ChatRequest, Chunk, Metadata, Sink};
use oci_genai_edge::operation::{Chat, Operation};
use oci_genai_edge::options::{Limits, Retry};
use oci_genai_edge::routing::{Candidate, Route, RouteOverrides, RoutingOptions};
use oci_genai_edge::wire::{self, WireFormat};
use serde_json::{json, Value};

/// The folder of recordings and cases beside the repository; `None`, said aloud, in a clone that has none.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!(
        "skipped: ../shared/{path} is not here; the repository's own cases cover the same rules"
    );
    None
}

/// The wires, for tests that generate or check something of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Generic,
    Cohere,
    CohereV2,
    OpenAi,
}

impl Wire {
    pub const ALL: [Wire; 4] = [Wire::Generic, Wire::Cohere, Wire::CohereV2, Wire::OpenAi];

    pub fn format(self) -> &'static WireFormat {
        match self {
            Wire::Generic => &wire::GENERIC,
            Wire::Cohere => &wire::COHERE,
            Wire::CohereV2 => &wire::COHERE_V2,
            Wire::OpenAi => &wire::OPENAI,
        }
    }
}

/// A target whose format is explicit, so that nothing is assumed or renegotiated.
pub fn candidate_for(format: &WireFormat) -> Candidate {
    let endpoint = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
    let model = if format.api_format.is_some() {
        endpoint
    } else {
        "vendor.model"
    };
    let options = RoutingOptions {
        region: Some("us-chicago-1".into()),
        ..RoutingOptions::default()
    };
    let overrides = RouteOverrides {
        api_format: format.api_format,
        transport: None,
    };
    let route = Route::resolve(model, &options, overrides).unwrap();
    assert_eq!(WireFormat::for_route(&route), format);
    Candidate {
        route,
        compartment_id: Some("ocid1.compartment.oc1..example".into()),
    }
}

/// A call that is made once, without fallback.
pub fn single_call(
    format: &WireFormat,
    request: ChatRequest,
    stream: bool,
    limits: Limits,
    tool_call_text: bool,
) -> Call {
    let settings = Settings {
        stream,
        fallback: false,
        retry: Retry {
            max_attempts: 1,
            ..Retry::default()
        },
        limits,
        headers: Vec::new(),
        signs: true,
    };
    let chat = Chat::new(request, metadata(), limits, tool_call_text);
    Call::new(
        Operation::Chat(Box::new(chat)),
        vec![candidate_for(format)],
        settings,
        0.0,
    )
}

/// The metadata of every answer in these tests.
pub fn metadata() -> Metadata {
    Metadata {
        id: "chatcmpl-test".into(),
        created: 0,
        model: "model".into(),
    }
}

/// The head of a response.
pub fn response_head(status: u16, content_type: &str) -> ResponseHead {
    ResponseHead {
        status,
        content_type: content_type.into(),
        ..ResponseHead::default()
    }
}

/// A completion as its readers see it.
pub fn completion(answer: &Accumulator) -> Value {
    serde_json::from_slice(&answer.completion().to_json()).unwrap()
}

/// A small generator of pseudo-random numbers (SplitMix64): the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Cuts bytes into pieces of 0 to `most` bytes.
    pub fn cut<'a>(&mut self, mut bytes: &'a [u8], most: usize) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let (head, tail) = bytes.split_at(self.below(most + 1).min(bytes.len()));
            pieces.push(head);
            bytes = tail;
        }
        pieces
    }
}

/// A number from the environment.
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number: {text}"))
    })
}

/// Runs a check with the numbers of one seed after the other. A failure tells the seed: `SEED=… ROUNDS=1` runs that one again.
pub fn seeds(rounds: u64, check: impl Fn(&mut Random)) {
    let first = number("SEED", 20_231_130);
    for seed in first..first + number("ROUNDS", rounds) {
        if let Err(why) = catch_unwind(AssertUnwindSafe(|| check(&mut Random(seed)))) {
            let why = why
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| why.downcast_ref::<&str>().map(|why| (*why).into()));
            panic!("SEED={seed} ROUNDS=1: {}", why.unwrap_or_default());
        }
    }
}

/// A sink that writes down what it is told: one line a call, so that two tellings can be compared at little cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told(pub Vec<Line>);

#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    Text(String),
    Chunk(String),
    Verbatim(String),
}

impl Sink for Told {
    fn text(&mut self, _: &Metadata, text: &str) {
        self.0.push(Line::Text(text.into()));
    }

    fn chunk(&mut self, _: &Metadata, chunk: &Chunk<'_>) {
        self.0.push(Line::Chunk(
            String::from_utf8(chunk.to_json(&Metadata::default())).unwrap(),
        ));
    }

    fn verbatim(&mut self, json: &str) {
        self.0.push(Line::Verbatim(json.into()));
    }
}

impl Told {
    /// The chunks as a client sees them.
    pub fn chunks(&self) -> Vec<Value> {
        let chunk = |line: &Line| match line {
            Line::Text(text) => {
                json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
            }
            Line::Chunk(json) | Line::Verbatim(json) => serde_json::from_str(json).unwrap(),
        };
        self.0.iter().map(chunk).collect()
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

    /// Adds the chunks up as OpenAI's clients do, and holds each to the rules of such a stream: the role first and once, calls
    /// opened in order and whole, one finish a choice. Returns choices in the shape of a completion, with the last usage.
    pub fn add_up(&self) -> Value {
        let mut choices: Vec<Value> = Vec::new();
        let mut usage = Value::Null;
        for (line, chunk) in self.0.iter().zip(self.chunks()) {
            // What the service wrote in OpenAI's form is its own.
            let ours = !matches!(line, Line::Verbatim(_));
            if chunk["usage"].is_object() {
                usage = chunk["usage"].clone();
            }
            for new in chunk["choices"].as_array().unwrap() {
                let at = choices.iter().position(|choice| choice["index"] == new["index"]).unwrap_or_else(|| {
                    assert!(!ours || new["delta"]["role"] == "assistant", "a choice begins without its role: {chunk}");
                    choices.push(json!({"index": new["index"], "content": "", "reasoning_content": "", "refusal": "",
                        "tool_calls": [], "annotations": [], "logprobs": [], "finish_reason": null, "chunks": 0}));
                    choices.len() - 1
                });
                add(&mut choices[at], new, ours);
            }
        }
        choices.sort_by_key(|choice| choice["index"].as_u64());
        for choice in &mut choices {
            choice.as_object_mut().unwrap().shift_remove("chunks");
        }
        json!({"choices": choices, "usage": usage})
    }
}

fn add(choice: &mut Value, new: &Value, ours: bool) {
    let delta = &new["delta"];
    if ours {
        assert!(
            choice["finish_reason"].is_null(),
            "a chunk after the finish: {new}"
        );
        assert!(
            choice["chunks"] == 0 || delta.get("role").is_none(),
            "the role is said twice: {new}"
        );
        let says = delta.as_object().unwrap().len()
            + usize::from(!new["finish_reason"].is_null() || new.get("logprobs").is_some());
        assert!(says > 0, "a chunk that says nothing: {new}");
    }
    choice["chunks"] = json!(choice["chunks"].as_u64().unwrap() + 1);
    for field in ["content", "reasoning_content", "refusal"] {
        if let Some(text) = delta[field].as_str() {
            choice[field] = json!(choice[field].as_str().unwrap().to_owned() + text);
        }
    }
    for call in delta["tool_calls"].as_array().into_iter().flatten() {
        let calls = choice["tool_calls"].as_array_mut().unwrap();
        let index = call["index"].as_u64().unwrap() as usize;
        if index == calls.len() {
            assert!(
                call["id"].is_string()
                    && call["type"] == "function"
                    && call["function"]["name"].is_string(),
                "{call}"
            );
            let mut opened = call.clone();
            opened.as_object_mut().unwrap().shift_remove("index");
            calls.push(opened);
        } else {
            assert!(
                index < calls.len() && (!ours || call.get("id").is_none()),
                "a call that nobody opened: {call}"
            );
            let whole = calls[index]["function"]["arguments"]
                .as_str()
                .unwrap()
                .to_owned();
            calls[index]["function"]["arguments"] =
                json!(whole + call["function"]["arguments"].as_str().unwrap_or_default());
        }
    }
    for (field, list) in [
        ("annotations", &delta["annotations"]),
        ("logprobs", &new["logprobs"]["content"]),
    ] {
        choice[field]
            .as_array_mut()
            .unwrap()
            .extend(list.as_array().into_iter().flatten().cloned());
    }
    if !new["finish_reason"].is_null() {
        choice["finish_reason"] = new["finish_reason"].clone();
    }
}

/// A completion, in the shape of [`Told::add_up`].
pub fn to_add_up_to(completion: &Value) -> Value {
    let choice = |choice: &Value| {
        let message = &choice["message"];
        let text = |field: &str| message[field].as_str().unwrap_or_default();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        json!({"index": choice["index"], "content": text("content"), "reasoning_content": text("reasoning_content"),
            "refusal": text("refusal"), "tool_calls": list(&message["tool_calls"]), "annotations": list(&message["annotations"]),
            "logprobs": list(&choice["logprobs"]["content"]), "finish_reason": choice["finish_reason"]})
    };
    let choices: Vec<Value> = completion["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(choice)
        .collect();
    json!({"choices": choices, "usage": completion["usage"]})
}
