//! An event that repeats is learnt and not read again (`src/template.rs`). Here a stream of such events is heard as it is, cut
//! anywhere, and with white space in each event that no other one has, which says nothing and keeps every event from being like
//! one that was learnt. What is told must be the same, to the byte.
//!
//! The streams need not be valid: the more an event is like the one before without being the same, the better. `SEED` says where
//! to begin, `ROUNDS` how many; a failure tells the seed and the stream.

use std::cell::Cell;

use crate::common::{seeds, Line, Random, Told};
use oci_genai_edge::call::{Call, Next, Response, Settings};
use oci_genai_edge::decode::{Decoder, Limits};
use oci_genai_edge::error::Error;
use oci_genai_edge::openai::{ChatRequest, Chunk, EventWriter, Head, Sink};
use oci_genai_edge::options::{Candidate, Retry};
use oci_genai_edge::routing::route::{ApiFormat, Overrides, Route, Site};
use oci_genai_edge::wire::Wire;

/// For each wire.
const STREAMS: u64 = 5_500;

fn head() -> Head {
    Head {
        id: "chatcmpl-test".into(),
        created: 7,
        model: "model".into(),
    }
}

// ---------------------------------------------------------------- shapes of events

/// Marks in a shape: where the next piece of the text goes, where padding does, and where the JSON may go on on another line.
const TEXT: u8 = 1;
const PAD: u8 = 2;
const BREAK: u8 = 3;

/// The JSON of an event, with marks.
type Shape = Vec<u8>;

type Members = Vec<(&'static str, String)>;

fn object(random: &mut Random, members: Members) -> String {
    let mut written = Vec::new();
    for (name, value) in members {
        let mut name = name.to_owned();
        if random.chance(25) {
            // The same name in other words.
            let at = random.below(name.len());
            let letter = name.as_bytes()[at];
            name.replace_range(at..=at, &format!("\\u{letter:04x}"));
        }
        let colon = word(random, &[":", ":", ":", ":", ":", ":", ": ", " :\t"]);
        written.push(format!("\"{name}\"{colon}{value}"));
    }
    format!(
        "{{{}}}",
        written.join(if random.chance(8) { ", " } else { "," })
    )
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn word<'a>(random: &mut Random, words: &[&'a str]) -> &'a str {
    words[random.below(words.len())]
}

fn pair(
    random: &mut Random,
    pairs: &[(&'static str, &'static str)],
) -> (&'static str, &'static str) {
    *random.pick(pairs)
}

fn bytes_of<'a>(random: &mut Random, several: &[&'a [u8]]) -> &'a [u8] {
    several[random.below(several.len())]
}

/// The string that changes.
fn said() -> String {
    "\"\u{1}\"".into()
}

/// A field with the string that changes, now and then with company of its own name.
fn field(random: &mut Random, name: &'static str) -> Members {
    match random.below(16) {
        0 => vec![(name, quoted("before")), (name, said())],
        1 => vec![(name, said()), (name, quoted("after"))],
        2 => vec![(name, said()), (name, said())],
        3 => vec![(name, "null".into()), (name, said())],
        4 => vec![
            (name, said()),
            (name, word(random, &["null", "1", "{}", "[]"]).to_string()),
        ],
        _ => vec![(name, said())],
    }
}

/// A part of a content.
fn part(random: &mut Random) -> String {
    let (kind, name) = *random.pick(&[
        ("TEXT", "text"),
        ("TEXT", "text"),
        ("TEXT", "text"),
        ("THINKING", "thinking"),
    ]);
    let mut members = vec![("type", quoted(kind))];
    members.extend(field(random, name));
    if random.chance(20) {
        members.push((
            "thinking",
            word(random, &["null", "\"hm\"", "\"\u{1}\""]).to_string(),
        ));
    }
    shuffled(random, members)
}

fn content(random: &mut Random) -> String {
    match random.below(12) {
        0 => said(),
        1 => list(&[part(random), part(random)]),
        2 => list(&["{\"type\":\"IMAGE\"}".into(), part(random), "null".into()]),
        3 => "[]".into(),
        _ => list(&[part(random)]),
    }
}

fn shuffled(random: &mut Random, mut members: Members) -> String {
    if random.chance(3) {
        let by = random.below(members.len());
        members.rotate_left(by);
    }
    object(random, members)
}

/// Id and name of a call, as far as an event gives them.
fn call_head(random: &mut Random) -> Members {
    let mut members = Vec::new();
    if random.chance(2) {
        members.push((
            "id",
            quoted(word(
                random,
                &["a", "b", "call_1", "", "\\ud83d", "\\u0061"],
            )),
        ));
    }
    if random.chance(3) {
        members.push(("name", quoted(word(random, &["f", "g", "", "\\u0066"]))));
    }
    members
}

