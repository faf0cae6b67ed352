//! Reranking: `POST /20231130/actions/rerankText`, asked for and answered as
//! [Cohere](https://docs.cohere.com/reference/rerank) and [Jina](https://jina.ai/reranker/) do.

use serde_json::Value;

use super::answer::ObjectWriter;
use super::parameters::{Kind, Parameters, Row};
use super::post::{Answer, Post};
use super::Operation;
use crate::error::{Code, Error, Result};
use crate::json::{to_json, RawJson};
use crate::routing::Action;
use crate::wire::read_object;

/// The name of the action, in errors.
const ACTION: &str = "rerankText";

/// Documents by their relevance to a query.
#[derive(Debug)]
pub struct Rerank {
    model: String,
    /// [`RerankTextDetails`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/rerank-text-details.ts)
    fields: ObjectWriter,
    /// How many documents there are, and whether they are to be returned.
    count: u64,
    returns_documents: bool,
    /// Of the answer, where the service sends none.
    id: String,
    answer: Answer,
}

const PARAMETERS: &[Row] = &[
    ("model", Kind::Text, None),
    ("query", Kind::Text, Some("input")),
    ("documents", Kind::Structured, None),
    ("top_n", Kind::Count, Some("topN")),
    ("return_documents", Kind::Flag, Some("isEcho")),
    (
        "oci.max_tokens_per_document",
        Kind::Count,
        Some("maxTokensPerDocument"),
    ),
    (
        "oci.max_chunks_per_document",
        Kind::Count,
        Some("maxChunksPerDocument"),
    ),
];

impl Rerank {
    /// The operation that answers a request, given as JSON text. `id`: of the answer, where the
    /// service sends none.
    ///
    /// # Errors
    ///
    /// `invalid_request`, with the parameter at fault.
    pub fn from_json(json: &str, id: String) -> Result<Operation> {
        let mut parameters = Parameters::parse(json, ACTION, PARAMETERS)?;
        let model = parameters.require_text("model")?;
        parameters.require("query")?;
        let documents = parameters.require("documents")?;
        let mut texts = Vec::new();
        for document in documents.items()? {
            // A document is a text, or an object with one.
            texts.push(match document.value {
                Value::Object(_) => to_json(&document.require("text")?.string()?),
                _ => to_json(&document.string()?),
            });
        }
        if texts.is_empty() {
            return Err(documents.error("documents is empty".into()));
        }
        let returns_documents = parameters.get("return_documents");
        let returns_documents = returns_documents.is_some_and(|given| given.value == true);
        parameters.fields.push_list("documents", &texts);
        Ok(Operation::Rerank(Box::new(Rerank {
            model,
            fields: parameters.fields,
            count: texts.len() as u64,
            returns_documents,
            id,
            answer: Answer::default(),
        })))
    }

    /// Writes a [`DocumentRank`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/document-rank.ts).
    fn write(&self, rank: RawJson<'_>) -> Option<Vec<u8>> {
        let [index, score, document] = rank.pick(["index", "relevanceScore", "document"]);
        let (index, score) = (index?, score?);
        index.as_u64().filter(|index| *index < self.count)?;
        let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
        score.as_bytes().first().filter(|byte| is_number(byte))?;
        let mut result = ObjectWriter::default();
        result.push_text("index", index.as_bytes());
        result.push_text("relevance_score", score.as_bytes());
        let document = document.filter(|_| self.returns_documents);
        if let Some(text) = document.and_then(|document| document.get("text")) {
            let mut document = ObjectWriter::default();
            document.push_text("text", text.as_bytes());
            result.push_object("document", document);
        }
        Some(result.finish())
    }
}

impl Post for Rerank {
    fn model(&self) -> &str {
        &self.model
    }

    fn action(&self) -> Action {
        Action::Rerank
    }

    fn fields(&self) -> &ObjectWriter {
        &self.fields
    }

    /// Reads a [`RerankTextResult`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/rerank-text-result.ts).
    fn read(&mut self, body: &[u8]) -> Result<ObjectWriter> {
        let json = read_object(body, ACTION)?;
        let [id, ranks] = json.pick(["id", "documentRanks"]);
        let ranks = ranks.filter(|ranks| ranks.is_array()).ok_or_else(invalid)?;
        let mut results = Vec::new();
        for rank in ranks.items() {
            results.push(self.write(rank).ok_or_else(invalid)?);
        }
        let mut answer = ObjectWriter::default();
        match id.filter(|id| id.is_string()) {
            Some(id) => answer.push_text("id", id.as_bytes()),
            None => answer.push_str("id", &self.id),
        }
        answer.push_str("model", &self.model);
        answer.push_list("results", &results);
        let oci = self.answer.oci();
        answer.push_object("oci", oci);
        Ok(answer)
    }

    fn answer(&self) -> &Answer {
        &self.answer
    }

    fn answer_mut(&mut self) -> &mut Answer {
        &mut self.answer
    }
}

fn invalid() -> Error {
    let message = "the answer has no ranks, or ranks a document that was not sent";
    Error::new(Code::InvalidResponse, message)
}
