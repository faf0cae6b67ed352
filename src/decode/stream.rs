//! The decoder as a [`Stream`] of owned pieces.

use std::collections::VecDeque;

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
    let state = (Box::pin(bytes), decoder, Ready::default(), false);
    try_unfold(
        state,
        |(mut bytes, mut decoder, mut ready, mut ended)| async move {
            loop {
                if let Some(piece) = ready.pieces.pop_front() {
                    return Ok(Some((piece, (bytes, decoder, ready, ended))));
                }
                if let Some(error) = ready.error.take() {
                    return Err(error);
                }
                if ended {
                    return Ok(None);
                }
                let result = match bytes.next().await {
                    Some(Ok(chunk)) => decoder.feed(chunk.as_ref(), &mut ready),
                    Some(Err(error)) => Err(error),
                    None => decoder.end(&mut ready),
                };
                if decoder.is_done() {
                    ended = true;
                    let completion = decoder.answer().completion().to_value();
                    ready.pieces.push_back(Piece::End(Box::new(completion)));
                }
                ready.error = result.err();
            }
        },
    )
}

/// Pieces that wait to be polled for, and the error that follows them.
#[derive(Default)]
struct Ready {
    pieces: VecDeque<Piece>,
    error: Option<Error>,
}

impl Ready {
    fn push_chunk(&mut self, json: &[u8]) {
        self.pieces.extend(parse_lenient(json).map(Piece::Chunk));
    }
}

impl Sink for Ready {
    fn text(&mut self, _: &Metadata, text: &str) {
        self.pieces.push_back(Piece::Text(text.to_owned()));
    }

    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
        self.push_chunk(&chunk.to_json(metadata));
    }

    fn verbatim(&mut self, json: &str) {
        self.push_chunk(json.as_bytes());
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
