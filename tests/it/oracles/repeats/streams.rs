//! Random streams of repeating events: filled, framed and split.

use oci_genai_edge::routing::ApiFormat;
use oci_genai_edge::wire::{self, WireFormat};

use super::shapes::{self, bytes_of, Shape, BREAK, PAD, TEXT};
use crate::support::Random;

/// A wire format, and the events that are generated for it.
pub struct Format {
    pub wire: &'static WireFormat,
    /// `None` on the openai transport.
    pub api_format: Option<ApiFormat>,
    event: fn(&mut Random) -> String,
    /// An event that ends the answer.
    finish: &'static [u8],
}

pub static GENERIC: Format = Format {
    wire: &wire::GENERIC,
    api_format: Some(ApiFormat::Generic),
    event: shapes::generic,
    finish: br#"{"finishReason":"stop"}"#,
};

pub static COHERE: Format = Format {
    wire: &wire::COHERE,
    api_format: Some(ApiFormat::Cohere),
    event: shapes::cohere,
    finish: br#"{"apiFormat":"COHERE","text":"","finishReason":"COMPLETE"}"#,
};

pub static COHERE_V2: Format = Format {
    wire: &wire::COHERE_V2,
    api_format: Some(ApiFormat::CohereV2),
    event: shapes::cohere_v2,
    finish: br#"{"apiFormat":"COHEREV2","finishReason":"COMPLETE"}"#,
};

pub static OPENAI: Format = Format {
    wire: &wire::OPENAI,
    api_format: None,
    event: shapes::openai,
    finish: br#"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
};

fn shape(random: &mut Random, format: &Format) -> Shape {
    let mut shape = (format.event)(random).into_bytes();
    if random.chance(12) {
        let ends: Vec<usize> = (0..shape.len())
            .filter(|at| b"{[,".contains(&shape[*at]))
            .collect();
        shape.insert(random.pick(&ends) + 1, BREAK);
    }
    shape
}

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
    // Lone surrogates, as escapes and as bytes; halves of characters; other invalid bytes.
    b"\\ud83d",
    b"\\uDE00",
    b"\xED\xA0\xBD",
    b"\xF0\x9F",
    b"\x98\x80",
    b"\xFF",
    // Text that looks like JSON or events.
    b"{\\\"text\\\":\\\"a\\\",\\\"pad\\\":\\\"b\\\"}",
    b"\\\"}]},\\\"pad\\\":\\\"",
    b"[DONE]",
    b"data: {",
    b"<tool_call>",
    b"{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{\\\"a\\\":1}}",
    b"</tool_call>",
    b"<tool_",
];

/// Content that ends the string, or makes it malformed.
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
    let words = random.below(3);
    for _ in 0..=words {
        let breaks = random.chance(150);
        out.extend_from_slice(bytes_of(random, if breaks { BREAKS } else { WORDS }));
    }
}

/// An event of a shape.
fn fill(random: &mut Random, shape: &[u8]) -> Vec<u8> {
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

/// Changes one byte. Most of the results are JSON of another event.
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
        // White space between tokens.
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

/// What an event contains beside its text, and what its near-duplicate contains instead.
const REPLACEMENTS: [(&str, &str); 7] = [
    ("DEFAULT", "PRIORITY"),
    ("chatcmpl-1", "chatcmpl-2"),
    ("\"call_1\"", "\"call_2\""),
    ("\"name\":\"f\"", "\"name\":\"g\""),
    ("\"index\":0", "\"index\":1"),
    ("\"text\"", "\"thinking\""),
    ("\"content\"", "\"reasoning_content\""),
];

/// A part of a stream: an event in its framing, or other lines.
pub struct Item {
    before: Vec<u8>,
    event: Vec<u8>,
    after: Vec<u8>,
}

/// White space after the first brace of each event.
#[derive(Clone, Copy, PartialEq)]
pub enum Space {
    None,
    /// The same for all, as long as that of `Differing`.
    Same,
    /// Different for each event, so that none repeats another.
    Differing,
}

pub fn written(items: &[Item], space: Space) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, item) in items.iter().enumerate() {
        bytes.extend_from_slice(&item.before);
        let start = item
            .event
            .iter()
            .position(|byte| !b" \t\x0C".contains(byte));
        let open = start
            .filter(|at| item.event[*at] == b'{' && space != Space::None)
            .map_or(0, |at| at + 1);
        bytes.extend_from_slice(&item.event[..open]);
        if open > 0 {
            let bit = |position: usize| {
                if space == Space::Differing && number >> position & 1 == 1 {
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

/// Splits a stream anywhere, or at its lines and their ends.
pub fn split<'a>(random: &mut Random, stream: &'a [u8]) -> Vec<&'a [u8]> {
    if random.chance(2) {
        let max = *random.pick(&[1, 3, 20, 100, 400]);
        return random.split(stream, max);
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

/// Generates a stream, and counts the events that repeat an earlier one.
pub fn stream(random: &mut Random, format: &Format) -> (Vec<Item>, usize) {
    let mut shapes = vec![shape(random, format)];
    while shapes.len() < 6 && random.chance(2) {
        shapes.push(shape(random, format));
    }
    if random.chance(3) {
        // A near-duplicate, which differs in a word or in a byte.
        let mut duplicate = random.pick(&shapes).clone();
        let word = REPLACEMENTS.iter().find_map(|(word, other)| {
            let at = duplicate
                .windows(word.len())
                .position(|window| window == word.as_bytes())?;
            Some((at..at + word.len(), other.bytes()))
        });
        match word {
            Some((at, other)) if random.chance(2) => drop(duplicate.splice(at, other)),
            _ => mutated(random, &mut duplicate),
        }
        shapes.push(duplicate);
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
    let mut occurred = vec![false; shapes.len()];
    for _ in 0..3 + random.below(18) {
        if random.chance(4) {
            at = random.below(shapes.len());
        }
        let mut event = fill(random, &shapes[at]);
        if random.chance(40) {
            mutated(random, &mut event);
        } else {
            repeats += usize::from(std::mem::replace(&mut occurred[at], true));
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
                    // Prefixes that change the meaning of the line that follows.
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
        ends.push(format.finish);
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
        // The stream is truncated in an event.
        items.truncate(1 + random.below(items.len()));
        let last = items.last_mut().unwrap();
        last.after.clear();
        last.event.truncate(random.below(last.event.len() + 1));
    }
    (items, repeats)
}