fn arguments(random: &mut Random) -> Members {
    match random.below(10) {
        0 => vec![("arguments", "{\"a\":\"\u{1}\"}".into())],
        1 => vec![("arguments", "null".into())],
        2 => vec![],
        _ => field(random, "arguments"),
    }
}

/// Where an event has its padding, if it has any.
fn padded(random: &mut Random, mut members: Members) -> Members {
    let pad = || ("pad", String::from("\"\u{2}\""));
    match random.below(16) {
        0..=3 => members.push(pad()),
        4 | 5 => members.insert(0, pad()),
        6 => {
            let at = random.below(members.len() + 1);
            members.insert(at, pad());
        }
        7 => members.push((
            "pad",
            word(
                random,
                &[
                    "5",
                    "null",
                    "true",
                    "{}",
                    "[\"\u{2}\"]",
                    "{\"pad\":\"\u{2}\"}",
                ],
            )
            .to_string(),
        )),
        8 => {
            members.insert(0, pad());
            members.push(pad());
        }
        9 => {
            members.push(pad());
            members.push((
                "pad",
                word(random, &["5", "null", "\"\u{2}\"", "\"\u{1}\""]).to_string(),
            ));
        }
        10 => members.insert(0, ("pads", String::from("\"\u{2}\""))),
        _ => {}
    }
    members
}

fn generic(random: &mut Random) -> String {
    let mut said_by = vec![("role", quoted("ASSISTANT"))];
    match random.below(10) {
        0 | 1 => said_by.extend(field(random, "reasoningContent")),
        2 | 3 => {
            let call = |random: &mut Random| {
                let mut members = vec![("type", quoted("FUNCTION"))];
                members.extend(call_head(random));
                members.extend(arguments(random));
                shuffled(random, members)
            };
            let calls = if random.chance(8) {
                vec![call(random), call(random)]
            } else {
                vec![call(random)]
            };
            said_by.push(("toolCalls", list(&calls)));
        }
        4 if random.chance(2) => {
            said_by.push(("content", content(random)));
            let extra = random.pick(&[
                ("refusal", "\"\u{1}\""),
                ("reasoningContent", "\"\u{1}\""),
                ("annotations", "[{\"a\":1}]"),
            ]);
            said_by.push((extra.0, extra.1.into()));
        }
        _ => said_by.push(("content", content(random))),
    }
    if random.chance(8) {
        let extra = pair(
            random,
            &[
                ("annotations", "[]"),
                ("toolCalls", "[]"),
                ("toolCalls", "null"),
                ("refusal", "null"),
            ],
        );
        said_by.push((extra.0, extra.1.into()));
    }
    let mut members = Vec::new();
    if random.chance(2) {
        members.push((
            "index",
            word(random, &["0", "0", "0", "1", "2", "null"]).to_string(),
        ));
    }
    members.push(("message", shuffled(random, said_by)));
    if random.chance(6) {
        let extra = pair(
            random,
            &[
                ("finishReason", "null"),
                ("finishReason", "\"stop\""),
                ("usage", "null"),
                ("usage", "{\"promptTokens\":1,\"completionTokens\":2}"),
                ("logprobs", "null"),
                ("logprobs", "{\"tokens\":[\"a\"],\"tokenLogprobs\":[-1]}"),
                ("serviceTier", "\"DEFAULT\""),
                ("serviceTier", "\"PRIORITY\""),
                ("groundingMetadata", "{\"a\":1}"),
                ("code", "\"c\""),
                ("error", "null"),
                ("index", "1"),
                ("index", "0"),
            ],
        );
        members.push((extra.0, extra.1.into()));
    }
    let members = padded(random, members);
    shuffled(random, members)
}

fn cohere(random: &mut Random) -> String {
    let mut members = vec![("apiFormat", quoted("COHERE"))];
    members.extend(field(random, "text"));
    if random.chance(5) {
        let extra = pair(
            random,
            &[
                ("finishReason", "null"),
                ("finishReason", "\"COMPLETE\""),
                ("toolCalls", "[]"),
                ("toolCalls", "[{\"name\":\"f\",\"parameters\":{\"a\":1}}]"),
                ("citations", "[{\"start\":0}]"),
                ("searchQueries", "null"),
                ("prompt", "\"\u{1}\""),
                ("chatHistory", "[]"),
                ("chatHistory", "null"),
                ("message", "\"\u{1}\""),
                ("code", "1"),
            ],
        );
        members.push((extra.0, extra.1.into()));
    }
    let members = padded(random, members);
    shuffled(random, members)
}

