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
    /// The next text of the first choice.
    Text(String),
    /// Any other chunk, as OpenAI's `chat.completion.chunk`.
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

impl Sink for Ready {
    fn text(&mut self, _: &Metadata, text: &str) {
        self.pieces.push_back(Piece::Text(text.to_owned()));
    }

    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
        self.pieces
            .push_back(Piece::Chunk(chunk.to_value(metadata)));
    }

    fn verbatim(&mut self, json: &str) {
        let chunk = parse_lenient(json.as_bytes());
        self.pieces.extend(chunk.map(Piece::Chunk));
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::stream;

    use super::*;
    use crate::error::Code;
    use crate::options::Limits;
    use crate::wire;

    fn collect(body: &[Result<&str>]) -> Vec<Result<Piece>> {
        let limits = Limits::default();
        let decoder = Decoder::new(&wire::COHERE, Metadata::default(), limits, false);
        block_on(pieces(stream::iter(body.to_vec()), decoder).collect())
    }

    const START: &str = "data: {\"apiFormat\":\"COHERE\",\"text\":\"a\"}\n\n";
    const END: &str = "data: {\"apiFormat\":\"COHERE\",\"finishReason\":\"COMPLETE\"}\n\n";

    #[test]
    fn an_answer_ends_with_its_completion() {
        let seen = collect(&[Ok(START), Ok(START), Ok(END)]);
        assert!(matches!(&seen[0], Ok(Piece::Chunk(chunk))
            if chunk["choices"][0]["delta"]["content"] == "a"));
        assert_eq!(seen[1], Ok(Piece::Text("a".into())));
        assert!(matches!(seen.last(), Some(Ok(Piece::End(completion)))
            if completion["choices"][0]["message"]["content"] == "aa"));
    }

    #[test]
    fn an_error_follows_the_pieces_before_it_and_ends_the_stream() {
        let broken = Error::new(Code::Network, "the connection broke");
        for (body, code) in [
            (vec![Ok(START), Err(broken)], Code::Network),
            (vec![Ok(START)], Code::StreamTruncated),
        ] {
            let seen = collect(&body);
            assert_eq!(seen.len(), 2);
            assert!(matches!(&seen[0], Ok(Piece::Chunk(_))));
            assert!(matches!(&seen[1], Err(error) if error.code() == code));
        }
    }
}
