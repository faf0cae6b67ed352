//! The streams: 2,000 events in the shapes of the recordings, generated and the same in every run.

use oci_genai_edge::wire::{self, WireFormat};
use serde_json::json;

use crate::chunk::Kept;

/// How many deltas a stream has.
const DELTAS: usize = 2000;
/// Tool calls of the stream that has them, as of a model that writes several files.
const CALLS: usize = 8;

/// How the events of a stream are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Generic,
    Cohere,
}

impl Format {
    /// The core's reader of the format.
    pub(crate) fn wire(self) -> &'static WireFormat {
        match self {
            Format::Generic => &wire::GENERIC,
            Format::Cohere => &wire::COHERE,
        }
    }
}

pub(crate) struct Corpus {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    /// `data: …` and the blank line.
    pub(crate) events: Vec<String>,
    /// The chunks that it holds.
    pub(crate) expected: Vec<Kept>,
}

impl Corpus {
    /// What stands after `data: `.
    pub(crate) fn data(&self) -> Vec<String> {
        self.events
            .iter()
            .map(|event| event["data: ".len()..event.len() - 2].to_owned())
            .collect()
    }
}

pub(crate) fn all() -> Vec<Corpus> {
    vec![
        generic("GENERIC text", ASCII),
        generic("GENERIC multibyte", MULTIBYTE),
        cohere(),
        tool_calls(),
    ]
}

const ASCII: &[&str] = &[
    " the", " cluster", " of", " model", "s", ",", " and", " answer", "ing", " to", " a",
    " stream", ".", "\n\n", " is", " edge",
];
/// Three in ten tokens, more or less, are beyond ASCII.
const MULTIBYTE: &[&str] = &[
    " the", " naïve", " of", " 東京", "s", ",", " and", " straße", " 😀", " to", " a", " stream",
    ".", "\n\n",
];

fn generic(name: &'static str, words: &[&str]) -> Corpus {
    let mut stream = Stream::default();
    for _ in 0..DELTAS {
        let text = words[stream.below(words.len())];
        let content = format!(r#""content":[{{"type":"TEXT","text":{}}}]"#, json!(text));
        stream.delta(
            &content,
            Kept {
                text: Some(text.into()),
                ..Kept::default()
            },
        );
    }
    stream.finish(r#""content":[{"type":"TEXT","text":""}]"#, "stop");
    Corpus {
        name,
        format: Format::Generic,
        events: stream.events,
        expected: stream.expected,
    }
}

/// Calls as vLLM streams them: an opener without arguments, then fragments that have neither id nor
/// name.
fn tool_calls() -> Corpus {
    const PIECES: &[&str] = &[
        "{\"path\": \"",
        "src",
        "/main",
        ".rs\"",
        ", \"text\": \"",
        "fn ",
        "main",
        "() {}",
        "\\n",
        "\"}",
    ];
    let mut stream = Stream::default();
    for index in 0..CALLS {
        let (id, name) = (format!("chatcmpl-tool-{index:032x}"), "write_file");
        let opener = format!(r#""toolCalls":[{{"type":"FUNCTION","id":"{id}","name":"{name}"}}]"#);
        stream.delta(
            &opener,
            Kept {
                call: Some((index, Some(id), Some(name.into()), String::new())),
                ..Kept::default()
            },
        );
        for _ in 1..DELTAS / CALLS {
            let piece = PIECES[stream.below(PIECES.len())];
            let fragment = format!(
                r#""toolCalls":[{{"type":"FUNCTION","arguments":{}}}]"#,
                json!(piece)
            );
            stream.delta(
                &fragment,
                Kept {
                    call: Some((index, None, None, piece.into())),
                    ..Kept::default()
                },
            );
        }
    }
    stream.finish(
        r#""toolCalls":[{"type":"FUNCTION","arguments":""}]"#,
        "tool_calls",
    );
    Corpus {
        name: "tool calls",
        format: Format::Generic,
        events: stream.events,
        expected: stream.expected,
    }
}

/// COHERE repeats the whole text in its last event, and has no `[DONE]`.
fn cohere() -> Corpus {
    let mut stream = Stream::default();
    let mut whole = String::new();
    for _ in 0..DELTAS {
        let text = ASCII[stream.below(ASCII.len())];
        whole.push_str(text);
        stream.event(
            &format!(r#""apiFormat":"COHERE","text":{}"#, json!(text)),
            "",
        );
        stream.expected.push(Kept {
            text: Some(text.into()),
            ..Kept::default()
        });
    }
    let whole = json!(whole);
    let history =
        format!(r#"[{{"role":"USER","message":"Hello"}},{{"role":"CHATBOT","message":{whole}}}]"#);
    let reason = r#""finishReason":"COMPLETE""#;
    stream.event(
        &format!(r#""apiFormat":"COHERE","text":{whole},"chatHistory":{history},{reason}"#),
        r#","usage":{"completionTokens":2000,"promptTokens":22,"totalTokens":2022}"#,
    );
    stream.expected.push(Kept {
        finish: Some("stop".into()),
        ..Kept::default()
    });
    Corpus {
        name: "COHERE",
        format: Format::Cohere,
        events: stream.events,
        expected: stream.expected,
    }
}

/// A stream that is being written.
#[derive(Default)]
struct Stream {
    events: Vec<String>,
    expected: Vec<Kept>,
    /// Of splitmix64.
    state: u64,
}

impl Stream {
    /// The keys are in the recorded order; `pad` is 1 to 12 a's.
    fn event(&mut self, before_pad: &str, after_pad: &str) {
        let pad = "a".repeat(1 + self.below(12));
        self.events.push(format!(
            "data: {{{before_pad},\"pad\":\"{pad}\"{after_pad}}}\n\n"
        ));
    }

    fn delta(&mut self, what: &str, expected: Kept) {
        self.event(
            &format!(r#""index":0,"message":{{"role":"ASSISTANT",{what}}}"#),
            "",
        );
        self.expected.push(expected);
    }

    /// A finish has no `index`.
    fn finish(&mut self, what: &str, reason: &str) {
        self.event(
            &format!(r#""message":{{"role":"ASSISTANT",{what}}},"finishReason":"{reason}""#),
            "",
        );
        self.events.push("data: [DONE]\n\n".into());
        self.expected.push(Kept {
            finish: Some(reason.into()),
            ..Kept::default()
        });
    }

    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