fn cohere_v2(random: &mut Random) -> String {
    let mut said_by = vec![("role", quoted("ASSISTANT"))];
    match random.below(10) {
        0 | 1 => {
            let mut call = vec![("type", quoted("FUNCTION"))];
            let (head, arguments) = (call_head(random), arguments(random));
            call.extend(head.iter().filter(|(name, _)| *name == "id").cloned());
            let mut function: Members = head
                .into_iter()
                .filter(|(name, _)| *name == "name")
                .collect();
            function.extend(arguments);
            call.push(("function", shuffled(random, function)));
            said_by.push(("toolCalls", list(&[shuffled(random, call)])));
        }
        2 if random.chance(2) => said_by.extend(field(random, "toolPlan")),
        _ => said_by.push(("content", content(random))),
    }
    if random.chance(10) {
        let extra = random.pick(&[
            ("citations", "[]"),
            ("citations", "[{\"a\":1}]"),
            ("toolPlan", "\"\u{1}\""),
            ("toolCalls", "[]"),
        ]);
        said_by.push((extra.0, extra.1.into()));
    }
    let mut members = vec![
        ("apiFormat", quoted("COHEREV2")),
        ("message", shuffled(random, said_by)),
    ];
    if random.chance(6) {
        let extra = pair(
            random,
            &[
                ("finishReason", "null"),
                ("finishReason", "\"COMPLETE\""),
                ("usage", "null"),
                ("logProbabilities", "[{\"a\":1}]"),
                ("code", "\"c\""),
                ("index", "0"),
            ],
        );
        members.push((extra.0, extra.1.into()));
    }
    let members = padded(random, members);
    shuffled(random, members)
}

fn openai(random: &mut Random) -> String {
    let mut members = Vec::new();
    // A head that changes within a stream is rare, and not unheard of.
    if !random.chance(6) {
        members.push((
            "id",
            quoted(word(
                random,
                &[
                    "chatcmpl-1",
                    "chatcmpl-1",
                    "chatcmpl-1",
                    "chatcmpl-1",
                    "chatcmpl-2",
                ],
            )),
        ));
    }
    members.push(("object", quoted("chat.completion.chunk")));
    if !random.chance(6) {
        members.push((
            "created",
            word(random, &["1", "1", "1", "1", "2", "null"]).to_string(),
        ));
        members.push(("model", quoted(word(random, &["m", "m", "m", "m", "n"]))));
    }
    if random.chance(14) {
        let usage = word(
            random,
            &[
                "{\"prompt_tokens\":1}",
                "{\"completion_tokens\":2}",
                "{\"total_tokens\":\"\u{1}\"}",
            ],
        );
        members.push(("choices", word(random, &["[]", "null"]).to_string()));
        members.push(("usage", usage.into()));
        return shuffled(random, members);
    }
    let choice = |random: &mut Random| {
        let mut delta = Vec::new();
        match random.below(10) {
            0 => {
                delta.extend(field(random, "reasoning_content"));
                delta.push((
                    "content",
                    word(random, &["null", "null", "\"\"", "\"\u{1}\""]).to_string(),
                ));
            }
            1 => {
                let function = arguments(random);
                let mut call = vec![
                    ("index", word(random, &["0", "1"]).to_string()),
                    ("function", object(random, function)),
                ];
                call.extend(
                    call_head(random)
                        .into_iter()
                        .filter(|(name, _)| *name == "id"),
                );
                delta.push(("tool_calls", list(&[object(random, call)])));
            }
            2 if random.chance(2) => delta.extend(field(random, "refusal")),
            _ => delta.extend(field(random, "content")),
        }
        if random.chance(6) {
            let extra = random.pick(&[
                ("role", "\"assistant\""),
                ("tool_calls", "[]"),
                ("refusal", "null"),
                ("annotations", "[{}]"),
            ]);
            delta.push((extra.0, extra.1.into()));
        }
        let mut members = vec![(
            "index",
            word(random, &["0", "0", "0", "0", "1", "null"]).to_string(),
        )];
        members.push((
            if random.chance(20) {
                "message"
            } else {
                "delta"
            },
            shuffled(random, delta),
        ));
        if random.chance(2) {
            let reason = word(
                random,
                &[
                    "null", "null", "null", "null", "null", "null", "\"stop\"", "1",
                ],
            );
            members.push(("finish_reason", reason.into()));
        }
        if random.chance(6) {
            members.push((
                "logprobs",
                word(
                    random,
                    &["null", "null", "{\"content\":[{\"token\":\"a\"}]}"],
                )
                .to_string(),
            ));
        }
        object(random, members)
    };
    let choices = if random.chance(12) {
        vec![choice(random), choice(random)]
    } else {
        vec![choice(random)]
    };
    members.push(("choices", list(&choices)));
    if random.chance(3) {
        members.push((
            "usage",
            word(random, &["null", "null", "null", "{\"prompt_tokens\":3}"]).to_string(),
        ));
    }
    let members = padded(random, members);
    shuffled(random, members)
}

