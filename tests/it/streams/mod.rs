//! Valid streams of every wire, made at random together with what is to be heard of them: in all the ways that section 4 of the
//! protocol's document names, in all framings, cut anywhere; and the same streams broken.
//!
//! `STREAMS` says how many (100,000), `SEED` where to begin. A failure tells the seed of its stream: `SEED=… STREAMS=1` makes
//! that one again, on each wire.

mod content;

mod wires;

mod writer;

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::support::{
    metadata, number, response_head, single_call, to_add_up_to, Line, Random, Told, Wire,
};
use content::{is_finished, text_so_far, Arguments, Choice, Expected, Made};
use oci_genai_edge::call::Step;
use oci_genai_edge::decode::Decoder;
use oci_genai_edge::error::Error;
use oci_genai_edge::openai::{ChatRequest, Chunk, Metadata, Sink};
use oci_genai_edge::options::Limits;
use serde_json::{json, Map, Value};
use writer::{Hand, Item};

const STREAMS: usize = 100_000;
const SEED: u64 = 20_231_130;

/// After so many failures a run ends, and shows the shortest.
const ENOUGH: usize = 100;

// ---------------------------------------------------------------- hearing

/// What one client heard.
struct Heard {
    completion: Value,
    /// Nothing, where nobody wrote it down.
    told: Option<Told>,
    error: Option<Error>,
    include_usage: bool,
}

/// A call on a wire, ready to be made again and again.
struct Calls {
    request: [ChatRequest; 2],
    wire: Wire,
}

impl Calls {
    fn new(wire: Wire) -> Calls {
        let request = |include_usage: bool| {
            let request = json!({"model": "model", "messages": [{"role": "user", "content": "?"}],
                "stream_options": {"include_usage": include_usage},
                "tools": [{"type": "function", "function": {"name": "f"}}]});
            ChatRequest::from_json(&request.to_string()).unwrap()
        };
        Calls {
            request: [request(false), request(true)],
            wire,
        }
    }

    fn hear(
        &self,
        pieces: &[&[u8]],
        include_usage: bool,
        stream: bool,
        tool_call_text: bool,
    ) -> Heard {
        let request = self.request[usize::from(include_usage)].clone();
        let mut call = single_call(
            self.wire.format(),
            request,
            stream,
            Limits::default(),
            tool_call_text,
        );
        let mut told = Told::default();
        assert!(matches!(call.next_step(0.0), Step::Send(_)));
        call.on_response(response_head(200, "text/event-stream"), 1.0);
        for piece in pieces {
            if call.needs_body() {
                call.on_body_chunk(piece, 2.0, &mut told);
            }
        }
        if call.needs_body() {
            call.on_body_end(3.0, &mut told);
        }
        let error = match call.next_step(3.0) {
            Step::Done => None,
            Step::Fail(error) => Some(error),
            other => panic!("the call goes on: {other:?}"),
        };
        assert!(stream || told.0.is_empty(), "chunks that nobody asked for");
        let completion = serde_json::from_slice(&call.result()).unwrap();
        Heard {
            completion,
            told: stream.then_some(told),
            error,
            include_usage,
        }
    }
}

fn decode(wire: Wire, pieces: &[&[u8]], include_usage: bool, writes_down: bool) -> Heard {
    let mut decoder = Decoder::new(wire.format(), metadata(), Limits::default(), include_usage);
    let mut told = writes_down.then(Told::default);
    let sink: &mut dyn Sink = match &mut told {
        Some(told) => told,
        None => &mut Deaf,
    };
    let fed = pieces
        .iter()
        .try_for_each(|piece| decoder.feed(piece, sink));
    let error = fed.and_then(|()| decoder.end(sink)).err();
    assert_eq!(decoder.is_done(), error.is_none());
    let completion = crate::support::completion(decoder.answer());
    Heard {
        completion,
        told,
        error,
        include_usage,
    }
}

/// Who only wants the whole.
struct Deaf;

