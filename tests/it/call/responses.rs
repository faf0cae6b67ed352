//! What the network does with a request, and the responses that the tests use most.

use oci_genai_edge::call::ResponseHead;
use oci_genai_edge::error::Code;
use serde_json::json;

use crate::support::response_head;

/// What the network does with one request.
#[derive(Clone, Debug)]
pub struct MockResponse {
    /// The head, or why there is no response.
    pub head: Result<ResponseHead, Code>,
    pub pieces: Vec<Vec<u8>>,
    /// After the pieces: the error that breaks the body. `None`: the body ends.
    pub error: Option<Code>,
}

impl MockResponse {
    pub fn new(status: u16, content_type: &str, pieces: &[&str]) -> MockResponse {
        let pieces = pieces.iter().map(|piece| piece.as_bytes().to_vec());
        MockResponse {
            head: Ok(response_head(status, content_type)),
            pieces: pieces.collect(),
            error: None,
        }
    }

    /// The body breaks after its pieces.
    pub fn then_error(mut self, code: Code) -> MockResponse {
        self.error = Some(code);
        self
    }

    pub fn with_retry_after(mut self, value: &str) -> MockResponse {
        self.head.as_mut().unwrap().retry_after = Some(value.into());
        self
    }

    pub fn with_retry_after_ms(mut self, value: &str) -> MockResponse {
        self.head.as_mut().unwrap().retry_after_ms = Some(value.into());
        self
    }

    pub fn with_request_id(mut self, id: &str) -> MockResponse {
        self.head.as_mut().unwrap().opc_request_id = Some(id.into());
        self
    }
}

pub fn events(pieces: &[&str]) -> MockResponse {
    MockResponse::new(200, "text/event-stream", pieces)
}

/// A stream whose bytes need not be text.
pub fn raw_events(pieces: Vec<Vec<u8>>) -> MockResponse {
    MockResponse {
        pieces,
        ..events(&[])
    }
}

/// A complete stream with the text `Hi`.
pub fn text_stream() -> MockResponse {
    events(&[TEXT, FINISH, DONE])
}

pub fn json_body(json: &str) -> MockResponse {
    MockResponse::new(200, "application/json", &[json])
}

/// A status with an error body of OCI.
pub fn status(status: u16) -> MockResponse {
    let message = format!("a {status}");
    let body = json!({"code": status.to_string(), "message": message}).to_string();
    MockResponse::new(status, "application/json", &[&body])
}

pub fn bad_request(message: &str) -> MockResponse {
    let body = json!({"code": "400", "message": message}).to_string();
    MockResponse::new(400, "application/json", &[&body])
}

/// The request fails before there is a response.
pub fn send_error(code: Code) -> MockResponse {
    MockResponse {
        head: Err(code),
        pieces: Vec::new(),
        error: None,
    }
}

pub const EMPTY_DELTA: &str = concat!(
    r#"data: {"index":0,"message":{"content":[{"type":"TEXT","text":""}]}}"#,
    "\n\n"
);
pub const TEXT: &str = concat!(
    r#"data: {"index":0,"message":{"content":[{"type":"TEXT","text":"Hi"}]}}"#,
    "\n\n"
);
pub const FINISH: &str = concat!(r#"data: {"finishReason":"stop"}"#, "\n\n");
pub const USAGE: &str = concat!(
    r#"data: {"usage":{"promptTokens":3,"completionTokens":1,"totalTokens":4}}"#,
    "\n\n"
);
pub const DONE: &str = "data: [DONE]\n\n";
pub const ERROR_EVENT: &str = concat!(r#"data: {"code":"500","message":"oh"}"#, "\n\n");

/// Streams and a whole answer with the text `Hi`.
pub const COHERE_STREAM: &str = concat!(
    r#"data: {"apiFormat":"COHERE","text":"Hi"}"#,
    "\n\n",
    r#"data: {"apiFormat":"COHERE","text":"Hi","chatHistory":[],"finishReason":"COMPLETE"}"#,
    "\n\n"
);
pub const COHERE_V2_STREAM: &str = concat!(
    r#"data: {"apiFormat":"COHEREV2","message":{"content":[{"type":"TEXT","text":"Hi"}]},"#,
    r#""finishReason":"COMPLETE"}"#,
    "\n\n"
);
pub const OPENAI_STREAM: &str = concat!(
    r#"data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","#,
    r#""choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"#,
    r#""finish_reason":"stop"}]}"#,
    "\n\ndata: [DONE]\n\n"
);
pub const GENERIC_ANSWER: &str = concat!(
    r#"{"modelId":"m","modelVersion":"1","chatResponse":{"apiFormat":"GENERIC","choices":["#,
    r#"{"index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","text":"Hi"}]},"#,
    r#""finishReason":"stop"}],"#,
    r#""usage":{"promptTokens":3,"completionTokens":1,"totalTokens":4}}}"#
);

/// Messages of OCI that start a renegotiation.
pub const WRONG_FORMAT: &str = "Chat request type does not match serving model";
/// Its message where an endpoint can't stream; the simulator has the same one.
pub const NO_STREAMING: &str = "Streaming is not supported by this model.";
/// Its message where a guardrail of an endpoint blocks the prompt.
pub const GUARDRAIL: &str = "Inappropriate content detected!";
pub const UNSUPPORTED_BY_OPENAI: &str = "Unsupported OpenAI operation";

/// A body of ASCII in pieces of so many bytes.
pub fn pieces_of(body: &str, size: usize) -> Vec<&str> {
    let pieces = body.as_bytes().chunks(size);
    pieces
        .map(|piece| std::str::from_utf8(piece).unwrap())
        .collect()
}
