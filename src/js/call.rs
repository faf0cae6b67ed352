//! One call, driven: what the core asks for is done, and what came of it is told to the core.
//!
//! Up to the first chunk the driver is here, in [`CallHandle::open`]: everything that may be repeated happens there. From then on
//! JavaScript turns the crank, because that is cheaper by a promise and a task for every network chunk: it reads, copies the bytes
//! to [`super::memory`] and calls [`CallHandle::feed`].

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{future_to_promise, JsFuture};
use web_sys::{AbortSignal, ReadableStreamDefaultReader};

use super::client::Learnt;
use super::failure::Failure;
use super::fetch::{head, read, reader, send, Hooks, Unsent};
use super::output::Output;
use super::{memory, now};
use crate::call::Attempt;
use crate::call::{Call, Next, Standing};
use crate::error::{Code, Error};
use crate::gather::each;
use crate::json::{self, object};
use crate::routing::Route;

/// A call as JavaScript holds it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CallHandle(Rc<RefCell<Inner>>);

#[derive(Debug)]
struct Inner {
    call: Call,
    output: Output,
    hooks: Hooks,
    signal: AbortSignal,
    reader: Option<ReadableStreamDefaultReader>,
    /// What the host threw last.
    cause: JsValue,
    learnt: Rc<Learnt>,
}

fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap_or_default()
}

/// Flags of a step.
const MORE: u32 = 0;
const DONE: u32 = 1;
const FAILED: u32 = 2;
/// There is something to take.
const OUTPUT: u32 = 4;

impl CallHandle {
    pub(super) fn new(
        call: Call,
        output: Output,
        hooks: Hooks,
        signal: AbortSignal,
        learnt: Rc<Learnt>,
    ) -> Self {
        let inner = Inner {
            call,
            output,
            hooks,
            signal,
            reader: None,
            cause: JsValue::UNDEFINED,
            learnt,
        };
        CallHandle(Rc::new(RefCell::new(inner)))
    }
}

#[wasm_bindgen]
impl CallHandle {
    /// Whether the output is events rather than chunks.
    #[wasm_bindgen(getter, js_name = isEvents)]
    pub fn is_events(&self) -> bool {
        matches!(self.0.borrow().output, Output::Events(_))
    }

