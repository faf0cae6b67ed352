//! One call, driven: the steps that the core asks for are done, and their results reported to it.
//!
//! Up to the first chunk the driver is here, in [`CallHandle::open`]: everything that may be
//! repeated happens there. From then on JavaScript drives, which saves a promise and a task for
//! every network chunk: it reads, copies the bytes to [`super::memory`] and calls
//! [`CallHandle::feed`].

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::AbortSignal;

use super::boundary::{STEP_DONE, STEP_FAILED, STEP_OUTPUT};
use super::failure::Failure;
use super::fetch::{body_reader, response_head, send, Hooks, SendError};
use super::host::{settled, HostReader};
use super::memory;
use super::output::Output;
use super::shell::{now, to_object};
use crate::call::{Call, Report, Status, Step};
use crate::client::{self, Client};
use crate::error::{Code, Error};
use crate::options::Timeouts;
use crate::routing::RouteDescription;

/// A call as JavaScript holds it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CallHandle(Rc<RefCell<Driver>>);

#[derive(Debug)]
struct Driver {
    call: Call,
    timeouts: Timeouts,
    output: Output,
    hooks: Hooks,
    signal: AbortSignal,
    reader: Option<HostReader>,
    /// What the host threw last.
    cause: JsValue,
    client: Rc<RefCell<Client>>,
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
        hooks: Hooks,
        signal: AbortSignal,
        client: Rc<RefCell<Client>>,
    ) -> Self {
        let (reader, cause) = (None, JsValue::UNDEFINED);
        let driver = Driver {
            call,
            timeouts,
            output,
            hooks,
            signal,
            reader,
            cause,
            client,
        };
        CallHandle(Rc::new(RefCell::new(driver)))
    }
}

#[wasm_bindgen]
impl CallHandle {
    /// Whether the output is events rather than chunks.
    #[wasm_bindgen(getter, js_name = isEvents)]
    pub fn is_events(&self) -> bool {
        matches!(self.0.borrow().output, Output::Events(_))
    }

    /// The time limits, `{ totalMs?, firstChunkMs?, chunkMs? }`; undefined where there are none.
    /// The host keeps the time.
    #[wasm_bindgen(getter)]
    pub fn timeouts(&self) -> JsValue {
        let timeouts = self.0.borrow().timeouts;
        if timeouts == Timeouts::default() {
            return JsValue::UNDEFINED;
        }
        to_object(&timeouts)
    }

