//! The decoder as a [`Stream`] of owned pieces.

use std::collections::VecDeque;
use std::pin::Pin;

use futures::stream::{try_unfold, Stream, StreamExt};
use serde_json::Value;

use super::Decoder;
use crate::error::{Error, Result};
use crate::json::parse_lenient;
use crate::openai::{Chunk, Metadata, Sink};

/// A piece of a streamed answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The next text of the first choice. All of its text comes like this: what arrives together
    /// with something else is taken out of that chunk.
    Text(String),
    /// Any other chunk, as OpenAI's `chat.completion.chunk`: the role, reasoning, tool calls, the
    /// finish reason (which follows the text), usage, and other choices.
    Chunk(Value),
    /// The end: the whole answer, as OpenAI's `chat.completion`.
    End(Box<Value>),
}

/// Decodes any stream of bytes into a [`Stream`] of pieces: for Rust programs that bring their own
/// HTTP client. It ends after [`Piece::End`] or the first error; the pieces before an error are
/// yielded.
///
/// ```
/// use futures::{executor::block_on, stream, StreamExt};
/// use oci_genai_edge::decode::{pieces, Decoder, Piece};
/// use oci_genai_edge::{error::Error, openai::Metadata, options::Limits, wire};
///
/// let event = r#"{"apiFormat":"COHERE","text":"Hi","finishReason":"COMPLETE"}"#;
/// let body = stream::iter([Ok::<_, Error>(format!("data: {event}\n\n"))]);
/// let decoder = Decoder::new(&wire::COHERE, Metadata::default(), Limits::default(), false);
/// let pieces: Vec<_> = block_on(pieces(body, decoder).collect());
/// assert!(pieces.contains(&Ok(Piece::Text("Hi".into()))));
/// assert!(matches!(pieces.last(), Some(Ok(Piece::End(_)))));
/// ```
pub fn pieces<S, B>(bytes: S, decoder: Decoder) -> impl Stream<Item = Result<Piece>>
where
    S: Stream<Item = Result<B>>,
    B: AsRef<[u8]>,
{
    // SPEED: boxed, because each piece moves the state, and a decoder is large.
    let state = Box::new(Pieces {
        bytes: Box::pin(bytes),
        decoder,
        ready: Ready::default(),
        ended: false,
    });
    try_unfold(state, |mut state| async move {
        loop {
            if let Some(piece) = state.ready.pieces.pop_front() {
                return Ok(Some((piece, state)));
            }
            if let Some(error) = state.ready.error.take() {
                return Err(error);
            }
            if state.ended {
                return Ok(None);
            }
            let next = state.bytes.next().await;
            state.decode(next);
        }
    })
}

/// The state of the stream between two pieces.
struct Pieces<S> {
    bytes: Pin<Box<S>>,
    decoder: Decoder,
    ready: Ready,
    ended: bool,
}

impl<S> Pieces<S> {
    /// Decodes the next chunk of the body, or its end.
    fn decode<B: AsRef<[u8]>>(&mut self, next: Option<Result<B>>) {
        let result = match next {
            Some(Ok(chunk)) => self.decoder.feed(chunk.as_ref(), &mut self.ready),
            Some(Err(error)) => Err(error),
            None => self.decoder.end(&mut self.ready),
        };
        if self.decoder.is_done() {
            self.ended = true;
            let completion = self.decoder.answer().completion();
            let completion = serde_json::to_value(completion).unwrap_or_default();
            self.ready
                .pieces
                .push_back(Piece::End(Box::new(completion)));
        }
        self.ready.error = result.err();
    }
}

/// Pieces that wait to be polled for, and the error that follows them.
#[derive(Default)]
struct Ready {
    pieces: VecDeque<Piece>,
    error: Option<Error>,
}

impl Ready {
    /// A chunk, and the text of its first choice as a piece of its own.
    fn push(&mut self, mut chunk: Value) {
        let text = take_text(&mut chunk).map(Piece::Text);
        let chunk = (text.is_none() || has_content(&chunk)).then_some(chunk);
        let is_last = chunk.as_ref().is_some_and(|chunk| {
            first_choice(chunk)
                .is_some_and(|choice| choice.get("finish_reason").is_some_and(is_set))
        });
        let chunk = chunk.map(Piece::Chunk);
        match is_last {
            true => self.pieces.extend(text.into_iter().chain(chunk)),
            false => self.pieces.extend(chunk.into_iter().chain(text)),
        }
    }
}

