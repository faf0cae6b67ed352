//! A call with its options, driven through a script of responses, and a transcript of its steps.

use oci_genai_edge::call::{Call, PreparedRequest, Settings, Step};
use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::{ChatRequest, Metadata};
use oci_genai_edge::operation::{Chat, Operation};
use oci_genai_edge::options::{Limits, Options};
use oci_genai_edge::routing::{Action, RouteOverrides};
use serde_json::{json, Value};

use super::responses::{MockResponse, TEXT};
use crate::support::RecordingSink;

pub const DAC: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
const ASHBURN_DAC: &str = "ocid1.generativeaiendpoint.oc1.us-ashburn-1.example";

/// How long each step takes, in milliseconds.
const TICK: f64 = 10.0;
/// When a call is made, in milliseconds since 1970.
const START: f64 = 1000.0;

/// A call that is to be made.
pub struct Scenario {
    pub options: Value,
    pub model: &'static str,
    pub overrides: RouteOverrides,
    pub request: Value,
    pub stream: bool,
    pub limits: Limits,
    pub signs: bool,
    /// Whether an API key is all there is.
    pub has_key_only: bool,
    /// The id of the call.
    pub id: String,
}

impl Default for Scenario {
    fn default() -> Self {
        let compartment = "ocid1.compartment.oc1..example";
        Scenario {
            options: json!({"region": "us-chicago-1", "compartmentId": compartment}),
            model: DAC,
            overrides: RouteOverrides::default(),
            request: json!({"messages": [{"role": "user", "content": "?"}]}),
            stream: true,
            limits: Limits::default(),
            signs: true,
            has_key_only: false,
            id: "chatcmpl-test".into(),
        }
    }
}

/// What a call did.
pub struct Outcome {
    pub steps: Vec<String>,
    /// How long it waited, in milliseconds.
    pub waits: Vec<f64>,
    pub sent: Vec<PreparedRequest>,
    pub sink: RecordingSink,
    pub call: Call,
    pub report: Value,
    pub error: Option<Error>,
}

impl Scenario {
    pub fn without_fallback() -> Scenario {
        Scenario::default().with_option("fallback", json!("never"))
    }

    /// A call of a model or of an alias.
    pub fn for_model(model: &'static str) -> Scenario {
        Scenario {
            model,
            ..Scenario::default()
        }
    }

    pub fn with_option(mut self, name: &str, value: Value) -> Scenario {
        self.options[name] = value;
        self
    }

    /// The same, for a caller who asks for the whole answer.
    pub fn whole(self) -> Scenario {
        Scenario {
            stream: false,
            ..self
        }
    }

    pub fn start(&self) -> Call {
        let mut options = Options::from_json(&self.options.to_string()).unwrap();
        options.routing.has_key_only = self.has_key_only;
        let mut request = self.request.clone();
        request["model"] = self.model.into();
        let settings = Settings {
            stream: self.stream,
            fallback: options.fallback,
            retry: options.retry,
            strategy: options.strategy,
            limits: self.limits,
            headers: options.headers.clone(),
            signs: self.signs,
            id: self.id.clone(),
        };
        let metadata = Metadata {
            id: self.id.clone(),
            created: 7,
            model: self.model.into(),
        };
        let candidates = options
            .candidates(Action::Chat, self.model, self.overrides)
            .unwrap();
        let request = ChatRequest::from_json(&request.to_string()).unwrap();
        let chat = Chat::new(request, metadata, self.limits, options.tool_call_text)
            .with_reasoning_text(options.reasoning_text);
        Call::new(Operation::Chat(Box::new(chat)), candidates, settings, START)
    }

    pub fn run(&self, script: &[MockResponse]) -> Outcome {
        let mut responses = script.iter().cloned();
        let outcome = run_call(self.start(), START, &mut responses);
        let steps = &outcome.steps;
        assert_eq!(responses.count(), 0, "one request too few: {steps:?}");
        outcome
    }

    /// Runs a script and compares the transcript.
    #[track_caller]
    pub fn run_expecting(&self, script: &[MockResponse], steps: &str) -> Outcome {
        let outcome = self.run(script);
        assert_eq!(outcome.steps.join(", "), steps, "{script:?}");
        outcome
    }
}

