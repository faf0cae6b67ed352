//! Any sequence of responses, through the state machine of a call: it ends once, within a bounded
//! number of requests and steps, with a readable result and report, however the bodies are cut.

use oci_genai_edge::call::{Call, ResponseHead, Step};
use oci_genai_edge::client::Client;
use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::ChatRequest;
use oci_genai_edge::options::{CallOptions, Options};
use serde_json::{json, Value};

use super::input::{Input, Settings};
use crate::support::{response_head, RecordingSink};

/// No call makes more requests, whatever its options are.
const MAX_REQUESTS: usize = 10;

const DAC: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";

const MODELS: [&str; 5] = [
    DAC,
    "cohere.command-r-plus",
    "cohere.command-a",
    "meta.llama",
    "alias",
];

const STATUSES: [u16; 24] = [
    200, 200, 200, 200, 200, 201, 204, 0, 302, 400, 400, 401, 404, 408, 409, 413, 422, 429, 500,
    502, 503, 504, 599, 700,
];

const CONTENT_TYPES: [&str; 5] = [
    "text/event-stream",
    "application/json",
    "text/event-stream; charset=utf-8",
    "text/html",
    "",
];

const RETRY_AFTER: [Option<&str>; 8] = [
    None,
    None,
    None,
    Some("0"),
    Some("1.5"),
    Some("120"),
    Some("Wed, 21 Oct 2026 07:28:00 GMT"),
    Some("99999999999999999999"),
];

/// The parts between NULs are bodies, the last one settings.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let bodies: Vec<&[u8]> = input.body.split(|byte| *byte == 0).collect();
    let script = Script::new(&bodies, &mut input.settings);
    let whole = script.run(&mut |body| vec![body]);
    let settings = &mut input.settings;
    let cut = script.run(&mut |body| settings.cut(body));
    assert_eq!(whole, cut, "whole and cut");
}

/// A call, and what the network does with its requests.
struct Script<'a> {
    client: Client,
    request: ChatRequest,
    stream: bool,
    responses: Vec<Response<'a>>,
}

pub(super) struct Response<'a> {
    /// `None`: the request fails.
    head: Option<ResponseHead>,
    body: &'a [u8],
    /// The body breaks at its end.
    breaks: bool,
}

/// What a call did.
#[derive(Debug, PartialEq)]
pub(super) struct Transcript {
    pub(super) steps: Vec<Step>,
    sink: RecordingSink,
    pub(super) result: String,
    report: Value,
    pub(super) error: Option<Error>,
}

impl<'a> Script<'a> {
    fn new(bodies: &[&'a [u8]], settings: &mut Settings<'_>) -> Script<'a> {
        let mut options = json!({
            "region": "us-chicago-1",
            "compartmentId": "ocid1.compartment.oc1..example",
            "models": {"alias": [DAC, {"model": "xai.grok", "region": "us-ashburn-1"}]},
            "fallback": settings.pick(&["auto", "never"]),
            "retry": {"maxAttempts": 1 + settings.below(4)},
        });
        if settings.flip() {
            options["limits"] = json!({
                "maxEventBytes": 1 + 4 * settings.below(256),
                "maxResponseBytes": 1 + 8 * settings.below(256),
                "maxErrorBytes": 1 + settings.below(256),
                "maxToolCalls": 1 + settings.below(3),
            });
        }
        if settings.flip() {
            options["apiFormat"] = settings.pick(&["GENERIC", "COHERE", "COHEREV2"]).into();
        }
        let options = Options::from_json(&options.to_string()).unwrap();
        let mut request = json!({
            "model": settings.pick(&MODELS),
            "messages": [{"role": "user", "content": "?"}],
        });
        if settings.flip() {
            request["tools"] = json!([{"type": "function", "function": {"name": "f"}}]);
        }
        Script {
            client: Client::new(options, true),
            request: ChatRequest::from_json(&request.to_string()).unwrap(),
            stream: settings.flip(),
            responses: bodies
                .iter()
                .map(|body| Response::new(body, settings))
                .collect(),
        }
    }

    fn start(&self) -> Call {
        let (request, id) = (self.request.clone(), "chatcmpl-test".to_owned());
        let options = CallOptions::default();
        self.client
            .chat(request, options, self.stream, id, 1000.0)
            .unwrap()
    }