    /// Sends the request, and whatever has to follow it, until there is something to tell. Rejects with a `Failure`, or with the
    /// signal's own reason. Not `async`: an async method would hold the handle borrowed while it waits.
    pub fn open(&self) -> Promise {
        let inner = self.0.clone();
        future_to_promise(async move { drive(&inner).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Where the output of `open` or the last step stands: see `memory`. Returns the flags.
    pub fn output(&self) -> u32 {
        let mut inner = self.0.borrow_mut();
        inner.show()
    }

    /// Decodes so many bytes of the input buffer.
    pub fn feed(&self, length: u32) -> u32 {
        let mut inner = self.0.borrow_mut();
        let Inner { call, output, .. } = &mut *inner;
        output.clear();
        memory::with_input(length, |bytes| {
            call.received(bytes, now as fn() -> f64, output.sink())
        });
        inner.show()
    }

    /// The body ended.
    pub fn end(&self) -> u32 {
        let mut inner = self.0.borrow_mut();
        let Inner { call, output, .. } = &mut *inner;
        output.clear();
        call.ended(now(), output.sink());
        inner.show()
    }

    /// The connection broke after the first chunk.
    pub fn broke(&self, cause: JsValue) -> u32 {
        let mut inner = self.0.borrow_mut();
        inner.output.clear();
        inner.cause = cause;
        inner.call.failed(
            Error::new(
                Code::StreamTruncated,
                "the connection broke before the answer ended",
            ),
            0.0,
            now(),
        );
        inner.show()
    }

    /// A time limit ran out; the host aborts the request.
    #[wasm_bindgen(js_name = timedOut)]
    pub fn timed_out(&self, what: &str, ms: f64) {
        let mut inner = self.0.borrow_mut();
        let error = Error::new(
            Code::Timeout,
            format!("timeouts.{what} ran out after {} ms", ms as u64),
        );
        inner.call.failed(
            error.with_hint("raise the limit, or ask for a shorter answer"),
            0.0,
            now(),
        );
    }

    /// The caller gave up.
    pub fn stopped(&self) {
        self.0.borrow_mut().call.stopped(now());
    }

    /// The reader of the body, once the call is open; JavaScript reads it from then on.
    #[wasm_bindgen(js_name = takeReader)]
    pub fn take_reader(&self) -> Option<ReadableStreamDefaultReader> {
        self.0.borrow_mut().reader.take()
    }

    /// The whole answer, or what there is of it, as JSON text.
    pub fn completion(&self) -> String {
        text(self.0.borrow().call.completion_json())
    }

    /// The report, as JSON text.
    pub fn report(&self) -> String {
        text(json::write(&self.0.borrow().call.report(now()).to_value()))
    }

    /// The route that is, or was last, taken, with its host, as JSON text.
    pub fn route(&self) -> String {
        let inner = self.0.borrow();
        let route = inner.call.candidate().map(|candidate| &candidate.route);
        text(json::write(&object([
            ("route", route.map(super::client::describe).into()),
            ("host", route.map(Route::host).into()),
        ])))
    }

    /// Why the call failed, after a step that said so.
    pub fn failure(&self) -> Option<Failure> {
        self.0.borrow_mut().failure()
    }
}

impl Inner {
    fn show(&mut self) -> u32 {
        let flags = match self.call.standing() {
            Standing::Done => DONE,
            Standing::Failed => FAILED,
            Standing::Going => MORE,
        };
        if let (DONE, Output::Events(events)) = (flags, &mut self.output) {
            events.done();
        }
        let (bytes, words) = self.output.bytes();
        memory::set_header(bytes, words, self.output.is_mixed());
        flags | if bytes.is_empty() { 0 } else { OUTPUT }
    }

    fn failure(&mut self) -> Option<Failure> {
        let Next::Fail(error) = self.call.next(now()) else {
            return None;
        };
        let attempts = each(self.call.attempts().iter(), Attempt::to_value).into();
        let partial = self
            .call
            .has_answer()
            .then(|| self.call.answer().completion().to_value());
        Some(Failure::new(&error, attempts, partial, self.cause.clone()))
    }
}

async fn drive(inner: &RefCell<Inner>) -> Result<(), JsValue> {
    loop {
        let next = inner.borrow_mut().call.next(now());
        match next {
            Next::Send(outgoing) => {
                let (hooks, signal) = (inner.borrow().hooks.clone(), inner.borrow().signal.clone());
                let sent = send(&hooks, &outgoing, &signal)
                    .await
                    .map(|response| (head(&response), reader(&response)));
                stop_if_aborted(inner, sent.as_ref().ok().and_then(|(_, body)| body.clone()))?;
                let mut inner = inner.borrow_mut();
                match sent {
                    Ok((head, body)) => {
                        inner.cause = JsValue::UNDEFINED;
                        inner.call.responded(head, now());
                        inner.reader = body;
                    }
                    Err(Unsent::Refused(error, cause)) => {
                        inner.cause = cause;
                        inner.call.failed(error, 0.0, now());
                    }
                    Err(Unsent::Broken(cause)) => inner.lost(cause),
                }
                if !inner.call.is_reading() {
                    inner.let_go();
                }
            }
            Next::Read => {
                let body = inner.borrow().reader.clone();
                let bytes = match &body {
                    Some(body) => read(body).await,
                    None => Ok(None),
                };
                stop_if_aborted(inner, None)?;
                let mut inner = inner.borrow_mut();
                let Inner { call, output, .. } = &mut *inner;
                match bytes {
                    Ok(Some(bytes)) => call.received(&bytes.to_vec(), now(), output.sink()),
                    Ok(None) => call.ended(now(), output.sink()),
                    Err(cause) => inner.lost(cause),
                }
                if !inner.call.is_reading() {
                    inner.let_go();
                }
            }
            Next::Wait(ms) => {
                let (sleep, signal) = (
                    inner.borrow().hooks.sleep.clone(),
                    inner.borrow().signal.clone(),
                );
                let slept = sleep.call2(&JsValue::UNDEFINED, &ms.into(), &signal)?;
                // An abort ends the wait early.
                let _ = JsFuture::from(Promise::resolve(&slept)).await;
                stop_if_aborted(inner, None)?;
            }
            Next::Stream | Next::Done => {
                let inner = inner.borrow();
                inner.learnt.take_from(&inner.call);
                return Ok(());
            }
            // What was told before a failure is delivered before it.
            Next::Fail(_) if !inner.borrow().output.is_empty() => return Ok(()),
            Next::Fail(_) => {
                return Err(inner
                    .borrow_mut()
                    .failure()
                    .map_or(JsValue::UNDEFINED, JsValue::from))
            }
        }
    }
}

/// An abort ends the call at once: with the failure that the core knows of (a time limit), else with the caller's own reason.
fn stop_if_aborted(
    inner: &RefCell<Inner>,
    unread: Option<ReadableStreamDefaultReader>,
) -> Result<(), JsValue> {
    let mut inner = inner.borrow_mut();
    if !inner.signal.aborted() {
        return Ok(());
    }
    if unread.is_some() {
        inner.reader = unread;
    }
    inner.let_go();
    inner.call.stopped(now());
    Err(inner
        .failure()
        .map_or_else(|| inner.signal.reason(), JsValue::from))
}

impl Inner {
    /// The connection failed, or broke.
    fn lost(&mut self, cause: JsValue) {
        self.cause = cause;
        self.call.failed(
            Error::new(Code::Network, "the connection failed or broke"),
            0.0,
            now(),
        );
    }

    /// Cancels a body that nobody reads on.
    fn let_go(&mut self) {
        if let Some(reader) = self.reader.take() {
            // A body that has ended, or broken, has nothing to cancel.
            wasm_bindgen_futures::spawn_local(async move {
                let _ = JsFuture::from(reader.cancel()).await;
            });
        }
    }
}
