//! Embeddings: `POST /20231130/actions/embedText`, asked for and answered as OpenAI does
//! ([request](https://platform.openai.com/docs/api-reference/embeddings/create)).

use serde_json::Value;

use super::answer::{members, ObjectWriter};
use super::input::{Input, InputFormat};
use super::parameters::{Kind, Parameters, Row};
use super::post::{Answer, Post};
use super::Operation;
use crate::error::{Code, Error, Result};
use crate::json::{object, RawJson};
use crate::routing::Action;
use crate::wire::{read_object, usage};

/// How many inputs the service takes at once.
const MAX_INPUTS: usize = 96;
/// The name of the action, in errors.
const ACTION: &str = "embedText";

/// Embeddings of as many inputs as the service takes at once.
#[derive(Debug)]
pub struct Embed {
    model: String,
    /// [`EmbedTextDetails`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/embed-text-details.ts)
    fields: ObjectWriter,
    /// OpenAI's `encoding_format`: base64 of the little-endian f32.
    as_base64: bool,
    /// The index of the first input among all of the request, and how many there are here.
    start: usize,
    count: usize,
    answer: Answer,
}

const PARAMETERS: &[Row] = &[
    ("model", Kind::Text, None),
    ("input", Kind::Structured, None),
    ("dimensions", Kind::Count, Some("outputDimensions")),
    ("encoding_format", Kind::Word(&["FLOAT", "BASE64"]), None),
    // Names the caller to OpenAI.
    ("user", Kind::Text, None),
    (
        "oci.input_type",
        Kind::Word(&[
            "SEARCH_DOCUMENT",
            "SEARCH_QUERY",
            "CLASSIFICATION",
            "CLUSTERING",
            "IMAGE",
        ]),
        Some("inputType"),
    ),
    (
        "oci.truncate",
        Kind::Word(&["NONE", "START", "END"]),
        Some("truncate"),
    ),
    (
        "oci.embedding_types",
        Kind::Words(&["float", "int8", "uint8", "binary", "ubinary", "base64"]),
        Some("embeddingTypes"),
    ),
    ("oci.is_echo", Kind::Flag, Some("isEcho")),
];

impl Embed {
    /// The operations that answer a request, given as JSON text: one, or several where the service
    /// takes fewer inputs at once. [`merge`](super::merge) puts their answers together.
    ///
    /// # Errors
    ///
    /// `invalid_request`, with the parameter at fault.
    pub fn from_json(json: &str) -> Result<Vec<Operation>> {
        let parameters = Parameters::parse(json, ACTION, PARAMETERS)?;
        let model = parameters.require_text("model")?;
        let encoding = parameters.text("encoding_format");
        let input = Input::parse(&parameters, &InputFormat::Embed)?;
        let is_image = parameters.text("oci.input_type").as_deref() == Some("IMAGE");
        let (field, size) = match input.has_parts {
            true => ("embedContents", MAX_INPUTS),
            // Of images as texts the service takes one.
            false if is_image => ("inputs", 1),
            false => ("inputs", MAX_INPUTS),
        };
        let mut operations = Vec::new();
        for (index, batch) in input.items.chunks(size).enumerate() {
            let mut fields = parameters.fields.clone();
            fields.push_list(field, batch);
            operations.push(Operation::Embed(Box::new(Embed {
                model: model.clone(),
                fields,
                as_base64: encoding.as_deref() == Some("BASE64"),
                start: index * size,
                count: batch.len(),
                answer: Answer::default(),
            })));
        }
        Ok(operations)
    }

    /// Writes an embedding: numbers as the service wrote them, or their base64.
    fn write(&self, out: &mut Vec<u8>, vector: RawJson<'_>) -> Result<()> {
        let invalid = || invalid("an embedding is not a list of numbers".into());
        // The type base64 is text already.
        if vector.is_array() && self.as_base64 {
            let mut bytes = Vec::new();
            for number in vector.to_value().as_array().into_iter().flatten() {
                let number = number.as_f64().ok_or_else(invalid)?;
                bytes.extend_from_slice(&(number as f32).to_le_bytes());
            }
            out.push(b'"');
            write_base64(out, &bytes);
            out.push(b'"');
            return Ok(());
        }
        let inner = vector.as_bytes().get(1..).unwrap_or_default();
        let is_plain = |byte: &u8| byte.is_ascii_digit() || b"+-.eE, \t\r\n]".contains(byte);
        let is_list = vector.is_array() && inner.iter().all(is_plain);
        if !is_list && !vector.is_string() {
            return Err(invalid());
        }
        out.extend_from_slice(vector.as_bytes());
        Ok(())
    }
}