    fn run(&self, cut: &mut dyn FnMut(&'a [u8]) -> Vec<&'a [u8]>) -> Transcript {
        run_call(self.start(), &self.responses, cut)
    }
}

/// Runs a call that was made at 1000 to its end. There is at least one response; from the last on,
/// they come again.
pub(super) fn run_call<'a>(
    mut call: Call,
    responses: &[Response<'a>],
    cut: &mut dyn FnMut(&'a [u8]) -> Vec<&'a [u8]>,
) -> Transcript {
    let (mut now, mut sink) = (1000.0, RecordingSink::default());
    let (mut steps, mut requests) = (Vec::new(), 0);
    let error = loop {
        let step = call.next_step(now);
        steps.push(step.clone());
        match step {
            Step::Send(request) => {
                assert!(request.url.starts_with("https://"));
                assert!(sink.calls.is_empty(), "a request after the first chunk");
                let response = &responses[requests % responses.len()];
                requests += 1;
                assert!(requests <= MAX_REQUESTS, "the call does not end: {steps:?}");
                now += 5.0;
                response.deliver(&mut call, cut, now, &mut sink);
            }
            Step::Wait(ms) => {
                assert!(ms.is_finite() && (0.0..=120_000.0).contains(&ms), "{ms}");
                now += ms;
            }
            Step::Done => break None,
            Step::Fail(error) => break Some(error),
            Step::Read | Step::Stream => panic!("the body has ended: {steps:?}"),
        }
    };
    let transcript = Transcript {
        steps,
        sink,
        result: text_of(&call),
        report: serde_json::to_value(call.report(now)).unwrap(),
        error,
    };
    assert_over(call, &transcript, now);
    transcript
}

impl<'a> Response<'a> {
    pub(super) fn new(body: &'a [u8], settings: &mut Settings<'_>) -> Response<'a> {
        let mut head = response_head(settings.pick(&STATUSES), settings.pick(&CONTENT_TYPES));
        head.retry_after = settings.pick(&RETRY_AFTER).map(str::to_owned);
        head.opc_request_id = Some("request-id".into());
        Response {
            head: (settings.below(16) > 0).then_some(head),
            body,
            breaks: settings.below(4) == 0,
        }
    }

    /// The whole response, as a shell reports it.
    fn deliver(
        &self,
        call: &mut Call,
        cut: &mut dyn FnMut(&'a [u8]) -> Vec<&'a [u8]>,
        now: f64,
        sink: &mut RecordingSink,
    ) {
        let Some(head) = &self.head else {
            return call.on_error(Error::new(Code::Network, "the request failed"), now);
        };
        call.on_response(head.clone(), now);
        for piece in cut(self.body) {
            if !call.needs_body() {
                return;
            }
            call.on_body_chunk(piece, now, sink);
        }
        if call.needs_body() && self.breaks {
            call.on_error(Error::new(Code::Network, "the body broke"), now);
        } else if call.needs_body() {
            call.on_body_end(now, sink);
        }
        assert!(!call.needs_body(), "the body has ended");
    }
}

/// After its end, nothing changes a call.
fn assert_over(mut call: Call, transcript: &Transcript, now: f64) {
    assert!(!call.needs_body());
    let last = call.next_step(now);
    let mut sink = RecordingSink::default();
    call.on_error(Error::new(Code::Network, "late"), now + 1.0);
    call.on_response(ResponseHead::default(), now + 1.0);
    call.on_body_chunk(b"data: [DONE]\n\n", now + 1.0, &mut sink);
    call.on_body_end(now + 1.0, &mut sink);
    call.on_cancel(now + 1.0);
    assert_eq!(call.next_step(now + 1.0), last);
    assert!(sink.calls.is_empty());
    assert_eq!(text_of(&call), transcript.result);
    assert_eq!(
        serde_json::to_value(call.report(now + 1.0)).unwrap(),
        transcript.report
    );
}

/// A result is JSON, or empty where an operation has none. What the service wrote, and is passed
/// on, may have half a surrogate pair, or a number like 1e400: JSON for JavaScript and not for
/// serde_json.
fn text_of(call: &Call) -> String {
    let text = String::from_utf8(call.result()).unwrap();
    let parsed = serde_json::from_str::<Value>(&text);
    let is_absent = text.is_empty() && !call.has_result();
    let is_large = |error: &serde_json::Error| error.to_string().starts_with("number out of range");
    let is_javascript = text.contains("\\u") || parsed.as_ref().is_err_and(is_large);
    assert!(
        parsed.is_ok() || is_absent || is_javascript,
        "{parsed:?}: {text}"
    );
    text
}
