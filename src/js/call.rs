//! One call, as JavaScript holds it.
//!
//! JavaScript drives: it asks for the next step, sends, reads and waits, and reports what came of
//! it. Every export is synchronous and calls no function of the host's, so no exception of the host
//! passes through wasm, no promise that never settles keeps anything in wasm alive, and an
//! exception that leaves an export is a trap (`pkg/lib/core.js`).

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::boundary::{
    STEP_BOUNDED, STEP_DONE, STEP_FAILED, STEP_OUTPUT, STEP_READ, STEP_SEND, STEP_WAIT,
};
use super::failure::fields;
use super::fetch::head_of;
use super::memory;
use super::output::Output;
use super::shell::now;
use crate::call::{Call, PreparedRequest, Report, ResponseHead, Status, Step};
use crate::client::Client;
use crate::error::{Code, Error};
use crate::operation::Operation;
use crate::options::Timeouts;
use crate::routing::RouteDescription;

/// A call. Steps return flags: the `STEP_…` of [`super::boundary`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct CallHandle {
    call: Call,
    timeouts: Timeouts,
    output: Output,
    is_events: bool,
    client: Rc<RefCell<Client>>,
    /// The request of the current step, until it is taken.
    request: Option<PreparedRequest>,
    /// How long the current step waits, in milliseconds.
    wait_ms: f64,
}

/// What there is to know of a call.
#[derive(Serialize)]
struct Outcome<'a> {
    report: Report<'a>,
    target: Option<Target<'a>>,
}

/// The route that is, or was last, taken, and its host.
#[derive(Serialize)]
struct Target<'a> {
    route: RouteDescription<'a>,
    host: &'a str,
}

impl CallHandle {
    pub(super) fn new(
        call: Call,
        timeouts: Timeouts,
        output: Output,
        is_events: bool,
        client: Rc<RefCell<Client>>,
    ) -> Self {
        CallHandle {
            call,
            timeouts,
            output,
            is_events,
            client,
            request: None,
            wait_ms: 0.0,
        }
    }
}

#[wasm_bindgen]
impl CallHandle {
    /// Whether the output is events rather than chunks.
    #[wasm_bindgen(getter, js_name = isEvents)]
    pub fn is_events(&self) -> bool {
        self.is_events
    }

    /// The limit of the whole call, in milliseconds; 0 where there is none. The host keeps the
    /// time.
    #[wasm_bindgen(getter, js_name = totalMs)]
    pub fn total_ms(&self) -> f64 {
        self.timeouts.total_ms.unwrap_or_default()
    }

    /// The limit up to the first chunk.
    #[wasm_bindgen(getter, js_name = firstChunkMs)]
    pub fn first_chunk_ms(&self) -> f64 {
        self.timeouts.first_chunk_ms.unwrap_or_default()
    }

    /// The limit from one network chunk to the next.
    #[wasm_bindgen(getter, js_name = chunkMs)]
    pub fn chunk_ms(&self) -> f64 {
        self.timeouts.chunk_ms.unwrap_or_default()
    }

    /// What to do until the first chunk: one of `STEP_SEND`, `STEP_WAIT`, `STEP_READ`,
    /// `STEP_FAILED` and `STEP_DONE`, or none of them when the answer streams.
    #[wasm_bindgen(js_name = nextStep)]
    pub fn next_step(&mut self) -> u32 {
        match self.call.next_step(now()) {
            Step::Send(request) => {
                self.request = Some(request);
                STEP_SEND
            }
            Step::Wait(ms) => {
                self.wait_ms = ms;
                STEP_WAIT
            }
            Step::Read if self.call.may_be_whole() => STEP_READ | STEP_BOUNDED,
            Step::Read => STEP_READ,
            Step::Stream | Step::Done => {
                self.client.borrow_mut().learn_from(&self.call);
                self.status()
            }
            Step::Fail(_) => STEP_FAILED,
        }
    }

    /// How long to wait, in milliseconds, after `STEP_WAIT`.
    #[wasm_bindgen(getter, js_name = waitMs)]
    pub fn wait_ms(&self) -> f64 {
        self.wait_ms
    }

    /// What to sign and to send, after `STEP_SEND`: the lines of `head_of`. Undefined where it
    /// can't be sent, which is then the call's failure.
    #[wasm_bindgen(js_name = requestHead)]
    pub fn request_head(&mut self) -> Option<String> {
        match head_of(self.request.as_ref()?) {
            Ok(head) => Some(head),
            Err(error) => {
                self.request = None;
                self.call.on_error(error, now());
                None
            }
        }
    }

    /// The body of the same request, once.
    #[wasm_bindgen(js_name = takeBody)]
    pub fn take_body(&mut self) -> Vec<u8> {
        self.request
            .take()
            .map(|request| request.body)
            .unwrap_or_default()
    }