fn shape(random: &mut Random, wire: Wire) -> Shape {
    let mut shape = match wire {
        Wire::Generic => generic(random),
        Wire::Cohere => cohere(random),
        Wire::CohereV2 => cohere_v2(random),
        Wire::OpenAi => openai(random),
    }
    .into_bytes();
    if random.chance(12) {
        let ends: Vec<usize> = (0..shape.len())
            .filter(|at| b"{[,".contains(&shape[*at]))
            .collect();
        shape.insert(random.pick(&ends) + 1, BREAK);
    }
    shape
}

// ---------------------------------------------------------------- events

const WORDS: &[&[u8]] = &[
    b"a",
    b" word",
    b"eight by",
    b" the quick brown fox",
    b"",
    "é".as_bytes(),
    "😀".as_bytes(),
    b"\\n",
    b"\\\"",
    b"\\\\",
    b"\\u0041",
    b"\\ud83d\\ude00",
    // Halves, as escapes and as bytes; characters cut in two; other bytes that are no UTF-8.
    b"\\ud83d",
    b"\\uDE00",
    b"\xED\xA0\xBD",
    b"\xF0\x9F",
    b"\x98\x80",
    b"\xFF",
    // Texts that look like JSON.
    b"{\\\"text\\\":\\\"a\\\",\\\"pad\\\":\\\"b\\\"}",
    b"\\\"}]},\\\"pad\\\":\\\"",
    b"[DONE]",
    b"data: {",
    b"<tool_call>",
    b"{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{\\\"a\\\":1}}",
    b"</tool_call>",
    b"<tool_",
];

/// What ends the string, or breaks it.
const BREAKS: &[&[u8]] = &[
    b"\\",
    b"\"",
    b"a\",\"text\":\"b",
    b"a\",\"pad\":\"b",
    b"a\",\"content\":\"b",
    b"a\",\"index\":1,\"x\":\"b",
    b"a\"}],\"content\":[{\"text\":\"b",
    b"\"}]},\"finishReason\":\"stop\",\"x\":{\"x\":[{\"x\":\"",
    b"a\"},\"finish_reason\":\"stop\",\"x\":{\"x\":\"",
    b"a\",\"finishReason\":\"COMPLETE\",\"x\":\"",
    b"\x01",
    b"\x1F",
    b"\t",
    b"\\x",
    b"\\u12",
    b"\\u12G4",
    b"\n",
    b"\r",
    b"\n\n",
    b"\ndata: ",
    b"\x00",
];

fn piece(random: &mut Random, out: &mut Vec<u8>) {
    let few = random.below(3);
    for _ in 0..=few {
        let breaks = random.chance(150);
        out.extend_from_slice(bytes_of(random, if breaks { BREAKS } else { WORDS }));
    }
}

/// An event of a shape.
fn filled(random: &mut Random, shape: &[u8]) -> Vec<u8> {
    let mut event = Vec::with_capacity(shape.len() + 64);
    for byte in shape {
        match *byte {
            TEXT => piece(random, &mut event),
            PAD if random.chance(20) => piece(random, &mut event),
            PAD => event.resize(event.len() + random.below(20), b'a'),
            BREAK => event.extend_from_slice(bytes_of(
                random,
                &[&b"\ndata: "[..], b"\ndata: ", b"\r\ndata:", b"\n", b""],
            )),
            other => event.push(other),
        }
    }
    event
}

/// The same, but for a byte. Most of what comes out is JSON still, of another event.
fn mutated(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = random.below(bytes.len());
    if bytes[at] < b' ' {
        return;
    }
    let structural = *random.pick(b"{}[]\",:\\ 01x\t\n\r\x0C\xFF");
    match random.below(10) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = structural,
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, structural),
        // White space where it says nothing.
        4 => {
            let at = bytes
                .iter()
                .position(|byte| b":,[]{}".contains(byte))
                .unwrap_or(at);
            bytes.insert(at, *random.pick(b" \t"));
        }
        _ => {
            let letters: Vec<usize> = (0..bytes.len())
                .filter(|at| bytes[*at].is_ascii_alphanumeric())
                .collect();
            if let Some(at) = letters.get(random.below(letters.len())) {
                bytes[*at] = match bytes[*at] {
                    digit @ b'0'..=b'9' => digit ^ 1,
                    letter if random.chance(2) => letter ^ 0x20,
                    letter => letter ^ 1,
                };
            }
        }
    }
}

