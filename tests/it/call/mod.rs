//! The life of a call, natively: what it asks for after each event, and what it reports. A script of answers stands for the
//! network; a transcript stands for what the call did.

use crate::support::Told;
use oci_genai_edge::call::{Call, PreparedRequest, ResponseHead, Settings, Step};
use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::{ChatRequest, Metadata};
use oci_genai_edge::operation::{Chat, Operation};
use oci_genai_edge::options::{Limits, Options, Retry};
use oci_genai_edge::routing::{ApiFormat, RouteOverrides, Transport};
use serde_json::{json, Value};

const DAC: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
const OTHER_DAC: &str = "ocid1.generativeaiendpoint.oc1.us-ashburn-1.example";
/// How long each step takes, in milliseconds.
const TICK: f64 = 10.0;

// ---------------------------------------------------------------- the script

/// What the network does with one request.
#[derive(Clone, Debug)]
struct Answer {
    /// None: there is no answer, for this reason.
    head: Result<ResponseHead, Code>,
    pieces: Vec<Vec<u8>>,
    /// After the pieces: the body ends, or something fails.
    end: Option<Code>,
}

impl Answer {
    fn new(status: u16, content_type: &str, pieces: &[&str]) -> Answer {
        let head = ResponseHead {
            status,
            content_type: content_type.into(),
            ..ResponseHead::default()
        };
        Answer {
            head: Ok(head),
            pieces: pieces
                .iter()
                .map(|piece| piece.as_bytes().to_vec())
                .collect(),
            end: None,
        }
    }

    fn breaks(mut self, code: Code) -> Answer {
        self.end = Some(code);
        self
    }

    fn asks_to_wait(mut self, value: &str) -> Answer {
        self.head.as_mut().unwrap().retry_after = Some(value.into());
        self
    }

    fn called(mut self, id: &str) -> Answer {
        self.head.as_mut().unwrap().opc_request_id = Some(id.into());
        self
    }
}

fn events(pieces: &[&str]) -> Answer {
    Answer::new(200, "text/event-stream", pieces)
}

fn body(json: &str) -> Answer {
    Answer::new(200, "application/json", &[json])
}

fn status(status: u16) -> Answer {
    let body = json!({"code": status.to_string(), "message": format!("a {status}")}).to_string();
    Answer::new(status, "application/json", &[&body])
}

fn refusal(message: &str) -> Answer {
    Answer::new(
        400,
        "application/json",
        &[&json!({"code": "400", "message": message}).to_string()],
    )
}

fn unsent(code: Code) -> Answer {
    Answer {
        head: Err(code),
        pieces: Vec::new(),
        end: None,
    }
}

const EMPTY: &str =
    "data: {\"index\":0,\"message\":{\"content\":[{\"type\":\"TEXT\",\"text\":\"\"}]}}\n\n";
const TEXT: &str =
    "data: {\"index\":0,\"message\":{\"content\":[{\"type\":\"TEXT\",\"text\":\"Hi\"}]}}\n\n";