impl Sink for Deaf {
    fn text(&mut self, _: &Metadata, _: &str) {}
    fn chunk(&mut self, _: &Metadata, _: &Chunk<'_>) {}
    fn verbatim(&mut self, _: &str) {}
}

// ---------------------------------------------------------------- comparing

fn string<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// One choice against what was to be heard of it: all, or the beginning of each of its texts and lists.
fn check_choice(choice: &Value, expected: &Choice, whole: bool) {
    let message = &choice["message"];
    let text = |name: &str, found: &str, wanted: &str| {
        let right = if whole {
            found == wanted
        } else {
            wanted.starts_with(found)
        };
        assert!(
            right,
            "{name} of choice {}: {found:?} instead of {wanted:?}",
            expected.index
        );
    };
    text("content", string(message, "content"), &expected.text);
    text(
        "reasoning",
        string(message, "reasoning_content"),
        &expected.reasoning,
    );
    text("refusal", string(message, "refusal"), &expected.refusal);
    let items = |name: &str, found: &[Value], wanted: &[Value]| {
        let right = if whole {
            found == wanted
        } else {
            wanted.starts_with(found)
        };
        assert!(right, "{name}: {found:?} instead of {wanted:?}");
    };
    items(
        "annotations",
        list(message, "annotations"),
        &expected.annotations,
    );
    items(
        "logprobs",
        list(&choice["logprobs"], "content"),
        &expected.logprobs,
    );

    let calls = list(message, "tool_calls");
    let names: Vec<&str> = calls
        .iter()
        .map(|call| string(&call["function"], "name"))
        .collect();
    let wanted: Vec<&str> = expected.calls.iter().map(|call| call.name).collect();
    assert!(
        if whole {
            names == wanted
        } else {
            names.len() <= wanted.len()
        },
        "calls {calls:?} instead of {wanted:?}"
    );
    let ids: Vec<&str> = calls.iter().map(|call| string(call, "id")).collect();
    for (at, (call, wanted)) in calls.iter().zip(&expected.calls).enumerate() {
        assert_eq!(call["type"], "function");
        // A name may come late.
        assert!(
            names[at] == wanted.name || (!whole && names[at].is_empty()),
            "call {at}: {call} instead of {wanted:?}"
        );
        match &wanted.id {
            Some(id) => assert_eq!(ids[at], id, "call {at}"),
            None => assert!(
                !ids[at].is_empty() && !ids[..at].contains(&ids[at]),
                "call {at}: {ids:?}"
            ),
        }
        let arguments = string(&call["function"], "arguments");
        let right = match wanted.arguments {
            Arguments::Text(wanted) if whole => arguments == wanted,
            Arguments::Text(wanted) => wanted.starts_with(arguments),
            Arguments::Value(wanted) => {
                let value = |json: &str| serde_json::from_str::<Value>(json).ok();
                value(arguments).is_some_and(|found| Some(found) == value(wanted))
            }
        };
        assert!(
            right,
            "call {at}: {arguments:?} instead of {:?}",
            wanted.arguments
        );
    }
    if whole {
        assert_eq!(
            choice["finish_reason"], expected.finish,
            "choice {}",
            expected.index
        );
    }
}

/// A valid stream: everything.
fn check_whole(heard: &Heard, expected: &Expected) {
    assert!(
        heard.error.is_none(),
        "a valid stream failed: {:?}",
        heard.error
    );
    let completion = &heard.completion;
    let choices = list(completion, "choices");
    assert_eq!(choices.len(), expected.choices.len(), "choices");
    for (at, (choice, wanted)) in choices.iter().zip(&expected.choices).enumerate() {
        assert_eq!(choice["index"], at);
        check_choice(choice, wanted, true);
    }
    assert_eq!(completion.get("usage"), expected.usage.as_ref(), "usage");
    assert_eq!(
        completion.get("service_tier"),
        expected.service_tier.map(Value::from).as_ref(),
        "service tier"
    );
    assert_eq!(
        completion["id"],
        expected.id.as_deref().unwrap_or("chatcmpl-test")
    );
    let mut extras = expected.extras.clone();
    // The service's own word, where OpenAI has another.
    let first = &expected.choices[0];
    if first.word != Some(first.finish) {
        extras.insert("finish_reason".into(), first.word.into());
    }
    assert_eq!(
        completion["oci"].as_object().cloned().unwrap_or_default(),
        extras,
        "oci"
    );
    if let (Some(told), [_]) = (&heard.told, choices) {
        if expected.id.is_none() {
            let chunks = told.chunks();
            let told: Map<String, Value> = chunks
                .iter()
                .filter_map(|chunk| chunk["oci"].as_object().cloned())
                .flatten()
                .collect();
            assert_eq!(told, extras, "oci of the chunks");
        }
    }
}

/// A broken stream: the beginning of what was to be heard, and nothing else.
fn check_partial(heard: &Heard, expected: &Expected, arrived: &[Item], tool_text: bool) {
    for choice in list(&heard.completion, "choices") {
        let index = choice["index"].as_u64().unwrap() as u32;
        let wanted = expected
            .choices
            .iter()
            .find(|wanted| wanted.index == index)
            .expect("a choice that was never said");
        check_choice(choice, wanted, false);
        if heard.error.is_none() {
            // The word on why may not have come.
            let said = arrived
                .iter()
                .any(|item| matches!(item, Item::Event(event) if event.ends.contains(&index)));
            let finish = match said {
                true => wanted.finish,
                false if wanted.calls.is_empty() => "stop",
                false => "tool_calls",
            };
            check_choice(
                choice,
                &Choice {
                    finish,
                    ..wanted.clone()
                },
                true,
            );
        }
        if !tool_text {
            assert_eq!(
                string(&choice["message"], "content"),
                text_so_far(arrived, index),
                "what had arrived"
            );
        }
    }
    if let Some(usage) = heard.completion.get("usage") {
        assert_eq!(Some(usage), expected.usage.as_ref(), "usage");
    }
}

/// The chunks add up to the completion: who reads them and who asks for the whole get the same.
fn check_chunks(heard: &Heard) {
    let Some(told) = &heard.told else { return };
    // A chunk with half a character, passed on as the service wrote it, is JSON for JavaScript and none for this test.
    let is_json = |line: &Line| match line {
        Line::Verbatim(json) if json.contains("\\u") => serde_json::from_str::<Value>(json).is_ok(),
        _ => true,
    };
    if !told.0.iter().all(is_json) {
        return;
    }
    let mut sum = told.add_up();
    let mut whole = to_add_up_to(&heard.completion);
    // What the service wrote in OpenAI's form may have no arguments; the completion always has some.
    for choice in sum["choices"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .filter(|choice| !choice["finish_reason"].is_null())
    {
        for call in choice["tool_calls"].as_array_mut().unwrap() {
            let arguments = &mut call["function"]["arguments"];
            if arguments == "" && matches!(told.0.first(), Some(Line::Verbatim(_))) {
                *arguments = "{}".into();
            }
        }
    }
    if heard.error.is_some() || !heard.include_usage {
        sum["usage"] = Value::Null;
        whole["usage"] = Value::Null;
    }
    if heard.error.is_some() {
        for choices in [&mut sum, &mut whole].map(|side| side["choices"].as_array_mut().unwrap()) {
            for choice in choices.iter_mut() {
                // A call waits for its name before it is told.
                choice["tool_calls"]
                    .as_array_mut()
                    .unwrap()
                    .retain(|call| call["function"]["name"] != "");
            }
            // A choice of which there is nothing to tell has no chunks.
            let nothing = |value: &Value| value.is_null() || *value == "" || *value == json!([]);
            choices.retain(|choice| {
                choice
                    .as_object()
                    .unwrap()
                    .iter()
                    .any(|(name, value)| name != "index" && !nothing(value))
            });
        }
    }
    assert_eq!(sum, whole, "the chunks and the completion");
}

// ---------------------------------------------------------------- one stream

/// Makes the stream of a seed and hears it; one in four is broken first.
fn run(wire: Wire, calls: &Calls, seed: u64, shown: &mut Vec<u8>) {
    let mut random = Random(seed);
    let tool_text = wire != Wire::OpenAi && random.chance(6);
    let Made {
        mut items,
        expected,
    } = wires::valid(&mut random, wire, tool_text);
    let hand = Hand::new(&mut random);
    let kind = random.below(8);
    let mut failure = None;
    if kind == 0 {
        let before = items.len() - usize::from(matches!(items.last(), Some(Item::Done)));
        let at = random.below(before + 1);
        let (item, code) = wires::failure(&mut random, wire);
        items.insert(at, item);
        failure = Some((at, code));
    }
    let (mut bytes, ends) = hand.stream(&items, &mut random);
    if kind == 1 {
        bytes.truncate(random.below(bytes.len()));
    }
    shown.clone_from(&bytes);
    let most = *random.pick(&[2, 7, 30, 100, 300, 300, 1000, 4000, 4000, 4000, 4000, 4000]);
    let pieces = random.cut(&bytes, most);
    let include_usage = random.chance(2);
    let heard = if tool_text || random.chance(20) {
        calls.hear(&pieces, include_usage, !random.chance(8), tool_text)
    } else {
        // Adding up the chunks costs as much as all the rest.
        let writes_down = random.chance(3);
        decode(wire, &pieces, include_usage, writes_down)
    };

    let code = heard.error.as_ref().map(|error| error.code().as_str());
    let arrived = match failure {
        Some((at, wanted)) => {
            // After the last word of an answer an error may be heard or not.
            assert!(
                code == Some(wanted) || (code.is_none() && is_finished(&items[..at])),
                "an error event: {code:?}, not {wanted}"
            );
            &items[..at]
        }
        None if kind == 1 => {
            let arrived = &items[..ends.iter().take_while(|end| **end <= bytes.len()).count()];
            assert_eq!(
                code,
                (!is_finished(arrived)).then_some("stream_truncated"),
                "cut at {}",
                bytes.len()
            );
            arrived
        }
        None => {
            check_whole(&heard, &expected);
            &items[..]
        }
    };
    if arrived.len() < items.len() || kind == 1 {
        check_partial(&heard, &expected, arrived, tool_text);
    }
    check_chunks(&heard);
}

fn streams(wire: Wire, share: usize) {
    let count = (number("STREAMS", STREAMS as u64) as usize / share).max(1) as u64;
    let first = number("SEED", SEED);
    let calls = Calls::new(wire);
    let mut failed: Vec<(usize, String)> = Vec::new();
    for seed in first..first + count {
        let mut shown = Vec::new();
        if let Err(why) = catch_unwind(AssertUnwindSafe(|| run(wire, &calls, seed, &mut shown))) {
            let why = why
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| why.downcast_ref::<&str>().map(|why| (*why).into()));
            let stream = String::from_utf8_lossy(&shown);
            let told = format!(
                "{} with SEED={seed} STREAMS=1: {}\n{stream}\n{stream:?}",
                wire.format().name,
                why.unwrap_or_default()
            );
            if std::env::var("DUMP").is_ok() {
                println!("#### {}", told);
            }
            failed.push((shown.len(), told));
            if failed.len() == ENOUGH {
                break;
            }
        }
    }
    failed.sort();
    let shortest = failed
        .first()
        .map(|(_, told)| told.as_str())
        .unwrap_or_default();
    assert!(
        failed.is_empty(),
        "{} failed; the shortest is {shortest}",
        failed.len()
    );
    println!("{count} streams of {}, SEED={first}", wire.format().name);
}

#[test]
fn generic() {
    streams(Wire::Generic, 4);
}

#[test]
fn cohere() {
    streams(Wire::Cohere, 4);
}

#[test]
fn cohere_v2() {
    streams(Wire::CohereV2, 4);
}

#[test]
fn openai() {
    streams(Wire::OpenAi, 4);
}