/// What an event says beside its text, and what its twin says instead.
const WORDS_OF_TWINS: [(&str, &str); 7] = [
    ("DEFAULT", "PRIORITY"),
    ("chatcmpl-1", "chatcmpl-2"),
    ("\"call_1\"", "\"call_2\""),
    ("\"name\":\"f\"", "\"name\":\"g\""),
    ("\"index\":0", "\"index\":1"),
    ("\"text\"", "\"thinking\""),
    ("\"content\"", "\"reasoning_content\""),
];

/// A stream's part: an event, in its framing, or what is none.
struct Item {
    before: Vec<u8>,
    event: Vec<u8>,
    after: Vec<u8>,
}

/// What stands in each event behind its first brace.
#[derive(Clone, Copy, PartialEq)]
enum Space {
    None,
    /// The same for all: they are as long as those of `Differs`.
    Same,
    /// Another one for each: no event is like one before.
    Differs,
}

fn written(items: &[Item], space: Space) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, item) in items.iter().enumerate() {
        bytes.extend_from_slice(&item.before);
        let begins = item
            .event
            .iter()
            .position(|byte| !b" \t\x0C".contains(byte));
        let open = begins
            .filter(|at| item.event[*at] == b'{' && space != Space::None)
            .map_or(0, |at| at + 1);
        bytes.extend_from_slice(&item.event[..open]);
        if open > 0 {
            let bit = |place: usize| {
                if space == Space::Differs && number >> place & 1 == 1 {
                    b'\t'
                } else {
                    b' '
                }
            };
            bytes.extend((0..8).map(bit));
        }
        bytes.extend_from_slice(&item.event[open..]);
        bytes.extend_from_slice(&item.after);
    }
    bytes
}

/// A line without the space that [`written`] puts behind its first brace.
fn without_space(line: &[u8]) -> Vec<u8> {
    let Some(open) = line.iter().position(|byte| *byte == b'{') else {
        return line.to_vec();
    };
    let (head, tail) = line.split_at(open + 1);
    let space = tail.iter().take_while(|byte| b" \t".contains(byte)).count();
    [head, &tail[space..]].concat()
}

/// Cuts a stream anywhere, or where its lines and their ends begin.
fn cut<'a>(random: &mut Random, stream: &'a [u8]) -> Vec<&'a [u8]> {
    if random.chance(2) {
        let most = *random.pick(&[1, 3, 20, 100, 400]);
        return random.cut(stream, most);
    }
    let (mut pieces, mut from, one_in) = (Vec::new(), 0, 1 + random.below(3));
    for at in 1..stream.len() {
        let is_end = |byte: u8| byte == b'\n' || byte == b'\r';
        let edge =
            is_end(stream[at]) || is_end(stream[at - 1]) || stream[at..].starts_with(b"data:");
        if edge && random.chance(one_in) {
            pieces.push(&stream[from..at]);
            from = at;
        }
    }
    pieces.push(&stream[from..]);
    pieces
}

