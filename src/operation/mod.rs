//! What is asked of OCI. Retries, targets, limits and reports belong to the call and are the same
//! for every operation; path, body and how to read the answer belong to the operation.

mod answer;
pub mod chat;
pub mod embed;
mod input;
pub mod moderate;
mod parameters;
mod post;
pub mod rerank;

pub use answer::merge;
pub use chat::Chat;
pub use embed::Embed;
pub use moderate::Moderate;
pub use rerank::Rerank;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::openai::Sink;
use crate::routing::{Action, Candidate, Route};

/// An operation of the inference service: a closed set.
#[derive(Debug)]
pub enum Operation {
    /// A chat, streamed or whole.
    Chat(Box<Chat>),
    /// Embeddings.
    Embed(Box<Embed>),
    /// Documents by their relevance.
    Rerank(Box<Rerank>),
    /// Moderation.
    Moderate(Box<Moderate>),
}

impl Operation {
    pub(crate) fn exchange(&self) -> &dyn Exchange {
        match self {
            Operation::Chat(chat) => chat.as_ref(),
            Operation::Embed(embed) => embed.as_ref(),
            Operation::Rerank(rerank) => rerank.as_ref(),
            Operation::Moderate(moderate) => moderate.as_ref(),
        }
    }

    pub(crate) fn exchange_mut(&mut self) -> &mut dyn Exchange {
        match self {
            Operation::Chat(chat) => chat.as_mut(),
            Operation::Embed(embed) => embed.as_mut(),
            Operation::Rerank(rerank) => rerank.as_mut(),
            Operation::Moderate(moderate) => moderate.as_mut(),
        }
    }

    /// Decodes bytes of an event stream. Also returns whether the answer is complete.
    ///
    /// SPEED: chats are what streams, so that no network chunk costs virtual calls.
    #[inline]
    pub(crate) fn feed(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> (Result<()>, bool) {
        match self {
            Operation::Chat(chat) => (chat.feed(bytes, sink), chat.is_complete()),
            _ => (Err(not_a_stream()), true),
        }
    }
}

/// One request and its answer, as the life of a call sees them. An operation that only posts and
/// returns JSON implements [`post::Post`] instead, and the defaults of the second half say that it
/// can't stream.
pub(crate) trait Exchange {
    /// The model, or alias, that the caller named.
    fn model(&self) -> &str;

    /// What is asked of OCI: the path follows from it.
    fn action(&self) -> Action;

    /// The body of a request to a target.
    fn body(&self, target: &Candidate, stream: bool) -> Result<Vec<u8>>;

    /// No further body will be asked for: the memory of what it is made of may be released.
    fn release_request(&mut self) {}

    /// A new answer begins: what was received of another one is discarded.
    fn start_answer(&mut self, route: &Route, opc_request_id: Option<&str>);

    /// Reads the whole body of an answer.
    fn read_whole(&mut self, body: Vec<u8>) -> Result<()>;

    /// The result as JSON text; of a broken answer what there is.
    fn result(&self) -> Vec<u8>;

    /// Whether anything of the answer has been received.
    fn has_result(&self) -> bool;

    /// OpenAI's usage object, once it is known.
    fn usage(&self) -> Option<&Value> {
        None
    }

    /// OpenAI's finish reason, once it is known.
    fn finish_reason(&self) -> Option<&'static str> {
        None
    }

    // ---------------------------------------------------------------- operations that can stream

    /// Whether the answer can be requested as a stream. The fallback is for those that can.
    fn can_stream(&self) -> bool {
        false
    }

    /// Decodes bytes of an event stream.
    fn feed(&mut self, _bytes: &[u8], _sink: &mut dyn Sink) -> Result<()> {
        Err(not_a_stream())
    }

    /// The event stream ended.
    fn end(&mut self, _sink: &mut dyn Sink) -> Result<()> {
        Err(not_a_stream())
    }

    /// Whether the stream said that the answer is complete: what follows is not read.
    fn is_complete(&self) -> bool {
        false
    }

    /// Whether a chunk has been emitted.
    fn has_emitted(&self) -> bool {
        false
    }

    /// Emits an answer that was received whole as a stream of one chunk. `fallback`: why.
    fn replay(&mut self, _fallback: &str, _sink: &mut dyn Sink) {}
}

fn not_a_stream() -> Error {
    let message = "the service answered with an event stream, which was not requested";
    Error::new(crate::error::Code::InvalidResponse, message)
}