/// Takes the text of the first choice out of a chunk, if it has any.
fn take_text(chunk: &mut Value) -> Option<String> {
    let choices = chunk.get_mut("choices")?.as_array_mut()?;
    let choice = choices.iter_mut().find(|choice| is_first(choice))?;
    let delta = choice.get_mut("delta")?.as_object_mut()?;
    match delta.get("content") {
        Some(Value::String(text)) if !text.is_empty() => {}
        _ => return None,
    }
    match delta.shift_remove("content") {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Whether a chunk has anything but what every chunk has.
fn has_content(chunk: &Value) -> bool {
    const OF_EVERY_CHUNK: [&str; 6] = [
        "id",
        "object",
        "created",
        "model",
        "system_fingerprint",
        "choices",
    ];
    let has = |value: &Value, known: &[&str]| {
        let mut members = value.as_object().into_iter().flatten();
        members.any(|(name, value)| !known.contains(&name.as_str()) && is_set(value))
    };
    let choices = chunk.get("choices").and_then(Value::as_array);
    has(chunk, &OF_EVERY_CHUNK)
        || choices.into_iter().flatten().any(|choice| {
            !is_first(choice)
                || has(choice, &["index", "delta"])
                || choice.get("delta").is_some_and(|delta| has(delta, &[]))
        })
}

fn first_choice(chunk: &Value) -> Option<&Value> {
    let mut choices = chunk.get("choices")?.as_array()?.iter();
    choices.find(|choice| is_first(choice))
}

fn is_first(choice: &Value) -> bool {
    choice.get("index").and_then(Value::as_u64) == Some(0)
}

fn is_set(value: &Value) -> bool {
    !value.is_null()
}

impl Sink for Ready {
    fn text(&mut self, _: &Metadata, text: &str) {
        self.pieces.push_back(Piece::Text(text.to_owned()));
    }

    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
        self.push(chunk.to_value(metadata));
    }

    fn verbatim(&mut self, json: &str) {
        if let Ok(chunk) = parse_lenient(json.as_bytes()) {
            self.push(chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::stream;
    use serde_json::json;

    use super::*;
    use crate::error::Code;
    use crate::options::Limits;
    use crate::wire::{self, WireFormat};

    fn collect_from(wire: &'static WireFormat, body: &[Result<&str>]) -> Vec<Result<Piece>> {
        let limits = Limits::default();
        let decoder = Decoder::new(wire, Metadata::default(), limits, false);
        block_on(pieces(stream::iter(body.to_vec()), decoder).collect())
    }

    fn collect(body: &[Result<&str>]) -> Vec<Result<Piece>> {
        collect_from(&wire::COHERE, body)
    }

    /// All that a reader of texts gets.
    fn text_of(seen: &[Result<Piece>]) -> String {
        let texts = seen.iter().filter_map(|piece| match piece {
            Ok(Piece::Text(text)) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    const START: &str = "data: {\"apiFormat\":\"COHERE\",\"text\":\"a\"}\n\n";
    const END: &str = "data: {\"apiFormat\":\"COHERE\",\"finishReason\":\"COMPLETE\"}\n\n";

    #[test]
    fn an_answer_ends_with_its_completion() {
        let seen = collect(&[Ok(START), Ok(START), Ok(END)]);
        assert!(matches!(&seen[0], Ok(Piece::Chunk(chunk))
            if chunk["choices"][0]["delta"] == json!({"role": "assistant"})));
        assert_eq!(seen[1], Ok(Piece::Text("a".into())));
        assert_eq!(seen[2], Ok(Piece::Text("a".into())));
        assert!(matches!(seen.last(), Some(Ok(Piece::End(completion)))
            if completion["choices"][0]["message"]["content"] == "aa"));
    }

    #[test]
    fn all_text_of_the_first_choice_is_text() {
        let whole = r#"data: {"apiFormat":"COHERE","text":"ab","finishReason":"COMPLETE"}"#;
        let seen = collect(&[Ok(whole), Ok("\n\n")]);
        assert_eq!(text_of(&seen), "ab");
        let is_finish = |piece: &Result<Piece>| {
            matches!(piece, Ok(Piece::Chunk(chunk))
                if chunk["choices"][0]["finish_reason"] == "stop")
        };
        let finish = seen.iter().position(is_finish).unwrap();
        assert_eq!(text_of(&seen[..finish]), "ab", "before the finish reason");

        // The service's own chunks, of which one has more than the text.
        let chunk = |choices: Value| {
            let chunk = json!({"id": "i", "object": "chat.completion.chunk", "created": 1,
                "model": "m", "usage": null, "choices": choices});
            format!("data: {chunk}\n\n")
        };
        let choice = |index: u32, delta: Value, finish: Value| json!({"index": index, "delta": delta, "logprobs": null, "finish_reason": finish});
        let own = [
            chunk(json!([choice(
                0,
                json!({"role": "assistant", "content": ""}),
                Value::Null
            )])),
            chunk(json!([choice(0, json!({"content": "a"}), Value::Null)])),
            chunk(json!([
                choice(1, json!({"content": "z"}), Value::Null),
                choice(0, json!({"content": "b", "refusal": "no"}), json!("stop")),
            ])),
            "data: [DONE]\n\n".to_owned(),
        ];
        let own: Vec<_> = own.iter().map(|event| Ok(event.as_str())).collect();
        let seen = collect_from(&wire::OPENAI, &own);
        assert_eq!(text_of(&seen), "ab");
        assert_eq!(seen[1], Ok(Piece::Text("a".into())));
        assert_eq!(seen[2], Ok(Piece::Text("b".into())));
        assert!(matches!(&seen[3], Ok(Piece::Chunk(chunk))
            if chunk["choices"][0]["delta"]["content"] == "z"
                && chunk["choices"][1]["delta"] == json!({"refusal": "no"})));
    }

    #[test]
    fn an_error_follows_the_pieces_before_it_and_ends_the_stream() {
        let broken = Error::new(Code::Network, "the connection broke");
        for (body, code) in [
            (vec![Ok(START), Err(broken)], Code::Network),
            (vec![Ok(START)], Code::StreamTruncated),
        ] {
            let seen = collect(&body);
            assert_eq!(seen.len(), 3);
            assert!(matches!(&seen[0], Ok(Piece::Chunk(_))));
            assert_eq!(seen[1], Ok(Piece::Text("a".into())));
            assert!(matches!(&seen[2], Err(error) if error.code() == code));
        }
    }
}