/// Makes a stream, and says how many of its events are like one before but for what changes.
fn stream(random: &mut Random, wire: Wire) -> (Vec<Item>, usize) {
    let mut shapes = vec![shape(random, wire)];
    while shapes.len() < 6 && random.chance(2) {
        shapes.push(shape(random, wire));
    }
    if random.chance(3) {
        // Its twin, which differs in a word or in a byte.
        let mut twin = random.pick(&shapes).clone();
        let word = WORDS_OF_TWINS.iter().find_map(|(word, other)| {
            let at = twin
                .windows(word.len())
                .position(|window| window == word.as_bytes())?;
            Some((at..at + word.len(), other.bytes()))
        });
        match word {
            Some((at, other)) if random.chance(2) => drop(twin.splice(at, other)),
            _ => mutated(random, &mut twin),
        }
        shapes.push(twin);
    }
    let one_end: &[u8] = bytes_of(
        random,
        &[
            &b"\n\n"[..],
            b"\n\n",
            b"\n",
            b"\r\n\r\n",
            b"\r\n",
            b"\r\r",
            b"\r",
        ],
    );
    let ends_differ = random.chance(4);
    let mut items = Vec::new();
    if random.chance(12) {
        items.push(Item {
            before: b"\xEF\xBB\xBF".to_vec(),
            event: Vec::new(),
            after: Vec::new(),
        });
    }
    let (mut at, mut repeats) = (0, 0);
    let mut seen = vec![false; shapes.len()];
    for _ in 0..3 + random.below(18) {
        if random.chance(4) {
            at = random.below(shapes.len());
        }
        let mut event = filled(random, &shapes[at]);
        if random.chance(40) {
            mutated(random, &mut event);
        } else {
            repeats += usize::from(std::mem::replace(&mut seen[at], true));
        }
        let mut before = Vec::new();
        if random.chance(20) {
            before.extend_from_slice(bytes_of(
                random,
                &[
                    &b": comment\n"[..],
                    b":\r\n\r\n",
                    b"id: 5\n",
                    b"retry: 10\n",
                    b"event: message\n",
                    b"event: ping\n",
                    b"event: heartbeat\r\n",
                    b"event: ping\ndata: pong\n\n",
                    b"data:\n\n",
                    b"\n",
                    b"what: is this\n",
                    // What makes of the line another one.
                    b": comment ",
                    b"what",
                ],
            ));
            if random.chance(20) {
                before.extend_from_slice(b"event: error\n");
            }
        }
        before.extend_from_slice(bytes_of(
            random,
            &[
                &b"data: "[..],
                b"data: ",
                b"data: ",
                b"data: ",
                b"data:",
                b"data:  ",
            ],
        ));
        let mut after = Vec::new();
        if random.chance(40) {
            after.extend_from_slice(bytes_of(random, &[&b" "[..], b"\t", b" {}", b"x"]));
        }
        after.extend_from_slice(if ends_differ {
            bytes_of(
                random,
                &[&b"\n\n"[..], b"\n", b"\r\n\r\n", b"\r\n", b"\r", b"\r\n\n"],
            )
        } else {
            one_end
        });
        items.push(Item {
            before,
            event,
            after,
        });
    }
    let mut ends: Vec<&[u8]> = Vec::new();
    if !random.chance(4) {
        ends.push(match wire {
            Wire::Generic => b"{\"finishReason\":\"stop\"}",
            Wire::Cohere => b"{\"apiFormat\":\"COHERE\",\"text\":\"\",\"finishReason\":\"COMPLETE\"}",
            Wire::CohereV2 => b"{\"apiFormat\":\"COHEREV2\",\"finishReason\":\"COMPLETE\"}",
            Wire::OpenAi => b"{\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
        });
    }
    if random.chance(2) {
        ends.push(b"[DONE]");
    }
    items.extend(ends.into_iter().map(|event| Item {
        before: b"data: ".to_vec(),
        event: event.into(),
        after: b"\n\n".to_vec(),
    }));
    if random.chance(8) {
        // The end of the stream cuts it somewhere.
        items.truncate(1 + random.below(items.len()));
        let last = items.last_mut().unwrap();
        last.after.clear();
        last.event.truncate(random.below(last.event.len() + 1));
    }
    (items, repeats)
}

// ---------------------------------------------------------------- hearing

/// A sink that writes down what it is told, and writes events.
struct Ears {
    told: Told,
    writer: EventWriter,
}

impl Sink for Ears {
    fn text(&mut self, head: &Head, text: &str) {
        self.told.text(head, text);
        self.writer.text(head, text);
    }

    fn chunk(&mut self, head: &Head, chunk: &Chunk<'_>) {
        self.told.chunk(head, chunk);
        self.writer.chunk(head, chunk);
    }

    fn verbatim(&mut self, json: &str) {
        let json = without_space(json.as_bytes());
        self.told
            .0
            .push(Line::Verbatim(String::from_utf8(json).unwrap()));
        self.writer.verbatim("");
    }

    fn line(&mut self, bytes: &[u8]) {
        self.writer.line(bytes);
    }
}

/// All that can be told apart.
#[derive(Debug, PartialEq)]
struct Heard {
    told: Told,
    written: String,
    completion: String,
    error: Option<Error>,
    is_done: bool,
}

fn heard(ears: Ears, completion: Vec<u8>, error: Option<Error>, is_done: bool) -> Heard {
    let bytes = ears.writer.bytes();
    let lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|byte| *byte == b'\n' || *byte == b'\r')
        .map(without_space)
        .collect();
    let written = lines.concat();
    Heard {
        told: ears.told,
        written: String::from_utf8_lossy(&written).into_owned(),
        completion: String::from_utf8(completion).unwrap(),
        error,
        is_done,
    }
}

/// How a stream is heard.
#[derive(Clone, Copy)]
struct Way {
    wire: Wire,
    limits: Limits,
    include_usage: bool,
}