/// Runs a call that was made at this time to its end.
pub fn run_call(
    mut call: Call,
    start: f64,
    responses: &mut dyn Iterator<Item = MockResponse>,
) -> Outcome {
    let (mut now, mut sink) = (start, RecordingSink::default());
    let (mut steps, mut waits, mut sent) = (Vec::<String>::new(), Vec::new(), Vec::new());
    let (mut pieces, mut body_error) = (Vec::new().into_iter(), None);
    let error = loop {
        let next = call.next_step(now);
        now += TICK;
        match next {
            Step::Send(request) => {
                assert!(
                    !steps.contains(&"stream".to_owned()),
                    "nothing is sent after the first chunk: {steps:?}"
                );
                steps.push(describe(&request));
                assert_eq!(request.attempt as usize, call.attempts().len());
                sent.push(request);
                let response = responses
                    .next()
                    .unwrap_or_else(|| panic!("one request too many: {steps:?}"));
                match response.head {
                    Ok(head) => call.on_response(head, now),
                    Err(code) => call.on_error(Error::new(code, "the request failed"), now),
                }
                (pieces, body_error) = (response.pieces.into_iter(), response.error);
            }
            Step::Wait(ms) => {
                steps.push("wait".into());
                waits.push(ms);
                now += ms;
            }
            Step::Read | Step::Stream => {
                assert!(call.needs_body());
                if next == Step::Stream && steps.last().is_none_or(|last| last != "stream") {
                    steps.push("stream".into());
                }
                match (pieces.next(), body_error) {
                    (Some(piece), _) => call.on_body_chunk(&piece, now, &mut sink),
                    (None, None) => call.on_body_end(now, &mut sink),
                    (None, Some(code)) => {
                        call.on_error(Error::new(code, "the body broke"), now);
                    }
                }
            }
            Step::Done => {
                steps.push("done".into());
                break None;
            }
            Step::Fail(error) => {
                steps.push(format!("fail {}", error.code()));
                break Some(error);
            }
        }
        assert!(steps.len() < 400, "the call does not end: {steps:?}");
    };
    assert!(!call.needs_body());

    // Events after the end change nothing.
    let last = call.next_step(now);
    call.on_error(Error::new(Code::Network, "late"), now + 500.0);
    call.on_body_chunk(TEXT.as_bytes(), now + 500.0, &mut sink);
    call.on_body_end(now + 500.0, &mut sink);
    assert_eq!(call.next_step(now + 500.0), last);
    let report = report_of(&call, now + 500.0);
    Outcome {
        steps,
        waits,
        sent,
        sink,
        call,
        report,
        error,
    }
}

impl Outcome {
    pub fn completion(&self) -> Value {
        serde_json::from_slice(&self.call.result()).unwrap()
    }

    /// The text of the completion.
    pub fn text(&self) -> String {
        self.completion()["choices"][0]["message"]["content"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub fn error_code(&self) -> Option<Code> {
        self.error.as_ref().map(Error::code)
    }

    /// The hint of the error, which there must be.
    #[track_caller]
    pub fn hint(&self) -> &str {
        self.error.as_ref().unwrap().hint().unwrap()
    }

    /// The value of a header in each request.
    pub fn sent_headers(&self, name: &str) -> Vec<Option<&str>> {
        let headers = self.sent.iter().map(|sent| sent.headers.iter());
        headers
            .map(|mut headers| headers.find(|(known, _)| known == name))
            .map(|header| header.map(|(_, value)| value.as_str()))
            .collect()
    }

    /// Status and code of each attempt.
    pub fn attempts(&self) -> Vec<(Option<u64>, Option<&str>)> {
        self.report["attempts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|attempt| (attempt["status"].as_u64(), attempt["code"].as_str()))
            .collect()
    }
}

/// A report as JavaScript reads it.
pub fn report_of(call: &Call, now: f64) -> Value {
    serde_json::to_value(call.report(now)).unwrap()
}

/// `GENERIC stream`: the format of a request, and whether it asks for a stream.
fn describe(request: &PreparedRequest) -> String {
    let url = &request.url;
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let is_native = url.ends_with("/20231130/actions/chat");
    assert!(
        is_native || url.ends_with("/openai/v1/chat/completions"),
        "{url}"
    );
    assert_eq!(request.accepts_api_key, !is_native);
    let chat = &body["chatRequest"];
    let (format, stream) = match is_native {
        true => (chat["apiFormat"].as_str().unwrap(), &chat["isStream"]),
        false => ("openai", &body["stream"]),
    };
    let kind = if stream == true { "stream" } else { "whole" };
    format!("{format} {kind}")
}

/// A target in another region than the client's own, with its other options.
pub fn ashburn_target(mut options: Value) -> Value {
    options["model"] = ASHBURN_DAC.into();
    options["region"] = "us-ashburn-1".into();
    options
}