const FINISH: &str = "data: {\"finishReason\":\"stop\"}\n\n";
const USAGE: &str =
    "data: {\"usage\":{\"promptTokens\":3,\"completionTokens\":1,\"totalTokens\":4}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const BAD: &str = "data: {\"code\":\"500\",\"message\":\"oh\"}\n\n";
const COHERE: &str = "data: {\"apiFormat\":\"COHERE\",\"text\":\"Hi\"}\n\ndata: {\"apiFormat\":\"COHERE\",\"text\":\"Hi\",\"chatHistory\":[],\"finishReason\":\"COMPLETE\"}\n\n";
const OPENAI: &str = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
const WHOLE: &str = "{\"modelId\":\"m\",\"modelVersion\":\"1\",\"chatResponse\":{\"apiFormat\":\"GENERIC\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"ASSISTANT\",\"content\":[{\"type\":\"TEXT\",\"text\":\"Hi\"}]},\"finishReason\":\"stop\"}],\"usage\":{\"promptTokens\":3,\"completionTokens\":1,\"totalTokens\":4}}}";
const WRONG_FORMAT: &str = "Chat request type does not match serving model";
const NOT_ON_OPENAI: &str = "Unsupported OpenAI operation";

fn streamed() -> Answer {
    events(&[TEXT, FINISH, DONE])
}

// ---------------------------------------------------------------- the run

/// A call that is to be made.
struct Made {
    options: Value,
    model: &'static str,
    told: RouteOverrides,
    request: Value,
    stream: bool,
    limits: Limits,
    signs: bool,
}

impl Default for Made {
    fn default() -> Self {
        Made {
            options: json!({"region": "us-chicago-1", "compartmentId": "ocid1.compartment.oc1..example"}),
            model: DAC,
            told: RouteOverrides::default(),
            request: json!({"messages": [{"role": "user", "content": "?"}]}),
            stream: true,
            limits: Limits::default(),
            signs: true,
        }
    }
}

/// How a call went.
struct Ran {
    steps: Vec<String>,
    sent: Vec<PreparedRequest>,
    told: Told,
    call: Call,
    report: Value,
    error: Option<Error>,
}

impl Made {
    fn with(mut self, name: &str, value: Value) -> Made {
        self.options[name] = value;
        self
    }

    fn whole(self) -> Made {
        Made {
            stream: false,
            ..self
        }
    }

    fn start(&self) -> Call {
        let options = Options::from_json(&self.options.to_string()).unwrap();
        let mut request = self.request.clone();
        request["model"] = self.model.into();
        let settings = Settings {
            stream: self.stream,
            fallback: options.fallback,
            retry: options.retry,
            limits: self.limits,
            headers: options.headers.clone(),
            signs: self.signs,
        };
        let metadata = Metadata {
            id: "chatcmpl-test".into(),
            created: 7,
            model: self.model.into(),
        };
        let candidates = options.candidates(self.model, self.told).unwrap();
        let request = ChatRequest::from_json(&request.to_string()).unwrap();
        let chat = Chat::new(request, metadata, self.limits, options.tool_call_text);
        Call::new(
            Operation::Chat(Box::new(chat)),
            candidates,
            settings,
            1000.0,
        )
    }

    fn run(&self, script: &[Answer]) -> Ran {
        let mut call = self.start();
        let (mut now, mut told, mut answers) = (1000.0, Told::default(), script.iter());
        let (mut steps, mut sent, mut pieces, mut end) =
            (Vec::new(), Vec::new(), Vec::new().into_iter(), None);
        let say = |step: String, steps: &mut Vec<String>| {
            if step != "stream" || steps.last() != Some(&step) {
                steps.push(step);
            }
        };
        let error = loop {
            let next = call.next_step(now);
            now += TICK;
            match next {
                Step::Send(outgoing) => {
                    assert!(
                        !steps.contains(&"stream".to_owned()),
                        "nothing is sent after the first chunk: {steps:?}"
                    );
                    say(described(&outgoing), &mut steps);
                    assert_eq!(outgoing.attempt as usize, call.attempts().len());
                    sent.push(outgoing);
                    let answer = answers
                        .next()
                        .unwrap_or_else(|| panic!("one request too many: {steps:?}"))
                        .clone();
                    match answer.head {
                        Ok(head) => call.on_response(head, now),
                        Err(code) => call.on_error(Error::new(code, "it could not be sent"), now),
                    }
                    (pieces, end) = (answer.pieces.into_iter(), answer.end);
                }
                Step::Wait(ms) => {
                    say(format!("wait {ms}"), &mut steps);
                    now += ms;
                }
                Step::Read | Step::Stream => {
                    assert!(call.needs_body());
                    if next == Step::Stream {
                        say("stream".into(), &mut steps);
                    }
                    match (pieces.next(), end) {
                        (Some(piece), _) => call.on_body_chunk(&piece, now, &mut told),
                        (None, None) => call.on_body_end(now, &mut told),
                        (None, Some(code)) => call.on_error(Error::new(code, "it broke"), now),
                    }
                }
                Step::Done => {
                    say("done".into(), &mut steps);
                    break None;
                }
                Step::Fail(error) => {
                    say(format!("fail {}", error.code()), &mut steps);
                    break Some(error);
                }
            }
            assert!(steps.len() < 400, "it goes on for ever: {steps:?}");
        };
        assert!(!call.needs_body());
        assert_eq!(answers.count(), 0, "a request too few: {steps:?}");
        // An end is an end, whatever is said afterwards.
        let last = call.next_step(now);
        call.on_error(Error::new(Code::Network, "late"), now + 500.0);
        call.on_body_chunk(TEXT.as_bytes(), now + 500.0, &mut told);
        call.on_body_end(now + 500.0, &mut told);
        assert_eq!(call.next_step(now + 500.0), last);
        let report = report_of(&call, now + 500.0);
        Ran {
            steps,
            sent,
            told,
            call,
            report,
            error,
        }
    }

    /// Runs a script and compares the transcript.
    #[track_caller]
    fn goes(&self, script: &[Answer], steps: &str) -> Ran {
        let ran = self.run(script);
        assert_eq!(ran.steps.join(", "), steps, "{script:?}");
        ran
    }
}

/// A report as JavaScript reads it.
fn report_of(call: &Call, now: f64) -> Value {
    let mut report = serde_json::to_value(call.report(now)).unwrap();
    if let Some(usage) = report.get_mut("usage") {
        *usage = serde_json::from_str(usage.as_str().unwrap()).unwrap();
    }
    report
}

/// `GENERIC stream`: the format of a request, and whether it asks for a stream.
fn described(outgoing: &PreparedRequest) -> String {
    let body: Value = serde_json::from_slice(&outgoing.body).unwrap();
    let native = outgoing.url.ends_with("/20231130/actions/chat");
    assert!(
        native || outgoing.url.ends_with("/openai/v1/chat/completions"),
        "{}",
        outgoing.url
    );
    assert_eq!(outgoing.accepts_api_key, !native);
    let (format, stream) = if native {
        (
            body["chatRequest"]["apiFormat"].as_str().unwrap(),
            &body["chatRequest"]["isStream"],
        )
    } else {
        ("openai", &body["stream"])
    };
    format!(
        "{format} {}",
        if stream == true { "stream" } else { "whole" }
    )
}

fn completion(ran: &Ran) -> Value {
    serde_json::from_slice(&ran.call.result()).unwrap()
}

fn text(ran: &Ran) -> String {
    completion(ran)["choices"][0]["message"]["content"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// How each attempt ended: its status and code.
fn ends(report: &Value) -> Vec<(Option<u64>, Option<&str>)> {
    report["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["status"].as_u64(), one["code"].as_str()))
        .collect()
}

/// A target in another region than the client's own.
fn elsewhere(mut more: Value) -> Value {
    more["model"] = OTHER_DAC.into();
    more["region"] = "us-ashburn-1".into();
    more
}

fn never() -> Made {
    Made::default().with("fallback", json!("never"))
}

// ---------------------------------------------------------------- streams

#[test]
fn a_stream_is_told_from_its_first_chunk() {
    let made = Made::default();
    for script in [
        events(&[TEXT, FINISH, DONE]),
        events(&[TEXT, FINISH]),
        events(&["", "\n", ": ping\n\n", EMPTY, TEXT, USAGE, FINISH, DONE]),
        events(&[
            "data: {\"index\":0,\"message\":{\"content\":[{\"text\":\"H",
            "i\"}]}}\n",
            "\n",
            FINISH,
        ]),
        events(&["\u{FEFF}", TEXT, FINISH]),
        Answer::new(200, "", &[TEXT, FINISH]),
        Answer::new(201, "text/plain", &[TEXT, FINISH]),
    ] {
        let ran = made.goes(&[script], "GENERIC stream, stream, done");
        assert_eq!(
            (text(&ran).as_str(), &ran.report["streamed"]),
            ("Hi", &json!(true))
        );
        assert_eq!(ran.report.get("fallback"), None);
        assert_eq!(ran.told.texts(), ["Hi"]);
    }
    // All of it in one piece: there is nothing left to stream.
    let ran = made.goes(
        &[events(&[&[TEXT, FINISH, DONE].concat()])],
        "GENERIC stream, done",
    );
    assert_eq!(ran.report["streamed"], true);
    // What follows the end is not read.
    made.goes(
        &[events(&[TEXT, FINISH, DONE, BAD])],
        "GENERIC stream, stream, done",
    );
}

#[test]
fn events_are_known_under_the_label_of_json() {
    // Deployments say `text/event-stream` of JSON and the other way round; no JSON begins like a line of events.
    for start in [
        "",
        ": ok\n\n",
        "event: message\n",
        "id: 1\n",
        "retry: 5\n\n",
        "\u{FEFF}",
    ] {
        let answer = Answer::new(200, "application/json", &[start, TEXT, FINISH, DONE]);
        let ran = Made::default().goes(&[answer], "GENERIC stream, stream, done");
        assert_eq!(
            (text(&ran).as_str(), &ran.report["streamed"]),
            ("Hi", &json!(true))
        );
    }
}

#[test]
fn nothing_is_repeated_after_the_first_chunk() {
    for (script, code) in [
        (events(&[TEXT]), Code::StreamTruncated),
        (events(&[TEXT]).breaks(Code::Network), Code::Network),
        (events(&[TEXT]).breaks(Code::Timeout), Code::Timeout),
        (events(&[TEXT, BAD]), Code::StreamError),
        (events(&[TEXT, "data: what\n\n"]), Code::StreamError),
        (
            events(&[TEXT, "data: {\"index\":0,\"mes"]),
            Code::StreamTruncated,
        ),
        // The first chunk and the failure in one piece.
        (events(&[&[TEXT, BAD].concat()]), Code::StreamError),
    ] {
        let models = json!({"two": [DAC, elsewhere(json!({}))]});
        for made in [
            Made::default(),
            never(),
            Made {
                model: "two",
                ..Made::default().with("models", models)
            },
        ] {
            let ran = made.run(std::slice::from_ref(&script));
            assert_eq!(
                ran.error.as_ref().map(Error::code),
                Some(code),
                "{script:?}: {:?}",
                ran.steps
            );
            assert_eq!(ran.sent.len(), 1, "{script:?}");
            // What was received stays.
            assert!(ran.call.has_result());
            assert_eq!(
                (text(&ran).as_str(), ran.told.texts()),
                ("Hi", vec!["Hi".to_owned()])
            );
            assert_eq!(ran.report["error"], code.as_str());
            assert_eq!(ends(&ran.report), [(Some(200), Some(code.as_str()))]);
        }
    }
}

#[test]
fn a_stream_that_can_not_be_opened_is_asked_for_unstreamed() {
    for failure in [
        status(400),
        status(409),
        Answer::new(413, "text/html", &["<html>too large</html>"]),
        status(422),
        status(500),
        status(502),
        status(503),
        status(504),
        unsent(Code::Network),
        events(&[]).breaks(Code::Network),
        events(&[EMPTY]).breaks(Code::Network),
        events(&[]),
        events(&["\n\n"]),
        events(&[": ping\n\n"]),
        events(&[EMPTY]),
        events(&[BAD]),
        events(&["data: nonsense\n\n"]),
        events(&["event: error\ndata: {}\n\n"]),
        body("{}"),
        body("{\"chatResponse\":"),
        body("{\"code\":\"x\",\"message\":\"y\"}"),
        Answer::new(200, "text/html", &["<html></html>"]),
        Answer {
            pieces: vec![vec![0x28, 0xB5, 0x2F, 0xFD, 0, 1, 2]],
            ..events(&[])
        },
        Answer {
            pieces: vec![vec![0x1F, 0x8B, 8, 0]],
            ..events(&[])
        },
        // However it is cut.
        Answer {
            pieces: vec![vec![0x28], vec![0xB5], vec![0x2F, 0xFD, 0, 1, 2]],
            ..events(&[])
        },
    ] {
        let script = [failure.clone(), body(WHOLE)];
        let ran = Made::default().goes(&script, "GENERIC stream, GENERIC whole, done");
        let why = ran.report["fallback"]
            .as_str()
            .unwrap_or_else(|| panic!("no word of the fallback after {failure:?}"));
        let code = ran.report["attempts"][0]["code"].as_str().unwrap();
        assert!(why.starts_with(code) && why.len() > code.len(), "{why}");
        assert_eq!(
            (text(&ran).as_str(), &ran.report["streamed"]),
            ("Hi", &json!(false))
        );
        let chunks = ran.told.chunks();
        assert_eq!(chunks.len(), 2, "{failure:?}");
        assert_eq!(
            chunks[0]["choices"][0]["delta"],
            json!({"role": "assistant", "content": "Hi"})
        );
        assert_eq!(
            (
                &chunks[0]["oci"]["fallback"],
                &chunks[1]["choices"][0]["finish_reason"]
            ),
            (&json!(why), &json!("stop"))
        );
        // The caller may have refused it.
        let ran = never()
            .with("retry", json!({"maxAttempts": 1}))
            .run(&[failure]);
        assert_eq!((ran.sent.len(), ran.told), (1, Told::default()));
    }
}

#[test]
fn compression_is_known_however_it_is_cut() {
    let zstd = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x01, 0x0A, 0x0A];
    for stream in [true, false] {
        for at in 0..=zstd.len() {
            let pieces = vec![zstd[..at].to_vec(), zstd[at..].to_vec()];
            let made = Made { stream, ..never() };
            let ran = made.run(&[Answer {
                pieces,
                ..events(&[])
            }]);
            assert_eq!(
                ran.error.unwrap().code(),
                Code::UnsupportedEncoding,
                "cut at {at}, stream: {stream}"
            );
        }
    }
}

#[test]
fn what_would_happen_again_is_not_asked_for_unstreamed() {
    for (failure, steps) in [
        (status(401), "GENERIC stream, fail unauthorized"),
        (
            status(404),
            "GENERIC stream, fail not_found_or_unauthorized",
        ),
        (Answer::new(301, "", &[]), "GENERIC stream, fail redirected"),
        (
            Answer::new(307, "text/html", &[]),
            "GENERIC stream, fail redirected",
        ),
        (Answer::new(0, "", &[]), "GENERIC stream, fail redirected"),
        (unsent(Code::Timeout), "GENERIC stream, fail timeout"),
        (
            events(&[]).breaks(Code::Timeout),
            "GENERIC stream, fail timeout",
        ),
        (
            unsent(Code::SignerFailed),
            "GENERIC stream, fail signer_failed",
        ),
        (
            unsent(Code::InvalidSignature),
            "GENERIC stream, fail invalid_signature",
        ),
    ] {
        let ran = Made::default().goes(&[failure], steps);
        assert!(ran.report.get("fallback").is_none() && ran.told == Told::default());
        assert!(!ran.call.has_result());
    }
    let slow = vec![status(429); 3];
    Made::default().goes(
        &slow,
        "GENERIC stream, wait 500, GENERIC stream, wait 1000, GENERIC stream, fail rate_limited",
    );
    Made::default().goes(
        &[status(429), streamed()],
        "GENERIC stream, wait 500, GENERIC stream, stream, done",
    );
}

#[test]
fn a_fallback_happens_once() {
    let made = Made::default();
    made.goes(
        &[status(400), status(400)],
        "GENERIC stream, GENERIC whole, fail bad_request",
    );
    let steps = "GENERIC stream, GENERIC whole, wait 500, GENERIC whole, wait 1000, GENERIC whole, fail service_unavailable";
    made.goes(&vec![status(503); 4], steps);
    let script = [status(500), status(503), body(WHOLE)];
    let ran = made.goes(
        &script,
        "GENERIC stream, GENERIC whole, wait 500, GENERIC whole, done",
    );
    assert!(ran.report["fallback"]
        .as_str()
        .unwrap()
        .starts_with("service_error"));
    // An endpoint that streams though it was not asked to has not fallen back.
    let ran = made.goes(
        &[status(500), streamed()],
        "GENERIC stream, GENERIC whole, stream, done",
    );
    assert_eq!(
        (ran.report.get("fallback"), &ran.report["streamed"]),
        (None, &json!(true))
    );
    never().goes(&[status(400)], "GENERIC stream, fail bad_request");
    never().goes(
        &[status(500), streamed()],
        "GENERIC stream, wait 500, GENERIC stream, stream, done",
    );
    never().goes(&[events(&[])], "GENERIC stream, fail stream_truncated");
    // Nobody who wants the whole answer is given another.
    Made::default()
        .whole()
        .goes(&[status(400)], "GENERIC whole, fail bad_request");
    let ran = Made::default().whole().goes(
        &[status(503), body(WHOLE)],
        "GENERIC whole, wait 500, GENERIC whole, done",
    );
    assert_eq!(
        (ran.report.get("fallback"), &ran.report["streamed"]),
        (None, &json!(false))
    );
}

#[test]
fn json_instead_of_events() {
    let tools = json!({"modelId": "m", "chatResponse": {"apiFormat": "GENERIC", "serviceTier": "DEFAULT", "choices": [{"index": 0,
        "message": {"role": "ASSISTANT", "reasoningContent": "hm", "content": [{"type": "TEXT", "text": "So"}], "toolCalls": [
            {"type": "FUNCTION", "id": "a", "name": "f", "arguments": "{\"x\":1}"}, {"type": "FUNCTION", "id": "b", "name": "g"}]},
        "finishReason": "STOP"}], "usage": {"promptTokens": 1, "completionTokens": 2, "totalTokens": 3}}})
    .to_string();
    // The label may say what it likes.
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "text/event-stream",
        "",
    ] {
        let mut pieces: Vec<&str> = vec!["", " \n"];
        let (first, second) = tools.split_at(40);
        pieces.extend([first, second]);
        let answer = Answer::new(200, content_type, &pieces).called("r/1");
        let request = json!({"messages": [{"role": "user", "content": "?"}], "stream_options": {"include_usage": true}});
        let ran = Made { request, ..never() }.goes(&[answer], "GENERIC stream, done");
        let chunks = ran.told.chunks();
        assert_eq!(chunks.len(), 3);
        let delta = json!({"role": "assistant", "content": "So", "reasoning_content": "hm", "tool_calls": [
            {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
            {"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}]});
        assert_eq!(
            chunks[0]["choices"],
            json!([{"index": 0, "delta": delta, "finish_reason": null}])
        );
        assert_eq!(chunks[0]["oci"]["opc_request_id"], "r/1");
        assert_eq!(chunks[0]["oci"]["fallback"], ran.report["fallback"]);
        assert_eq!(
            chunks[1]["choices"],
            json!([{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])
        );
        assert_eq!(chunks[1]["oci"], json!({"finish_reason": "STOP"}));
        assert_eq!(chunks[2]["choices"], json!([]));
        assert_eq!(
            chunks[2]["usage"],
            json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
        );
        assert_eq!(
            (&ran.report["streamed"], &ran.report["finishReason"]),
            (&json!(false), &json!("tool_calls"))
        );
        assert_eq!(completion(&ran)["service_tier"], "default");
    }
}

#[test]
fn a_whole_answer() {
    let made = Made::default().whole();
    for answer in [
        body(WHOLE),
        Answer::new(200, "text/event-stream", &["\n", &WHOLE[..9], &WHOLE[9..]]),
        events(&[TEXT, FINISH, USAGE]),
    ] {
        let ran = made.goes(&[answer.called("r/2")], "GENERIC whole, done");
        let whole = completion(&ran);
        assert_eq!(ran.told, Told::default());
        assert_eq!(
            (&whole["object"], &whole["id"], &whole["created"]),
            (
                &json!("chat.completion"),
                &json!("chatcmpl-test"),
                &json!(7)
            )
        );
        let message = json!({"role": "assistant", "content": "Hi", "refusal": null});
        assert_eq!(
            whole["choices"],
            json!([{"index": 0, "message": message, "logprobs": null, "finish_reason": "stop"}])
        );
        assert_eq!(
            whole["usage"],
            json!({"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4})
        );
        assert_eq!(whole["oci"], json!({"opc_request_id": "r/2"}));
    }
    for (answer, code) in [
        (body("{}"), Code::InvalidResponse),
        (body("[]"), Code::InvalidResponse),
        (body("null"), Code::InvalidResponse),
        (body("not json"), Code::InvalidResponse),
        (
            body("{\"chatResponse\":{\"apiFormat\":\"GENERIC\",\"choices\":[]}}"),
            Code::InvalidResponse,
        ),
        (events(&[TEXT]), Code::StreamTruncated),
    ] {
        let ran = made.run(std::slice::from_ref(&answer));
        assert_eq!(
            ran.error.map(|error| error.code()),
            Some(code),
            "{answer:?}"
        );
        assert_eq!(ran.sent.len(), 1);
    }
}

#[test]
fn what_is_no_answer_is_no_broken_stream_either() {
    // Nobody asked for a stream, and none came.
    let page = Answer::new(200, "text/html", &["<html>hello</html>"]);
    for answer in [body(""), body("  \n"), page] {
        Made::default().whole().goes(
            std::slice::from_ref(&answer),
            "GENERIC whole, fail invalid_response",
        );
    }
}

// ---------------------------------------------------------------- corrections

#[test]
fn a_guessed_format_is_corrected() {
    let wrong = || refusal(WRONG_FORMAT);
    for stream in [true, false] {
        let made = || Made {
            stream,
            ..Made::default().with("fallback", json!("never"))
        };
        let (kind, end) = if stream {
            ("stream", "stream, done")
        } else {
            ("whole", "done")
        };
        let v2 = "data: {\"apiFormat\":\"COHEREV2\",\"message\":{\"content\":[{\"type\":\"TEXT\",\"text\":\"Hi\"}]},\"finishReason\":\"COMPLETE\"}\n\n";
        let ran = made().goes(
            &[wrong(), events(&[v2])],
            &format!("GENERIC {kind}, COHEREV2 {kind}, {end}"),
        );
        assert_eq!(
            ran.call.renegotiated(),
            Some((DAC, Transport::Native, Some(ApiFormat::CohereV2)))
        );
        let ran = made().goes(
            &[wrong(), wrong(), events(&[COHERE])],
            &format!("GENERIC {kind}, COHEREV2 {kind}, COHERE {kind}, {end}"),
        );
        assert_eq!(
            (text(&ran).as_str(), ran.call.renegotiated().unwrap().2),
            ("Hi", Some(ApiFormat::Cohere))
        );
        assert_eq!(
            ends(&ran.report),
            [
                (Some(400), Some("wrong_api_format")),
                (Some(400), Some("wrong_api_format")),
                (Some(200), None)
            ]
        );
        let steps =
            format!("GENERIC {kind}, COHEREV2 {kind}, COHERE {kind}, fail wrong_api_format");
        let ran = made().goes(&[wrong(), wrong(), wrong()], &steps);
        assert!(
            ran.error.unwrap().hint().unwrap().contains("apiFormat")
                && ran.call.renegotiated().is_none()
        );
        // What was told is not corrected: by the call, or by the client.
        for format in [ApiFormat::Generic, ApiFormat::Cohere, ApiFormat::CohereV2] {
            let steps = format!("{} {kind}, fail wrong_api_format", format.name());
            let told = RouteOverrides {
                api_format: Some(format),
                transport: None,
            };
            Made { told, ..made() }.goes(&[wrong()], &steps);
            made()
                .with("apiFormat", json!(format.name()))
                .goes(&[wrong()], &steps);
        }
    }
    // A correction uses up neither the fallback nor an attempt.
    let script = [wrong(), status(500), status(503), status(503), status(503)];
    let steps = "GENERIC stream, COHEREV2 stream, COHEREV2 whole, wait 500, COHEREV2 whole, wait 1000, COHEREV2 whole, fail service_unavailable";
    Made::default().goes(&script, steps);
    // A right guess was not learnt.
    assert!(Made::default()
        .goes(&[streamed()], "GENERIC stream, stream, done")
        .call
        .renegotiated()
        .is_none());
}

#[test]
fn a_guessed_transport_is_corrected() {
    let no = || refusal(NOT_ON_OPENAI);
    let on = |model| Made {
        model,
        ..Made::default()
    };
    let ran = on("cohere.command-a-03-2025").goes(
        &[no(), events(&[COHERE])],
        "openai stream, COHERE stream, stream, done",
    );
    assert_eq!(
        ran.call.renegotiated(),
        Some((
            "cohere.command-a-03-2025",
            Transport::Native,
            Some(ApiFormat::Cohere)
        ))
    );
    let sent: Value = serde_json::from_slice(&ran.sent[1].body).unwrap();
    assert_eq!(
        sent["servingMode"],
        json!({"servingType": "ON_DEMAND", "modelId": "cohere.command-a-03-2025"})
    );
    assert_eq!(sent["compartmentId"], "ocid1.compartment.oc1..example");
    assert_eq!(
        ran.sent[0].url.replace("/openai/v1/chat/completions", ""),
        ran.sent[1].url.replace("/20231130/actions/chat", "")
    );
    on("cohere.command-a-vision-07-2025").whole().goes(
        &[no(), status(404)],
        "openai whole, COHEREV2 whole, fail not_found_or_unauthorized",
    );
    on("meta.llama").goes(
        &[no(), streamed()],
        "openai stream, GENERIC stream, stream, done",
    );
    // Another 400 moves nothing.
    on("meta.llama")
        .whole()
        .goes(&[refusal("no")], "openai whole, fail bad_request");
    let ran = on("meta.llama").goes(&[events(&[OPENAI])], "openai stream, done");
    assert_eq!((text(&ran).as_str(), ran.call.renegotiated()), ("Hi", None));
}

#[test]
fn a_told_transport_is_not_corrected_to_another_model() {
    // A DAC on the openai transport, because the caller said so. Whether or not the call then moves: an endpoint is never sent as
    // a model's id.
    let made = Made {
        told: RouteOverrides {
            api_format: None,
            transport: Some(Transport::OpenAi),
        },
        ..Made::default().whole()
    };
    let mut call = made.start();
    let mut told = Told::default();
    for _ in 0..3 {
        let Step::Send(outgoing) = call.next_step(0.0) else {
            break;
        };
        let sent: Value = serde_json::from_slice(&outgoing.body).unwrap();
        assert_ne!(sent["servingMode"]["servingType"], "ON_DEMAND", "{sent}");
        call.on_response(
            ResponseHead {
                status: 400,
                content_type: "application/json".into(),
                ..ResponseHead::default()
            },
            0.0,
        );
        call.on_body_chunk(
            json!({"code": "400", "message": NOT_ON_OPENAI})
                .to_string()
                .as_bytes(),
            0.0,
            &mut told,
        );
        call.on_body_end(0.0, &mut told);
    }
    assert!(matches!(call.next_step(0.0), Step::Fail(_)));
}

#[test]
fn a_told_transport_stays() {
    // `transport` is the caller's word, not a guess: what the service says of it is the caller's to hear.
    let told = RouteOverrides {
        api_format: None,
        transport: Some(Transport::OpenAi),
    };
    let made = Made {
        model: "cohere.command-a-03-2025",
        told,
        ..Made::default().whole()
    };
    made.goes(&[refusal(NOT_ON_OPENAI)], "openai whole, fail bad_request");
}

// ---------------------------------------------------------------- retries

#[test]
fn what_may_pass_is_tried_again() {
    let made = never();
    for failure in [
        status(409),
        status(429),
        status(500),
        status(502),
        status(503),
        status(504),
        unsent(Code::Network),
        events(&[EMPTY]).breaks(Code::Network),
    ] {
        let ran = made.goes(
            &[failure.clone(), failure, streamed()],
            "GENERIC stream, wait 500, GENERIC stream, wait 1000, GENERIC stream, stream, done",
        );
        assert_eq!(
            ran.sent.iter().map(|sent| sent.attempt).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert!(ran
            .sent
            .windows(2)
            .all(|two| two[0].body == two[1].body && two[0].headers == two[1].headers));
    }
    for failure in [
        status(400),
        status(401),
        status(404),
        status(413),
        events(&[BAD]),
        events(&[]),
        body("{}"),
    ] {
        assert_eq!(made.run(&[failure]).sent.len(), 1);
    }
}

#[test]
fn waits_double_up_to_the_longest() {
    let retry = |max_attempts: u32, base: u32, longest: u32| {
        Made::default().whole().with(
            "retry",
            json!({"maxAttempts": max_attempts, "baseDelayMs": base, "maxDelayMs": longest}),
        )
    };
    let waits = |made: Made, script: &[Answer]| -> Vec<f64> {
        let steps = made.run(script).steps;
        steps
            .iter()
            .filter_map(|step| step.strip_prefix("wait ")?.parse().ok())
            .collect()
    };
    assert_eq!(
        waits(retry(6, 100, 1000), &vec![status(503); 6]),
        [100.0, 200.0, 400.0, 800.0, 1000.0]
    );
    assert_eq!(waits(retry(3, 0, 1000), &vec![status(503); 3]), [0.0, 0.0]);
    assert_eq!(waits(retry(2, 5000, 300), &vec![status(503); 2]), [300.0]);
    assert_eq!(waits(retry(1, 100, 1000), &[status(503)]), [0.0; 0]);
    assert_eq!(
        waits(retry(100, 1, 8000), &vec![status(503); 100]).last(),
        Some(&8000.0),
        "no overflow"
    );
    assert_eq!(
        Retry::default(),
        Retry {
            max_attempts: 3,
            base_delay_ms: 500.0,
            max_delay_ms: 8000.0
        }
    );
}

#[test]
fn the_service_may_ask_for_a_longer_wait() {
    let made = Made::default().whole();
    let after = |value: &str, steps: &str| {
        let script = [status(429).asks_to_wait(value), body(WHOLE)];
        made.goes(&script, steps);
    };
    after("2", "GENERIC whole, wait 2000, GENERIC whole, done");
    after(" 3 ", "GENERIC whole, wait 3000, GENERIC whole, done");
    after("8", "GENERIC whole, wait 8000, GENERIC whole, done");
    // Shorter than our own, or nothing that can be read: our own.
    for value in [
        "0",
        "0.1",
        "-7",
        "soon",
        "",
        "NaN",
        "inf",
        "Wed, 21 Oct 2026 07:28:00 GMT",
    ] {
        after(value, "GENERIC whole, wait 500, GENERIC whole, done");
    }
    // Longer than the caller would wait: it is not waited for.
    for value in ["9", "3600", "4294967295"] {
        made.goes(
            &[status(429).asks_to_wait(value)],
            "GENERIC whole, fail rate_limited",
        );
    }
    let two = Made {
        model: "two",
        ..Made::default()
            .whole()
            .with("models", json!({"two": [DAC, elsewhere(json!({}))]}))
    };
    two.goes(
        &[status(503).asks_to_wait("60"), body(WHOLE)],
        "GENERIC whole, GENERIC whole, done",
    );
    // The fallback is another request, and does not wait.
    Made::default().goes(
        &[status(503).asks_to_wait("5"), body(WHOLE)],
        "GENERIC stream, GENERIC whole, done",
    );
}

#[test]
fn a_wait_beyond_all_numbers_is_too_long() {
    // Digits are a number of seconds to HTTP, however many there are.
    Made::default().whole().goes(
        &[status(429).asks_to_wait("99999999999")],
        "GENERIC whole, fail rate_limited",
    );
}

// ---------------------------------------------------------------- several targets

fn two() -> Made {
    Made {
        model: "two",
        ..Made::default().with(
            "models",
            json!({"two": [DAC, elsewhere(json!({"apiFormat": "COHERE"}))]}),
        )
    }
}

#[test]
fn the_next_target_is_tried() {
    let ran = two().goes(
        &[status(404), events(&[COHERE])],
        "GENERIC stream, COHERE stream, stream, done",
    );
    let hosts: Vec<&str> = ran
        .sent
        .iter()
        .map(|sent| sent.url.split('/').nth(2).unwrap())
        .collect();
    assert_eq!(
        hosts[0],
        "inference.generativeai.us-chicago-1.oci.oraclecloud.com"
    );
    assert_eq!(
        hosts[1],
        "inference.generativeai.us-ashburn-1.oci.oraclecloud.com"
    );
    assert_eq!(
        (&ran.report["model"], ran.report.get("fallback")),
        (&json!("two"), None)
    );
    assert_eq!(
        ends(&ran.report),
        [
            (Some(404), Some("not_found_or_unauthorized")),
            (Some(200), None)
        ]
    );
    // Each target has its own fallback, its own attempts and its own corrections.
    let script = [
        status(503),
        status(503),
        status(503),
        status(503),
        status(500),
        body(WHOLE),
    ];
    let steps =
        "GENERIC stream, GENERIC whole, wait 500, GENERIC whole, wait 1000, GENERIC whole, COHERE stream, COHERE whole, done";
    let ran = two().goes(&script, steps);
    assert!(ran.report["fallback"]
        .as_str()
        .unwrap()
        .starts_with("service_error"));
    // A stream from the second target did not fall back, whatever the first did.
    let ran = two().goes(
        &[status(400), status(400), events(&[COHERE])],
        "GENERIC stream, GENERIC whole, COHERE stream, stream, done",
    );
    assert_eq!(
        (ran.report.get("fallback"), &ran.report["streamed"]),
        (None, &json!(true))
    );
    for failure in [status(401), Answer::new(302, "", &[])] {
        two().goes(
            &[failure, events(&[COHERE])],
            "GENERIC stream, COHERE stream, stream, done",
        );
    }
}

#[test]
fn all_targets_fail() {
    let ran = two().goes(
        &[status(404), status(401).called("r/9")],
        "GENERIC stream, COHERE stream, fail all_targets_failed",
    );
    let error = ran.error.as_ref().unwrap();
    assert_eq!(
        (error.status(), error.opc_request_id()),
        (Some(401), Some("r/9"))
    );
    assert!(
        error.message().contains("unauthorized") && error.hint().is_some(),
        "{error}"
    );
    assert_eq!(ran.report["error"], "all_targets_failed");
    assert_eq!(
        ends(&ran.report),
        [
            (Some(404), Some("not_found_or_unauthorized")),
            (Some(401), Some("unauthorized"))
        ]
    );
    // The error of a call with one target is that target's.
    let one = Made {
        model: "one",
        ..Made::default().with("models", json!({"one": [DAC]}))
    };
    one.goes(
        &[status(404)],
        "GENERIC stream, fail not_found_or_unauthorized",
    );
}

#[test]
fn some_failures_are_of_the_call_and_not_of_a_target() {
    for code in [Code::SignerFailed, Code::InvalidSignature, Code::Internal] {
        let ran = two().goes(&[unsent(code)], &format!("GENERIC stream, fail {code}"));
        assert_eq!(ends(&ran.report), [(None, Some(code.as_str()))]);
    }
}

#[test]
fn a_time_limit_is_of_the_call_and_not_of_a_target() {
    // `totalMs` and `firstChunkMs` count from the start of the call: they have run out for every target.
    two().goes(&[unsent(Code::Timeout)], "GENERIC stream, fail timeout");
    two().goes(
        &[events(&[EMPTY]).breaks(Code::Timeout)],
        "GENERIC stream, fail timeout",
    );
}

// ---------------------------------------------------------------- before anything is sent

#[test]
fn a_call_without_a_compartment_fails_before_it_is_sent() {
    for stream in [true, false] {
        let options = json!({"region": "us-chicago-1"});
        for model in [DAC, "cohere.command-r"] {
            let ran = Made {
                options: options.clone(),
                model,
                stream,
                ..Made::default()
            }
            .goes(&[], "fail missing_compartment");
            assert!(
                ran.sent.is_empty() && ran.error.unwrap().hint().unwrap().contains("compartmentId")
            );
            assert_eq!(ran.report["attempts"], json!([]));
        }
        // The openai transport needs one where a signer signs, and none with an API key.
        let made = |signs| Made {
            options: options.clone(),
            model: "meta.llama",
            stream,
            signs,
            ..Made::default()
        };
        made(true).goes(&[], "fail missing_compartment");
        let kind = if stream { "stream" } else { "whole" };
        let ran = made(false).goes(&[events(&[OPENAI])], &format!("openai {kind}, done"));
        assert!(!ran.sent[0]
            .headers
            .iter()
            .any(|(name, _)| name == "opc-compartment-id"));
    }
    let ran = Made {
        model: "meta.llama",
        ..Made::default()
    }
    .goes(&[events(&[OPENAI])], "openai stream, done");
    assert!(ran.sent[0].headers.contains(&(
        "opc-compartment-id".into(),
        "ocid1.compartment.oc1..example".into()
    )));
    // Of several targets, those that can be called are.
    let models =
        json!({"two": [DAC, elsewhere(json!({"compartmentId": "ocid1.compartment.oc1..other"}))]});
    let made = Made {
        options: json!({"models": models}),
        model: "two",
        ..Made::default()
    };
    let ran = made.goes(&[streamed()], "GENERIC stream, stream, done");
    assert!(ran.sent[0].url.contains("us-ashburn-1"));
    // Moved to the native transport, a call meets the same rule.
    let made = Made {
        options: json!({"region": "us-chicago-1"}),
        model: "cohere.command-a-03-2025",
        signs: false,
        ..Made::default()
    };
    made.goes(
        &[refusal(NOT_ON_OPENAI)],
        "openai stream, fail missing_compartment",
    );
}

#[test]
fn a_request_that_the_wire_can_not_express_is_not_sent() {
    let request = json!({"messages": [{"role": "user", "content": "?"}], "n": 2});
    let told = RouteOverrides {
        api_format: Some(ApiFormat::Cohere),
        transport: None,
    };
    let ran = Made {
        request: request.clone(),
        told,
        ..Made::default()
    }
    .goes(&[], "fail invalid_request");
    assert_eq!(ran.error.unwrap().param_name(), Some("n"));
    // Another target may be able to.
    let models = json!({"two": [elsewhere(json!({"apiFormat": "COHERE"})), DAC]});
    let made = Made {
        request,
        model: "two",
        ..Made::default().with("models", models)
    };
    made.goes(&[streamed()], "GENERIC stream, stream, done");
}

#[test]
fn what_is_sent() {
    let made = Made::default().with(
        "headers",
        json!({"X-Trace": "1", "Accept": "text/event-stream"}),
    );
    let ran = made.goes(&[streamed()], "GENERIC stream, stream, done");
    let sent = &ran.sent[0];
    assert_eq!(
        sent.url,
        "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat"
    );
    let value = |name: &str| {
        sent.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        (value("x-trace"), value("accept")),
        (Some("1"), Some("text/event-stream"))
    );
    assert_eq!(
        (value("accept-encoding"), value("content-type")),
        (Some("identity"), Some("application/json"))
    );
    let mut names: Vec<&str> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.iter().all(
        |name| !["authorization", "host", "content-length"].contains(name)
            && !name.contains(char::is_uppercase)
    ));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), sent.headers.len(), "no header twice");
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    let chat = json!({"apiFormat": "GENERIC", "isStream": true, "streamOptions": {"isIncludeUsage": true},
        "messages": [{"role": "USER", "content": [{"type": "TEXT", "text": "?"}]}]});
    let envelope = json!({"compartmentId": "ocid1.compartment.oc1..example",
        "servingMode": {"servingType": "DEDICATED", "endpointId": DAC}, "chatRequest": chat});
    assert_eq!(body, envelope);
}

// ---------------------------------------------------------------- limits

#[test]
fn limits() {
    let with = |limits: Limits, stream: bool| Made {
        limits,
        stream,
        ..never()
    };
    let usual = Limits::default();
    let small = Limits {
        max_response_bytes: 200,
        ..usual
    };
    let long = format!("{{\"chatResponse\":\"{}\"}}", "x".repeat(300));
    for stream in [true, false] {
        let kind = if stream { "stream" } else { "whole" };
        let fails = format!("GENERIC {kind}, fail limit_exceeded");
        for pieces in [
            vec![long.as_str()],
            long.split_inclusive('x').collect::<Vec<_>>(),
        ] {
            let ran =
                with(small, stream).goes(&[Answer::new(200, "application/json", &pieces)], &fails);
            assert!(ran
                .error
                .unwrap()
                .hint()
                .unwrap()
                .contains("limits.maxResponseBytes"));
        }
        with(small, stream).goes(
            &[Answer::new(200, "text/event-stream", &[": ping\n\n"; 40])],
            &fails,
        );
        let event = Limits {
            max_event_bytes: 64,
            ..usual
        };
        let ran = with(event, stream).goes(
            &[events(&[&format!(
                "data: {{\"pad\":\"{}\"}}\n\n",
                "a".repeat(99)
            )])],
            &fails,
        );
        assert!(ran
            .error
            .unwrap()
            .hint()
            .unwrap()
            .contains("limits.maxEventBytes"));
        // A line that never ends fails before it has filled the memory.
        with(event, stream).goes(
            &[events(&["data: {", &"a".repeat(50), &"a".repeat(50)])],
            &fails,
        );
    }
    // In the middle of a stream what was told stays.
    let many = [TEXT; 9];
    let ran = with(
        Limits {
            max_response_bytes: 300,
            ..usual
        },
        true,
    )
    .goes(
        &[events(&many)],
        "GENERIC stream, stream, fail limit_exceeded",
    );
    assert!(
        text(&ran).starts_with("HiHi") && ran.report["attempts"][0]["code"] == "limit_exceeded"
    );
    let call = |id: u32| {
        format!("data: {{\"index\":0,\"message\":{{\"toolCalls\":[{{\"type\":\"FUNCTION\",\"id\":\"c{id}\",\"name\":\"f\",\"arguments\":\"{{}}\"}}]}}}}\n\n")
    };
    let calls = Limits {
        max_tool_calls: 2,
        ..usual
    };
    let two: [&str; 3] = [&call(1), &call(2), FINISH];
    with(calls, true).goes(&[events(&two)], "GENERIC stream, stream, done");
    let ran = with(calls, true).goes(
        &[events(&[&call(1), &call(2), &call(3)])],
        "GENERIC stream, stream, fail limit_exceeded",
    );
    assert_eq!(
        completion(&ran)["choices"][0]["message"]["tool_calls"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    with(calls, false).goes(
        &[events(&[&call(1), &call(2), &call(3)])],
        "GENERIC whole, fail limit_exceeded",
    );
}

#[test]
fn endless_white_space_ends() {
    // It says nothing, and is no less of an answer for it.
    for stream in [true, false] {
        let limits = Limits {
            max_response_bytes: 200,
            ..Limits::default()
        };
        let ran = Made {
            limits,
            stream,
            ..never()
        }
        .run(&[events(&["\n\n\n\n\n\n\n\n"; 40])]);
        assert_eq!(
            ran.error.unwrap().code(),
            Code::LimitExceeded,
            "stream: {stream}"
        );
    }
}

#[test]
fn no_more_of_an_error_is_read_than_the_limit_says() {
    let made = Made {
        limits: Limits {
            max_error_bytes: 100,
            ..Limits::default()
        },
        ..never().whole()
    };
    for size in [1, 7, 99, 100, 101, 5000] {
        let said = "word ".repeat(1000);
        let pieces: Vec<&str> = said
            .as_bytes()
            .chunks(size)
            .map(|piece| std::str::from_utf8(piece).unwrap())
            .collect();
        let ran = made.goes(
            &[Answer::new(400, "text/plain", &pieces)],
            "GENERIC whole, fail bad_request",
        );
        let error = ran.error.unwrap();
        assert_eq!(
            (error.message().len(), error.status()),
            (99, Some(400)),
            "{size}: {}",
            error.message()
        );
    }
    // One that is short enough is read whole, up to the very limit.
    let json = json!({"code": "x", "message": "y".repeat(75)}).to_string();
    assert_eq!(json.len(), 100);
    for size in [1, 100] {
        let pieces: Vec<&str> = json
            .as_bytes()
            .chunks(size)
            .map(|piece| std::str::from_utf8(piece).unwrap())
            .collect();
        let ran = made.goes(
            &[Answer::new(400, "application/json", &pieces)],
            "GENERIC whole, fail bad_request",
        );
        assert_eq!(ran.error.unwrap().service_code(), Some("x"));
    }
}

#[test]
fn a_hostile_page_costs_no_time() {
    // As much as is read of an error, of what a reader of pages that looks back at each tag would be slow at.
    let page = " ".repeat(32 * 1024) + &"<".repeat(32 * 1024);
    let begun = std::time::Instant::now();
    never().whole().goes(
        &[Answer::new(400, "text/html", &[&page])],
        "GENERIC whole, fail bad_request",
    );
    assert!(begun.elapsed().as_secs_f64() < 2.0, "{:?}", begun.elapsed());
}

// ---------------------------------------------------------------- calls that stand in the text

#[test]
fn calls_in_the_text_become_calls_where_there_are_tools() {
    let said = "Look: <tool_call>\n{\"name\": \"find\", \"arguments\": {\"q\": 1}}\n</tool_call>";
    let delta = |text: &str| {
        format!(
            "data: {}\n\n",
            json!({"index": 0, "message": {"content": [{"type": "TEXT", "text": text}]}})
        )
    };
    let whole = json!({"chatResponse": {"apiFormat": "GENERIC", "choices": [{"index": 0, "finishReason": "stop",
        "message": {"role": "ASSISTANT", "content": [{"type": "TEXT", "text": said}]}}]}});
    let tools = json!([{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]);
    let with_tools = json!({"messages": [{"role": "user", "content": "?"}], "tools": tools});
    let calls = json!([{"id": "call_test_0_0", "type": "function", "function": {"name": "find", "arguments": "{\"q\":1}"}}]);
    for (request, option, found) in [
        (with_tools.clone(), "auto", true),
        (with_tools, "off", false),
        (
            json!({"messages": [{"role": "user", "content": "?"}]}),
            "auto",
            false,
        ),
    ] {
        let made = |stream| Made {
            request: request.clone(),
            stream,
            ..never().with("toolCallText", json!(option))
        };
        let mut seen = vec![
            made(false).run(&[body(&whole.to_string())]),
            made(true).run(&[body(&whole.to_string())]),
        ];
        for at in (0..said.len()).filter(|at| said.is_char_boundary(*at)) {
            let (first, second) = said.split_at(at);
            seen.push(made(true).run(&[events(&[&delta(first), &delta(second), FINISH, DONE])]));
        }
        for ran in seen {
            assert_eq!(ran.error, None);
            let choice = &completion(&ran)["choices"][0];
            if found {
                let arguments = choice["message"]["tool_calls"][0]["function"]["arguments"]
                    .as_str()
                    .unwrap();
                assert_eq!(
                    serde_json::from_str::<Value>(arguments).unwrap(),
                    json!({"q": 1})
                );
                let mut made_calls = choice["message"]["tool_calls"].clone();
                made_calls[0]["function"]["arguments"] = json!("{\"q\":1}");
                assert_eq!(
                    (&made_calls, &choice["finish_reason"]),
                    (&calls, &json!("tool_calls"))
                );
                assert_eq!(
                    choice["message"]["content"].as_str().unwrap().trim_end(),
                    "Look:"
                );
            } else {
                assert_eq!(
                    (&choice["message"]["content"], &choice["finish_reason"]),
                    (&json!(said), &json!("stop"))
                );
                assert_eq!(choice["message"].get("tool_calls"), None);
            }
            if !ran.told.0.is_empty() {
                let (mut sum, whole) = (
                    ran.told.add_up(),
                    crate::support::to_add_up_to(&completion(&ran)),
                );
                sum["usage"] = Value::Null;
                assert_eq!(sum, whole);
            }
        }
    }
}

// ---------------------------------------------------------------- reports

#[test]
fn a_report_of_a_stream() {
    let ran = Made::default().goes(
        &[events(&[EMPTY, TEXT, FINISH, USAGE, DONE]).called("a/b/c")],
        "GENERIC stream, stream, done",
    );
    // 1000: the start. 1010: the head. 1020: an empty delta. 1030: the first chunk. 1060: the end.
    let attempt = json!({"url": ran.sent[0].url, "status": 200, "opcRequestId": "a/b/c", "ms": 60});
    let report = json!({"model": DAC, "attempts": [attempt], "streamed": true, "finishReason": "stop", "firstChunkMs": 30,
        "totalMs": 60, "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}});
    assert_eq!(ran.report, report);
    assert_eq!(ran.told.chunks()[0]["oci"]["opc_request_id"], "a/b/c");
    // Usage is known though nobody asked for its chunk, and told to who does.
    assert!(ran
        .told
        .chunks()
        .iter()
        .all(|chunk| chunk.get("usage").is_none()));
    let request = json!({"messages": [{"role": "user", "content": "?"}], "stream_options": {"include_usage": true}});
    let ran = Made {
        request,
        ..Made::default()
    }
    .goes(
        &[events(&[TEXT, FINISH, USAGE, DONE])],
        "GENERIC stream, stream, done",
    );
    let last = ran.told.chunks().pop().unwrap();
    assert_eq!(
        (&last["choices"], &last["usage"]),
        (&json!([]), &report["usage"])
    );
}

#[test]
fn a_report_of_failures() {
    let script = [
        status(503).called("r/1"),
        unsent(Code::Network),
        status(404).called("r/3"),
    ];
    let ran = Made::default()
        .whole()
        .goes(&script, "GENERIC whole, wait 500, GENERIC whole, wait 1000, GENERIC whole, fail not_found_or_unauthorized");
    let url = &ran.sent[0].url;
    // Sent at 1000, head at 1010, body at 1020, its end at 1030; 10 and 500 of waiting; and so on.
    let report = json!({"model": DAC, "streamed": false, "error": "not_found_or_unauthorized", "totalMs": 1590, "attempts": [
        {"url": url, "status": 503, "code": "service_unavailable", "opcRequestId": "r/1", "ms": 30},
        {"url": url, "code": "network", "ms": 10},
        {"url": url, "status": 404, "code": "not_found_or_unauthorized", "opcRequestId": "r/3", "ms": 30}]});
    assert_eq!(ran.report, report);
    let error = ran.error.unwrap();
    assert_eq!(
        (error.status(), error.service_code(), error.opc_request_id()),
        (Some(404), Some("404"), Some("r/3"))
    );
    // A hidden redirect has no status to report.
    let ran = Made::default().goes(
        &[Answer::new(0, "", &[])],
        "GENERIC stream, fail redirected",
    );
    assert_eq!(ends(&ran.report), [(None, Some("redirected"))]);
}

#[test]
fn a_report_of_a_call_that_was_given_up() {
    let mut call = Made::default().start();
    assert!(matches!(call.next_step(1000.0), Step::Send(_)));
    call.on_response(
        ResponseHead {
            status: 200,
            content_type: "text/event-stream".into(),
            ..ResponseHead::default()
        },
        1040.0,
    );
    call.on_body_chunk(TEXT.as_bytes(), 1050.0, &mut Told::default());
    call.on_cancel(1070.0);
    let report = report_of(&call, 9000.0);
    assert_eq!(
        (
            &report["totalMs"],
            &report["firstChunkMs"],
            report.get("error")
        ),
        (&json!(70), &json!(50), None)
    );
    assert_eq!(
        (&report["streamed"], report.get("finishReason")),
        (&json!(true), None)
    );
    // One that goes on counts to now.
    let mut call = Made::default().start();
    assert!(matches!(call.next_step(1000.0), Step::Send(_)));
    assert_eq!(report_of(&call, 1300.0)["totalMs"], 300);
}

#[test]
fn an_answer_of_the_openai_transport_passes_as_it_is() {
    let json = "{\"id\":\"x\",\"object\":\"chat.completion\",\"created\":5,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\",\"audio\":null},\"finish_reason\":\"stop\"}],\"system_fingerprint\":\"fp\"}";
    let made = Made {
        model: "meta.llama",
        ..Made::default().whole()
    };
    let ran = made.goes(&[body(json).called("r/5")], "openai whole, done");
    let mut wanted: Value = serde_json::from_str(json).unwrap();
    wanted["oci"] = json!({"opc_request_id": "r/5"});
    assert_eq!(completion(&ran), wanted);
    let chunk = OPENAI
        .split("\n\n")
        .next()
        .unwrap()
        .strip_prefix("data: ")
        .unwrap();
    let ran = Made {
        model: "meta.llama",
        ..Made::default()
    }
    .goes(&[events(&[OPENAI])], "openai stream, done");
    assert_eq!(ran.told.0, [crate::support::Line::Verbatim(chunk.into())]);
}