impl Way {
    fn hear(self, pieces: &[&[u8]]) -> Heard {
        let mut decoder = Decoder::new(self.wire, head(), self.limits, self.include_usage);
        let mut ears = Ears {
            told: Told::default(),
            writer: EventWriter::new(self.include_usage),
        };
        let fed = pieces
            .iter()
            .try_for_each(|piece| decoder.feed(piece, &mut ears));
        let error = fed.and_then(|()| decoder.end(&mut ears)).err();
        heard(
            ears,
            decoder.answer().completion().to_json(),
            error,
            decoder.is_done(),
        )
    }

    /// In a call, which looks for calls in the text.
    fn hear_in_call(self, pieces: &[&[u8]]) -> Heard {
        let api_format = match self.wire {
            Wire::Cohere => ApiFormat::Cohere,
            Wire::CohereV2 => ApiFormat::CohereV2,
            Wire::Generic | Wire::OpenAi => ApiFormat::Generic,
        };
        let site = Site {
            region: Some("us-chicago-1".into()),
            ..Site::default()
        };
        let overrides = Overrides {
            api_format: Some(api_format),
            transport: None,
        };
        let route = Route::to(
            "ocid1.generativeaiendpoint.oc1.us-chicago-1.example",
            &site,
            overrides,
        )
        .unwrap();
        assert_eq!(Wire::of(&route), self.wire);
        let request = r#"{"model":"model","messages":[{"role":"user","content":"?"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#;
        let settings = Settings {
            stream: true,
            fallback: false,
            retry: Retry {
                max_attempts: 1,
                ..Retry::default()
            },
            limits: self.limits,
            tool_call_text: true,
            headers: Vec::new(),
            signs: true,
            head: head(),
        };
        let candidate = Candidate {
            route,
            compartment_id: Some("ocid1.compartment.oc1..example".into()),
        };
        let mut call = Call::new(
            ChatRequest::from_json(request).unwrap(),
            vec![candidate],
            settings,
            0.0,
        );
        let mut ears = Ears {
            told: Told::default(),
            writer: EventWriter::new(false),
        };
        assert!(matches!(call.next(0.0), Next::Send(_)));
        call.responded(
            Response {
                status: 200,
                content_type: "text/event-stream".into(),
                ..Response::default()
            },
            1.0,
        );
        for piece in pieces {
            if call.is_reading() {
                call.received(piece, 2.0, &mut ears);
            }
        }
        if call.is_reading() {
            call.ended(3.0, &mut ears);
        }
        let error = match call.next(3.0) {
            Next::Done => None,
            Next::Fail(error) => Some(error),
            other => panic!("the call goes on: {other:?}"),
        };
        let is_done = error.is_none();
        heard(ears, call.completion_json(), error, is_done)
    }
}

// ---------------------------------------------------------------- comparing

/// The rest of two texts, from a little before their first difference.
fn rests(one: &str, other: &str) -> String {
    let same = one
        .bytes()
        .zip(other.bytes())
        .take_while(|(one, other)| one == other)
        .count();
    let rest = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[same.saturating_sub(60)..]).into_owned()
    };
    format!("{:?}\n    and {:?}", rest(one), rest(other))
}

fn assert_same(one: &Heard, other: &Heard, what: &str, stream: &[u8]) {
    if one == other {
        return;
    }
    let lines = one
        .told
        .0
        .iter()
        .zip(&other.told.0)
        .find(|(one, other)| one != other);
    panic!(
        "{what}\ntold {} and {} lines, the first that differ {lines:?}\nfailed {:?}\n   and {:?}\nwhole {}\nwritten {}\nthe stream {:?}",
        one.told.0.len(),
        other.told.0.len(),
        one.error,
        other.error,
        rests(&one.completion, &other.completion),
        rests(&one.written, &other.written),
        String::from_utf8_lossy(stream),
    );
}

#[derive(Clone, Copy, Default)]
struct Count {
    streams: usize,
    whole: usize,
    repeats: usize,
    lines: usize,
}

