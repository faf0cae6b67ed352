//! What operations share that post a request and receive JSON, whole.

use serde_json::Value;

use super::answer::ObjectWriter;
use super::parameters::body;
use super::Exchange;
use crate::error::Result;
use crate::routing::{Action, Candidate, Route};

/// An operation that posts a request and receives JSON. It has no stream, so that an [`Exchange`]
/// follows from what is here.
pub(super) trait Post {
    /// The model, or alias, that the caller named; empty where the request needs none.
    fn model(&self) -> &str;

    /// What is asked of OCI.
    fn action(&self) -> Action;

    /// The fields of the body, besides the compartment and the serving mode.
    fn fields(&self) -> &ObjectWriter;

    /// Reads the body of an answer into the caller's form of it.
    fn read(&mut self, body: &[u8]) -> Result<ObjectWriter>;

    fn answer(&self) -> &Answer;

    fn answer_mut(&mut self) -> &mut Answer;
}

/// What is received in answer to one request.
#[derive(Debug, Default)]
pub(super) struct Answer {
    opc_request_id: Option<String>,
    /// OpenAI's usage object, where the operation counts tokens.
    pub(super) usage: Option<Value>,
    /// JSON text; empty until it is there.
    json: Vec<u8>,
}

impl Answer {
    /// What goes under `oci` in the answer, where the request id is the first.
    pub(super) fn oci(&self) -> ObjectWriter {
        let mut oci = ObjectWriter::default();
        if let Some(id) = &self.opc_request_id {
            oci.push_str("opc_request_id", id);
        }
        oci
    }
}

impl<T: Post> Exchange for T {
    fn model(&self) -> &str {
        Post::model(self)
    }

    fn action(&self) -> Action {
        Post::action(self)
    }

    fn body(&self, target: &Candidate, _stream: bool) -> Result<Vec<u8>> {
        body(target, self.fields())
    }

    fn start_answer(&mut self, _route: &Route, opc_request_id: Option<&str>) {
        let opc_request_id = opc_request_id.map(str::to_owned);
        *self.answer_mut() = Answer {
            opc_request_id,
            ..Answer::default()
        };
    }

    fn read_whole(&mut self, body: Vec<u8>) -> Result<()> {
        // Parts of the body become parts of the answer, which is text.
        let text = String::from_utf8_lossy(&body);
        self.answer_mut().json = self.read(text.as_bytes())?.finish();
        Ok(())
    }

    fn result(&self) -> Vec<u8> {
        self.answer().json.clone()
    }

    fn has_result(&self) -> bool {
        !self.answer().json.is_empty()
    }

    fn usage(&self) -> Option<&Value> {
        self.answer().usage.as_ref()
    }
}
