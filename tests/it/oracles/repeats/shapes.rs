//! Random events of each wire format, with marks for what differs from one event to the next.

use crate::support::Random;

/// Marks in a shape: where the next piece of the text goes, where padding goes, and where the JSON
/// may continue on another line.
pub const TEXT: u8 = 1;
pub const PAD: u8 = 2;
pub const BREAK: u8 = 3;

/// The JSON of an event, with marks.
pub type Shape = Vec<u8>;

type Members = Vec<(&'static str, String)>;

fn object(random: &mut Random, members: Members) -> String {
    let mut written = Vec::new();
    for (name, value) in members {
        let mut name = name.to_owned();
        if random.chance(25) {
            // The same name with an escape.
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

pub fn bytes_of<'a>(random: &mut Random, several: &[&'a [u8]]) -> &'a [u8] {
    several[random.below(several.len())]
}

/// The string that differs from event to event.
fn slot() -> String {
    "\"\u{1}\"".into()
}

/// A field with the string that differs, sometimes beside others of the same name.
fn field(random: &mut Random, name: &'static str) -> Members {
    match random.below(16) {
        0 => vec![(name, quoted("before")), (name, slot())],
        1 => vec![(name, slot()), (name, quoted("after"))],
        2 => vec![(name, slot()), (name, slot())],
        3 => vec![(name, "null".into()), (name, slot())],
        4 => vec![
            (name, slot()),
            (name, word(random, &["null", "1", "{}", "[]"]).to_string()),
        ],
        _ => vec![(name, slot())],
    }
}

/// A part of a message's content.
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
        0 => slot(),
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

/// Id and name of a call, one of them, or neither.
fn id_and_name(random: &mut Random) -> Members {
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

/// Adds padding at a random position, or none.
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

pub fn generic(random: &mut Random) -> String {
    let mut message = vec![("role", quoted("ASSISTANT"))];
    match random.below(10) {
        0 | 1 => message.extend(field(random, "reasoningContent")),
        2 | 3 => {
            let call = |random: &mut Random| {
                let mut members = vec![("type", quoted("FUNCTION"))];
                members.extend(id_and_name(random));
                members.extend(arguments(random));
                shuffled(random, members)
            };
            let calls = if random.chance(8) {
                vec![call(random), call(random)]
            } else {
                vec![call(random)]
            };
            message.push(("toolCalls", list(&calls)));
        }
        4 if random.chance(2) => {
            message.push(("content", content(random)));
            let extra = random.pick(&[
                ("refusal", "\"\u{1}\""),
                ("reasoningContent", "\"\u{1}\""),
                ("annotations", "[{\"a\":1}]"),
            ]);
            message.push((extra.0, extra.1.into()));
        }
        _ => message.push(("content", content(random))),
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
        message.push((extra.0, extra.1.into()));
    }
    let mut members = Vec::new();
    if random.chance(2) {
        members.push((
            "index",
            word(random, &["0", "0", "0", "1", "2", "null"]).to_string(),
        ));
    }
    members.push(("message", shuffled(random, message)));
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

pub fn cohere(random: &mut Random) -> String {
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

pub fn cohere_v2(random: &mut Random) -> String {
    let mut message = vec![("role", quoted("ASSISTANT"))];
    match random.below(10) {
        0 | 1 => {
            let mut call = vec![("type", quoted("FUNCTION"))];
            let (ids, arguments) = (id_and_name(random), arguments(random));
            call.extend(ids.iter().filter(|(name, _)| *name == "id").cloned());
            let mut function: Members = ids
                .into_iter()
                .filter(|(name, _)| *name == "name")
                .collect();
            function.extend(arguments);
            call.push(("function", shuffled(random, function)));
            message.push(("toolCalls", list(&[shuffled(random, call)])));
        }
        2 if random.chance(2) => message.extend(field(random, "toolPlan")),
        _ => message.push(("content", content(random))),
    }
    if random.chance(10) {
        let extra = random.pick(&[
            ("citations", "[]"),
            ("citations", "[{\"a\":1}]"),
            ("toolPlan", "\"\u{1}\""),
            ("toolCalls", "[]"),
        ]);
        message.push((extra.0, extra.1.into()));
    }
    let mut members = vec![
        ("apiFormat", quoted("COHEREV2")),
        ("message", shuffled(random, message)),
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

pub fn openai(random: &mut Random) -> String {
    let mut members = Vec::new();
    // Metadata that differs within a stream is rare, but occurs.
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
                    id_and_name(random)
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