fn streams(wire: Wire) {
    let count = Cell::new(Count::default());
    seeds(STREAMS, |random| {
        let (items, repeats) = stream(random, wire);
        let plain = written(&items, Space::None);
        let differs = written(&items, Space::Differs);
        let way = Way {
            wire,
            limits: Limits::default(),
            include_usage: random.chance(3),
        };
        let as_it_is = way.hear(&[&plain]);
        assert_same(
            &as_it_is,
            &way.hear(&[&differs]),
            "learnt from and not",
            &plain,
        );
        assert_same(
            &as_it_is,
            &way.hear(&cut(random, &plain)),
            "whole and cut",
            &plain,
        );

        // Limits count bytes: here there are as many of them on both sides, and they come in the same pieces.
        if random.chance(3) {
            let same = written(&items, Space::Same);
            let limits = Limits {
                max_event_bytes: 40 + random.below(300),
                max_response_bytes: 1000 + random.below(8000),
                max_tool_calls: 1 + random.below(3),
                ..Limits::default()
            };
            let way = Way { limits, ..way };
            let seed = random.next();
            let [same_cut, differs_cut] =
                [&same, &differs].map(|bytes| Random(seed).cut(bytes, 500));
            assert_same(
                &way.hear(&same_cut),
                &way.hear(&differs_cut),
                "within limits",
                &same,
            );
        }
        if wire != Wire::OpenAi && random.chance(4) {
            let (one, other) = (
                way.hear_in_call(&cut(random, &plain)),
                way.hear_in_call(&[&differs]),
            );
            assert_same(&one, &other, "with calls in the text", &plain);
        }

        let Count {
            streams,
            whole,
            repeats: before,
            lines,
        } = count.get();
        let whole = whole + usize::from(as_it_is.error.is_none());
        let lines = lines + as_it_is.told.0.len();
        count.set(Count {
            streams: streams + 1,
            whole,
            repeats: before + repeats,
            lines,
        });
    });
    let Count {
        streams,
        whole,
        repeats,
        lines,
    } = count.get();
    println!("{}: {streams} streams, {whole} of them without an error; {repeats} events repeat, {lines} told", wire.name());
}

#[test]
fn generic_streams() {
    streams(Wire::Generic);
}

#[test]
fn cohere_streams() {
    streams(Wire::Cohere);
}

#[test]
fn cohere_v2_streams() {
    streams(Wire::CohereV2);
}

#[test]
fn openai_streams() {
    streams(Wire::OpenAi);
}

/// What the streams above have found, each in its shortest form.
#[test]
fn found_before() {
    let way = |wire| Way {
        wire,
        limits: Limits::default(),
        include_usage: false,
    };
    let openai = |id: &str, text: &str| {
        format!("data: {{\"id\":\"{id}\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}")
    };
    let [one, two, three] = ["1", "2", "3"].map(|text| openai("id", text));
    let usage = "data: {\"id\":\"id\",\"choices\":[],\"usage\":{\"prompt_tokens\":1}}";
    let passed = |pieces: &[&str]| {
        let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
        way(Wire::OpenAi).hear(&pieces).written
    };

    // An event on two data lines is not what its bytes are without the second `data:`.
    let lines = |then: &str| {
        format!("data: {{\"message\":\n{then}{{\"content\":[{{\"text\":\"a\"}}]}}}}\n\n")
    };
    let heard = way(Wire::Generic).hear(&[(lines("data: ") + &lines("") + "\n\n").as_bytes()]);
    assert!(heard
        .error
        .is_some_and(|error| error.message().contains("not the JSON")));
    assert_eq!(heard.told.texts(), ["a"]);

    // The head is that of the event that came last.
    let stream = [
        &openai("1", "a"),
        "\n",
        &openai("2", "b"),
        "\n",
        &openai("1", "c"),
        "\n",
    ]
    .concat();
    let completion: serde_json::Value =
        serde_json::from_str(&way(Wire::OpenAi).hear(&[stream.as_bytes()]).completion).unwrap();
    assert_eq!(completion["id"], "1");

    // A usage that is left out takes its own blank line along, and no other one's.
    let stream = [&one, "\n\n", usage, "\n", &two, "\n"].concat();
    assert_eq!(
        passed(&[&stream, "\n", &three, "\n\n"]),
        [&one, "\n\n", &two, "\n\n", &three, "\n\n"].concat()
    );
    assert_eq!(
        passed(&[&one, "\r\n\r\n", usage, "\r", "\n\r", "\n", &two, "\r\n"]),
        [&one, "\r\n\r\n", &two, "\r\n\n"].concat()
    );

    // The second half of a line end, in a chunk of its own, stays where it was.
    let second = [&two, "\r\n"].concat();
    assert_eq!(
        passed(&[&one, "\r", "\n", &second, &three, "\r\n"]),
        [&one, "\r\n", &second, &three, "\r\n\n"].concat()
    );
    let held = three.split_at(three.len() - 1);
    let held = [held.0, "\r", "\ndata: ", held.1, "\r", "\n\r\n"];
    assert_eq!(
        passed(&[&[&one, "\r\n"][..], &held].concat()),
        [&one, "\r\n", &held.concat()].concat()
    );
    assert_eq!(
        passed(&[": comment\r", "\n", &one, "\r", "\n"]),
        [&one, "\r\n\n"].concat()
    );
}