    /// Signing failed, or the API key is not one. The hint is what the signer advises.
    #[wasm_bindgen(js_name = onAuthorizeError)]
    pub fn on_authorize_error(&mut self, code: &str, message: String, hint: Option<String>) {
        let code = match code {
            "invalid_signature" => Code::InvalidSignature,
            _ => Code::SignerFailed,
        };
        let error = Error::new(code, message);
        let error = match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        };
        self.call.on_error(error, now());
    }

    /// The connection failed or broke before the first chunk.
    #[wasm_bindgen(js_name = onNetworkError)]
    pub fn on_network_error(&mut self) {
        let error = Error::new(Code::Network, "the connection failed or broke");
        self.call.on_error(error, now());
    }

    /// Status and headers of the response. Status 0: the runtime hides a redirect. Returns whether
    /// the body is needed.
    #[wasm_bindgen(js_name = onResponse)]
    pub fn on_response(
        &mut self,
        status: u16,
        content_type: Option<String>,
        opc_request_id: Option<String>,
        retry_after: Option<String>,
        retry_after_ms: Option<String>,
        date: Option<String>,
    ) -> bool {
        let head = ResponseHead {
            status,
            content_type: content_type.unwrap_or_default(),
            opc_request_id,
            retry_after,
            retry_after_ms,
            date,
        };
        self.call.on_response(head, now());
        self.call.needs_body()
    }

    /// Decodes so many bytes of the input buffer.
    pub fn feed(&mut self, length: u32) -> u32 {
        let CallHandle { call, output, .. } = self;
        output.clear();
        memory::with_input(length, |bytes| {
            call.on_body_chunk(bytes, now as fn() -> f64, output.sink())
        });
        self.finish_step()
    }

    /// The body ended.
    #[wasm_bindgen(js_name = onBodyEnd)]
    pub fn on_body_end(&mut self) -> u32 {
        self.output.clear();
        self.call.on_body_end(now(), self.output.sink());
        self.finish_step()
    }

    /// After `STEP_BOUNDED`, nothing more of the body has come for some time.
    #[wasm_bindgen(js_name = onBodyStall)]
    pub fn on_body_stall(&mut self) -> u32 {
        self.output.clear();
        self.call.on_body_stall(now(), self.output.sink());
        self.finish_step()
    }

    /// The connection broke after the first chunk.
    #[wasm_bindgen(js_name = onReadError)]
    pub fn on_read_error(&mut self) -> u32 {
        self.output.clear();
        let message = "the connection broke before the answer ended";
        self.call
            .on_error(Error::new(Code::StreamTruncated, message), now());
        self.finish_step()
    }

    /// A time limit expired; the host aborts the request.
    #[wasm_bindgen(js_name = onTimeout)]
    pub fn on_timeout(&mut self, option: &str, ms: f64) {
        let message = format!("timeouts.{option} expired after {} ms", ms as u64);
        let error = Error::new(Code::Timeout, message)
            .with_hint("raise the limit, or ask for a shorter answer");
        self.call.on_error(error, now());
    }

    /// The caller cancelled.
    #[wasm_bindgen(js_name = onCancel)]
    pub fn on_cancel(&mut self) {
        self.call.on_cancel(now());
    }

    /// The whole answer, as JSON text of the dialect.
    pub fn completion(&mut self) -> String {
        match (&mut self.output, self.call.operation()) {
            (Output::Responses(writer), Operation::Chat(chat)) => {
                chat.emit(writer.as_mut());
                json_text(writer.whole(&chat.answer().completion(), seconds()))
            }
            _ => json_text(self.call.result()),
        }
    }

    /// What was received of an answer, as JSON text; undefined if nothing was.
    pub fn partial(&self) -> Option<String> {
        let has_result = self.call.has_result();
        has_result.then(|| json_text(self.call.result()))
    }

    /// The events that end a stream which failed, in which the last `null` stands for the error.
    /// Undefined where the dialect has none, or no event was written.
    #[wasm_bindgen(js_name = failureEvents)]
    pub fn failure_events(&mut self) -> Option<String> {
        match &mut self.output {
            Output::Responses(writer) => writer.failure().map(json_text),
            _ => None,
        }
    }

    /// What there is to know of the call: `{ report, target }`, as JSON text.
    ///
    /// SPEED: every call has a report and few read it, so it crosses as one text and is parsed when
    /// somebody asks. Report and target as objects took some 12 µs of a call's 180 µs (Node 24).
    pub fn outcome(&self) -> String {
        let target = self.call.candidate().and_then(|candidate| {
            let route = candidate.route.describe().ok()?;
            Some(Target {
                route,
                host: candidate.route.host(),
            })
        });
        json_text(crate::json::to_json(&Outcome {
            report: self.call.report(now()),
            target,
        }))
    }

    /// The fields of the error that the call failed with; undefined if it has not.
    pub fn failure(&mut self) -> JsValue {
        let Step::Fail(error) = self.call.next_step(now()) else {
            return JsValue::UNDEFINED;
        };
        fields(&error, self.call.attempts(), self.partial().as_deref())
    }
}

impl CallHandle {
    #[inline]
    fn status(&self) -> u32 {
        match self.call.status() {
            Status::Done => STEP_DONE,
            Status::Failed => STEP_FAILED,
            Status::InProgress => 0,
        }
    }

    /// Writes what ends a stream of events.
    #[cold]
    fn end_events(&mut self) {
        match (&mut self.output, self.call.operation()) {
            (Output::Events(events), _) => events.done(),
            (Output::Responses(events), Operation::Chat(chat)) if self.is_events => {
                events.done(&chat.answer().completion(), seconds());
            }
            _ => {}
        }
    }

    /// Describes the output and returns the flags of the step.
    #[inline]
    fn finish_step(&mut self) -> u32 {
        let flags = self.status();
        if flags == STEP_DONE {
            self.end_events();
        }
        let (bytes, words) = self.output.bytes();
        memory::set_header(bytes, words, self.output.is_mixed());
        flags | if bytes.is_empty() { 0 } else { STEP_OUTPUT }
    }
}

/// Seconds since 1970.
fn seconds() -> u64 {
    (now() / 1000.0) as u64
}

fn json_text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap_or_default()
}