    /// Sends the request, and whatever has to follow it, until there is output. Rejects with a
    /// `Failure`, or with the signal's own reason. Not `async`: an async method would keep the
    /// handle borrowed while it waits.
    pub fn open(&self) -> Promise {
        let driver = self.0.clone();
        future_to_promise(async move { drive(&driver).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Describes the output of `open` or of the last step: see `memory`. Returns the flags of a
    /// step.
    pub fn output(&self) -> u32 {
        self.0.borrow_mut().finish_step()
    }

    /// Decodes so many bytes of the input buffer.
    pub fn feed(&self, length: u32) -> u32 {
        let mut driver = self.0.borrow_mut();
        let Driver { call, output, .. } = &mut *driver;
        output.clear();
        memory::with_input(length, |bytes| {
            call.on_body_chunk(bytes, now as fn() -> f64, output.sink())
        });
        driver.finish_step()
    }

    /// The body ended.
    #[wasm_bindgen(js_name = onBodyEnd)]
    pub fn on_body_end(&self) -> u32 {
        let mut driver = self.0.borrow_mut();
        let Driver { call, output, .. } = &mut *driver;
        output.clear();
        call.on_body_end(now(), output.sink());
        driver.finish_step()
    }

    /// The connection broke after the first chunk.
    #[wasm_bindgen(js_name = onReadError)]
    pub fn on_read_error(&self, cause: JsValue) -> u32 {
        let mut driver = self.0.borrow_mut();
        driver.output.clear();
        driver.cause = cause;
        let message = "the connection broke before the answer ended";
        driver
            .call
            .on_error(Error::new(Code::StreamTruncated, message), now());
        driver.finish_step()
    }

    /// A time limit expired; the host aborts the request.
    #[wasm_bindgen(js_name = onTimeout)]
    pub fn on_timeout(&self, option: &str, ms: f64) {
        let message = format!("timeouts.{option} expired after {} ms", ms as u64);
        let error = Error::new(Code::Timeout, message)
            .with_hint("raise the limit, or ask for a shorter answer");
        self.0.borrow_mut().call.on_error(error, now());
    }

    /// The caller cancelled.
    #[wasm_bindgen(js_name = onCancel)]
    pub fn on_cancel(&self) {
        self.0.borrow_mut().call.on_cancel(now());
    }

    /// The reader of the body, once the call is open; from then on JavaScript reads.
    #[wasm_bindgen(js_name = takeReader)]
    pub fn take_reader(&self) -> Option<HostReader> {
        self.0.borrow_mut().reader.take()
    }

    /// The whole answer, or what there is of it, as JSON text.
    pub fn completion(&self) -> String {
        json_text(self.0.borrow().call.result())
    }

    /// What there is to know of the call: `{ report, target }`, as JSON text.
    ///
    /// SPEED: every call has a report and few read it, so it crosses as one text and is parsed when
    /// somebody asks. Report and target as objects took some 12 µs of a call's 180 µs (Node 24).
    pub fn outcome(&self) -> String {
        let driver = self.0.borrow();
        let target = driver.call.candidate().and_then(|candidate| {
            let route = client::describe(&candidate.route).ok()?;
            Some(Target {
                route,
                host: candidate.route.host(),
            })
        });
        json_text(crate::json::to_json(&Outcome {
            report: driver.call.report(now()),
            target,
        }))
    }

    /// Why the call failed, after a step that reported it.
    pub fn failure(&self) -> Option<Failure> {
        self.0.borrow_mut().failure()
    }
}

impl Driver {
    /// Describes the output and returns the flags of the step.
    #[inline]
    fn finish_step(&mut self) -> u32 {
        let flags = match self.call.status() {
            Status::Done => STEP_DONE,
            Status::Failed => STEP_FAILED,
            Status::InProgress => 0,
        };
        if let (STEP_DONE, Output::Events(events)) = (flags, &mut self.output) {
            events.done();
        }
        let (bytes, words) = self.output.bytes();
        memory::set_header(bytes, words, self.output.is_mixed());
        flags | if bytes.is_empty() { 0 } else { STEP_OUTPUT }
    }

    fn failure(&mut self) -> Option<Failure> {
        let Step::Fail(error) = self.call.next_step(now()) else {
            return None;
        };
        let partial = self
            .call
            .has_result()
            .then(|| json_text(self.call.result()));
        let attempts = self.call.attempts();
        Some(Failure::new(
            &error,
            attempts,
            partial.as_deref(),
            self.cause.clone(),
        ))
    }

    /// The connection failed or broke before the first chunk.
    fn on_network_error(&mut self, cause: JsValue) {
        self.cause = cause;
        let error = Error::new(Code::Network, "the connection failed or broke");
        self.call.on_error(error, now());
    }

    /// Cancels a body that is not read on.
    fn cancel_body(&mut self) {
        if let Some(reader) = self.reader.take() {
            wasm_bindgen_futures::spawn_local(async move { reader.cancel().await });
        }
    }
}

async fn drive(driver: &RefCell<Driver>) -> Result<(), JsValue> {
    loop {
        let step = driver.borrow_mut().call.next_step(now());
        match step {
            Step::Send(request) => {
                let (hooks, signal) = {
                    let driver = driver.borrow();
                    (driver.hooks.clone(), driver.signal.clone())
                };
                let sent = send(&hooks, &request, &signal).await;
                let sent = sent.and_then(|response| {
                    let head = response_head(&response);
                    let body = body_reader(&response);
                    head.and_then(|head| Ok((head, body?)))
                        .map_err(SendError::Failed)
                });
                let unread = sent.as_ref().ok().and_then(|(_, body)| body.clone());
                check_aborted(driver, unread)?;
                let mut driver = driver.borrow_mut();
                match sent {
                    Ok((head, body)) => {
                        driver.cause = JsValue::UNDEFINED;
                        driver.call.on_response(head, now());
                        driver.reader = body;
                    }
                    Err(SendError::NotAuthorized(error, cause)) => {
                        driver.cause = cause;
                        driver.call.on_error(error, now());
                    }
                    Err(SendError::Failed(cause)) => driver.on_network_error(cause),
                }
                if !driver.call.needs_body() {
                    driver.cancel_body();
                }
            }
            Step::Read => {
                let reader = driver.borrow().reader.clone();
                let bytes = match &reader {
                    Some(reader) => reader.next().await,
                    None => Ok(None),
                };
                check_aborted(driver, None)?;
                let mut driver = driver.borrow_mut();
                let Driver { call, output, .. } = &mut *driver;
                match bytes {
                    Ok(Some(bytes)) => call.on_body_chunk(&bytes.to_vec(), now(), output.sink()),
                    Ok(None) => call.on_body_end(now(), output.sink()),
                    Err(cause) => driver.on_network_error(cause),
                }
                if !driver.call.needs_body() {
                    driver.cancel_body();
                }
            }
            Step::Wait(ms) => {
                let (sleep, signal) = {
                    let driver = driver.borrow();
                    (driver.hooks.sleep.clone(), driver.signal.clone())
                };
                // An abort ends the wait early.
                let _ = settled(sleep.call2(&JsValue::UNDEFINED, &ms.into(), &signal)).await;
                check_aborted(driver, None)?;
            }
            Step::Stream | Step::Done => {
                let driver = driver.borrow();
                driver.client.borrow_mut().learn_from(&driver.call);
                return Ok(());
            }
            // What was emitted before a failure is delivered before it.
            Step::Fail(_) if !driver.borrow().output.is_empty() => return Ok(()),
            Step::Fail(_) => {
                let failure = driver.borrow_mut().failure();
                return Err(failure.map_or(JsValue::UNDEFINED, JsValue::from));
            }
        }
    }
}

/// An abort ends the call at once: with the failure that the core has (a time limit), else with the
/// caller's own reason.
fn check_aborted(driver: &RefCell<Driver>, unread: Option<HostReader>) -> Result<(), JsValue> {
    let mut driver = driver.borrow_mut();
    if !driver.signal.aborted() {
        return Ok(());
    }
    if unread.is_some() {
        driver.reader = unread;
    }
    driver.cancel_body();
    driver.call.on_cancel(now());
    Err(driver
        .failure()
        .map_or_else(|| driver.signal.reason(), JsValue::from))
}

fn json_text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap_or_default()
}