impl Post for Embed {
    fn model(&self) -> &str {
        &self.model
    }

    fn action(&self) -> Action {
        Action::Embed
    }

    fn fields(&self) -> &ObjectWriter {
        &self.fields
    }

    /// Reads an answer, [`EmbedTextResult`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/embed-text-result.ts).
    fn read(&mut self, body: &[u8]) -> Result<ObjectWriter> {
        let json = read_object(body, ACTION)?;
        let [embeddings, by_type, own_usage, counts, inputs, contents] = json.pick([
            "embeddings",
            "embeddingsByType",
            "usage",
            "inputTextTokenCounts",
            "inputs",
            "embedContents",
        ]);
        let by_type = by_type.filter(|by_type| by_type.is_object());
        let mut data = Vec::new();
        for vector in vectors(embeddings, by_type)
            .map(RawJson::items)
            .into_iter()
            .flatten()
        {
            let mut item = ObjectWriter::default();
            item.push_str("object", "embedding");
            item.push("index", &(self.start + data.len()).into());
            self.write(item.begin("embedding"), vector)?;
            data.push(item.finish());
        }
        let count = data.len();
        if count != self.count {
            let expected = self.count;
            let message = format!("the answer has {count} embeddings for {expected} inputs");
            return Err(invalid(message));
        }
        // The SDK's model has the first; the service is reported to send the second.
        let own_usage = own_usage.and_then(|it| usage(&it.to_value()));
        self.answer.usage = own_usage.or_else(|| counts.map(sum_of));
        let mut answer = ObjectWriter::default();
        answer.push_str("object", "list");
        answer.push_list("data", &data);
        answer.push_str("model", &self.model);
        answer.push_object("usage", token_counts(self.answer.usage.as_ref()));
        let mut oci = self.answer.oci();
        if let Some(by_type) = by_type {
            oci.push_text("embeddings_by_type", by_type.as_bytes());
        }
        // What was embedded, if `oci.is_echo` asked for it.
        for (name, echo) in [("inputs", inputs), ("embed_contents", contents)] {
            if let Some(echo) = echo.filter(|echo| echo.is_array()) {
                oci.push_text(name, echo.as_bytes());
            }
        }
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

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidResponse, message)
}

/// The vectors of an answer: the floats, else those of the first type that was sent.
fn vectors<'a>(
    embeddings: Option<RawJson<'a>>,
    by_type: Option<RawJson<'a>>,
) -> Option<RawJson<'a>> {
    let is_filled = |list: &RawJson<'_>| list.is_array() && list.items().next().is_some();
    if let Some(floats) = embeddings.filter(is_filled) {
        return Some(floats);
    }
    let mut lists = members(by_type?).into_iter().map(|(_, list)| list);
    lists.find(is_filled)
}

/// OpenAI's usage of embeddings, which has no completion; 0 where nothing was counted.
fn token_counts(usage: Option<&Value>) -> ObjectWriter {
    let count = |name| usage.and_then(|usage| usage.get(name)?.as_u64());
    let total = count("total_tokens").unwrap_or_default();
    let prompt = count("prompt_tokens").filter(|count| *count > 0);
    let mut counts = ObjectWriter::default();
    counts.push("prompt_tokens", &prompt.unwrap_or(total).into());
    counts.push("total_tokens", &total.into());
    counts
}

/// The usage that a list of counts, one an input, stands for.
fn sum_of(counts: RawJson<'_>) -> Value {
    let mut sum = 0_u64;
    for count in counts.items() {
        sum = sum.saturating_add(count.as_u64().unwrap_or_default());
    }
    object(vec![
        ("prompt_tokens", sum.into()),
        ("completion_tokens", 0.into()),
        ("total_tokens", sum.into()),
    ])
}

/// Base64 with padding ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-4)).
fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let byte = |index| u32::from(group.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = bits >> (18 - 6 * digit) & 63;
            let letter = ALPHABET.get(index as usize).copied().unwrap_or_default();
            let is_padding = digit > group.len() as u32;
            out.push(if is_padding { b'=' } else { letter });
        }
    }
}
