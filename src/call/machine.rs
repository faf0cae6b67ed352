//! The state machine: states, what moves between them, and what a call knows at each moment.

use super::headers::request_headers;
use super::random::Random;
use super::recovery::Recovery;
use super::report::{Attempt, Report};
use super::retry_after::retry_after_ms;
use super::settings::Settings;
use super::step::{Clock, PreparedRequest, ResponseHead, Status, Step};
use super::targets::Targets;
use crate::decode::{body_kind, is_event_stream, BodyKind};
use crate::error::{Code, Error, Result};
use crate::json::parse_lenient;
use crate::openai::{NullSink, Sink};
use crate::operation::Operation;
use crate::routing::{ApiFormat, Candidate, Transport};
use crate::wire::service_error;

/// One call.
#[derive(Debug)]
pub struct Call {
    operation: Operation,
    settings: Settings,
    targets: Targets,
    recovery: Recovery,
    random: Random,
    /// How many different requests there have been: a retry is the same one, a fallback is not.
    variant: u32,
    /// Why the current target is requested without streaming.
    fallback: Option<String>,
    state: State,
    /// The bytes of a body that is not decoded while it arrives.
    body: Vec<u8>,
    response: ResponseHead,
    attempts: Vec<Attempt>,
    started: f64,
    first_chunk_at: Option<f64>,
    ended_at: Option<f64>,
    streamed: bool,
    /// What the call failed with; kept in the report.
    error: Option<Error>,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Ready,
    Waiting(f64),
    /// The first bytes decide how the body is read.
    Opening,
    /// An event stream, before its first chunk.
    Events,
    Whole,
    ErrorBody,
    /// An event stream, from its first chunk on.
    Streaming,
    Done,
    Failed(Error),
}

impl Call {
    /// A call that has not begun. There is at least one candidate.
    pub fn new(
        operation: Operation,
        candidates: Vec<Candidate>,
        settings: Settings,
        now: f64,
    ) -> Call {
        let mut call = Call {
            operation,
            random: Random::from_text(&settings.id),
            settings,
            targets: Targets::new(candidates),
            recovery: Recovery::default(),
            variant: 1,
            fallback: None,
            state: State::Ready,
            body: Vec::new(),
            response: ResponseHead::default(),
            attempts: Vec::new(),
            started: now,
            first_chunk_at: None,
            ended_at: None,
            streamed: false,
            error: None,
        };
        call.choose_target(now);
        call
    }

    /// What to do now.
    pub fn next_step(&mut self, now: f64) -> Step {
        match &self.state {
            State::Ready => match self.prepare_request(now) {
                Ok(request) => Step::Send(request),
                Err(error) => {
                    self.on_error(error, now);
                    self.next_step(now)
                }
            },
            State::Waiting(ms) => {
                let ms = *ms;
                self.state = State::Ready;
                Step::Wait(ms)
            }
            State::Opening | State::Events | State::Whole | State::ErrorBody => Step::Read,
            State::Streaming => Step::Stream,
            State::Done => Step::Done,
            State::Failed(error) => Step::Fail(error.clone()),
        }
    }

    /// Status and headers of the response have arrived.
    pub fn on_response(&mut self, response: ResponseHead, now: f64) {
        if self.status() != Status::InProgress {
            return;
        }
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.status = Some(response.status).filter(|status| *status != 0);
            attempt.opc_request_id = response.opc_request_id.clone();
            attempt.ms = now - attempt.started;
        }
        let Some(candidate) = self.targets.current() else {
            return;
        };
        let opc_request_id = response.opc_request_id.as_deref();
        self.operation
            .exchange_mut()
            .start_answer(&candidate.route, opc_request_id);
        self.body.clear();
        let status = response.status;
        let is_success = (200..300).contains(&status);
        self.state = if is_success {
            State::Opening
        } else {
            State::ErrorBody
        };
        self.response = response;
        if status == 0 || (300..400).contains(&status) {
            // The body of a redirect is not read.
            self.on_body_end(now, &mut NullSink);
        }
    }

    /// Bytes of the body have arrived. Chunks go to the sink if they are wanted.
    pub fn on_body_chunk(&mut self, bytes: &[u8], clock: impl Clock, sink: &mut dyn Sink) {
        // SPEED: the state of nearly every chunk; the clock is read only where something ends.
        if matches!(self.state, State::Streaming) {
            let (result, is_complete) = self.operation.feed(bytes, sink);
            if result.is_err() || is_complete {
                self.on_decoded(result, clock.now_ms());
            }
            return;
        }
        self.on_early_chunk(bytes, clock.now_ms(), sink);
    }

    /// The body ended.
    pub fn on_body_end(&mut self, now: f64, sink: &mut dyn Sink) {
        match self.state {
            State::Streaming => {
                let result = self.operation.exchange_mut().end(sink);
                self.on_decoded(result, now);
            }
            // Too short to decide: a whole answer, if one was requested and no header says events.
            State::Opening
                if !self.settings.stream && !is_event_stream(&self.response.content_type) =>
            {
                self.read_whole(now, sink);
            }
            State::Opening | State::Events => {
                let result = match self.settings.stream {
                    true => self.operation.exchange_mut().end(sink),
                    false => self.operation.exchange_mut().end(&mut NullSink),
                };
                self.check_first_chunk(now);
                self.on_decoded(result, now);
            }
            State::Whole => self.read_whole(now, sink),
            State::ErrorBody => {
                let Some(candidate) = self.targets.current() else {
                    return;
                };
                // A runtime that hides a redirect reports status 0.
                let status = if self.response.status == 0 {
                    302
                } else {
                    self.response.status
                };
                let opc_request_id = self.response.opc_request_id.clone();
                let (route, signs) = (&candidate.route, self.settings.signs);
                let error = service_error(status, &self.body, route, signs, opc_request_id);
                let retry_after = retry_after_ms(&self.response, now);
                self.on_error(error.with_retry_after_ms(retry_after), now);
            }
            _ => {}
        }
    }

    /// Nothing more of the body has come for some time: where a server keeps the connection open,
    /// what there is of it is taken, if that is a whole answer, or an error.
    pub fn on_body_stall(&mut self, now: f64, sink: &mut dyn Sink) {
        let is_whole = match self.state {
            State::ErrorBody => true,
            State::Whole => parse_lenient(&self.body).is_ok(),
            _ => false,
        };
        if is_whole {
            self.on_body_end(now, sink);
        }
    }

    /// The request, the body, the signer or a timer failed. Decides what follows: another attempt,
    /// the next target, or the end of the call.
    pub fn on_error(&mut self, error: Error, now: f64) {
        if matches!(self.state, State::Done | State::Failed(_)) {
            return;
        }
        let error = match (error.opc_request_id(), self.attempts.last()) {
            (None, Some(attempt)) => {
                let id = attempt.opc_request_id.clone();
                error.with_opc_request_id(id)
            }
            _ => error,
        };
        if let Some(attempt) = self.attempts.last_mut().filter(|it| it.code.is_none()) {
            attempt.code = Some(error.code().as_str());
            attempt.ms = now - attempt.started;
        }
        if self.first_chunk_at.is_some() || !error.recovery().next_target {
            self.fail(error, now);
        } else if let Some(state) = self.repeat(&error) {
            self.state = state;
        } else {
            self.leave_target(error, now);
        }
    }

    /// The caller cancelled: the report has no error then.
    pub fn on_cancel(&mut self, now: f64) {
        self.ended_at.get_or_insert(now);
        self.targets.cancel_trial();
    }

    /// Whether the call has ended, and how.
    pub fn status(&self) -> Status {
        match self.state {
            State::Done => Status::Done,
            State::Failed(_) => Status::Failed,
            _ => Status::InProgress,
        }
    }

    /// Whether the rest of the body is still needed.
    pub fn needs_body(&self) -> bool {
        use State::{ErrorBody, Events, Opening, Streaming, Whole};
        matches!(self.state, Opening | Events | Whole | ErrorBody | Streaming)
    }

    /// Whether what there is of the body may be all that matters: see
    /// [`Call::on_body_stall`]. An event stream says itself when it is complete.
    pub fn may_be_whole(&self) -> bool {
        matches!(self.state, State::Whole | State::ErrorBody)
    }

    /// What the call asks of OCI.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// The result as JSON text: as the service sent it where it is OpenAI's already, else assembled
    /// from what was received.
    pub fn result(&self) -> Vec<u8> {
        self.operation.exchange().result()
    }

    /// Whether anything of the answer has been received.
    pub fn has_result(&self) -> bool {
        self.operation.exchange().has_result()
    }

    /// The attempts so far.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// The target that is, or was last, tried.
    pub fn candidate(&self) -> Option<&Candidate> {
        self.targets.current()
    }

    /// The URL of the target that is, or was last, tried.
    pub fn url(&self) -> Option<String> {
        self.candidate()?.route.action_url().ok()
    }

    /// The transport and the format that the service accepted after a renegotiation, with the id of
    /// the model.
    pub fn renegotiated(&self) -> Option<(&str, Transport, Option<ApiFormat>)> {
        let is_accepted = matches!(self.state, State::Streaming | State::Done);
        let route = &self.candidate().filter(|_| is_accepted)?.route;
        let facts = (route.model(), route.transport(), route.api_format());
        route.was_renegotiated().then_some(facts)
    }

    /// The report so far.
    pub fn report(&self, now: f64) -> Report<'_> {
        let exchange = self.operation.exchange();
        Report {
            operation: exchange.action().name(),
            model: exchange.model(),
            attempts: &self.attempts,
            streamed: self.streamed,
            fallback: self.fallback.as_deref().filter(|_| !self.streamed),
            usage: exchange.usage(),
            finish_reason: exchange.finish_reason(),
            first_chunk_ms: self.first_chunk_at.map(|at| at - self.started),
            total_ms: self.ended_at.unwrap_or(now) - self.started,
            phase: self.phase(),
            error: self.error.as_ref().map(|error| error.code().as_str()),
        }
    }

    // ---------------------------------------------------------------- inside

    /// How far the call came.
    fn phase(&self) -> &'static str {
        match self.state {
            State::Done => "complete",
            _ if self.first_chunk_at.is_some() => "streaming",
            State::Failed(_) if self.attempts.is_empty() => "validation",
            _ => "opening",
        }
    }

    fn prepare_request(&mut self, now: f64) -> Result<PreparedRequest> {
        let candidate = self.targets.current();
        let candidate =
            candidate.ok_or_else(|| Error::new(Code::Internal, "a call without a target"))?;
        let exchange = self.operation.exchange();
        let is_openai = candidate.route.transport() == Transport::OpenAi;
        let url = candidate.route.action_url()?;
        let stream = self.settings.stream && exchange.can_stream() && self.fallback.is_none();
        let body = exchange.body(candidate, stream)?;
        let headers = request_headers(&self.settings, candidate, self.variant)?;
        self.attempts.push(Attempt {
            url: url.clone(),
            status: None,
            code: None,
            opc_request_id: None,
            ms: 0.0,
            started: now,
        });
        let attempt = self.attempts.len() as u32;
        Ok(PreparedRequest {
            url,
            headers,
            body,
            attempt,
            accepts_api_key: is_openai,
        })
    }

    /// Bytes that arrive before the first chunk.
    fn on_early_chunk(&mut self, bytes: &[u8], now: f64, sink: &mut dyn Sink) {
        let limits = self.settings.limits;
        let start;
        let mut bytes = bytes;
        if matches!(self.state, State::Opening) {
            self.body.extend_from_slice(bytes);
            // Of a kind that the bytes within the limit show: in whatever pieces they arrive.
            let within = self.body.get(..limits.max_response_bytes);
            let within = within.unwrap_or(&self.body);
            self.state = match body_kind(within, &self.response.content_type) {
                BodyKind::Undecided if self.body.len() > limits.max_response_bytes => {
                    return self.on_error(limits.response_too_large(), now);
                }
                BodyKind::Undecided => return,
                BodyKind::Compressed => {
                    let message = "the answer is compressed, and the runtime did not decompress it";
                    let error = Error::new(Code::UnsupportedEncoding, message);
                    let hint = "make sure that no proxy on the way compresses the answer";
                    return self.on_error(error.with_hint(hint), now);
                }
                BodyKind::Events => State::Events,
                BodyKind::Whole => State::Whole,
            };
            start = std::mem::take(&mut self.body);
            bytes = &start;
        }
        match self.state {
            State::Events => {
                let result = match self.settings.stream {
                    true => self.operation.exchange_mut().feed(bytes, sink),
                    false => self.operation.exchange_mut().feed(bytes, &mut NullSink),
                };
                self.check_first_chunk(now);
                self.on_decoded(result, now);
            }
            State::Whole => {
                if self.body.len().saturating_add(bytes.len()) > limits.max_response_bytes {
                    return self.on_error(limits.response_too_large(), now);
                }
                self.body.extend_from_slice(bytes);
            }
            State::ErrorBody => {
                let room = limits.max_error_bytes.saturating_sub(self.body.len());
                self.body
                    .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
                if bytes.len() >= room {
                    self.on_body_end(now, sink);
                }
            }
            _ => {}
        }
    }

    fn check_first_chunk(&mut self, now: f64) {
        if self.settings.stream && self.operation.exchange().has_emitted() {
            self.first_chunk_at = Some(now);
            self.streamed = true;
            let sent_at = self.attempts.last().map(|attempt| attempt.started);
            self.targets.answered(sent_at.map(|at| now - at), now);
            self.state = State::Streaming;
            // From here on nothing is repeated.
            self.operation.exchange_mut().release_request();
        }
    }

    fn on_decoded(&mut self, result: Result<()>, now: f64) {
        match result {
            Err(error) => self.on_error(error, now),
            Ok(()) if self.operation.exchange().is_complete() => self.succeed(now),
            Ok(()) => {}
        }
    }

    fn read_whole(&mut self, now: f64, sink: &mut dyn Sink) {
        let body = std::mem::take(&mut self.body);
        let exchange = self.operation.exchange_mut();
        if let Err(error) = exchange.read_whole(body) {
            return self.on_error(error, now);
        }
        if self.settings.stream {
            let reason = self.fallback.get_or_insert_with(|| {
                "the endpoint answered with JSON instead of an event stream".into()
            });
            self.first_chunk_at = Some(now);
            exchange.replay(reason, sink);
        }
        self.succeed(now);
    }

    /// Another request to the current target, if one may help.
    fn repeat(&mut self, error: &Error) -> Option<State> {
        if self.requests_left() <= self.targets.untried() {
            return None;
        }
        let retry = self.settings.retry;
        let target = self.targets.current_mut()?;
        if self.recovery.renegotiate(error, target) {
            self.variant += 1;
            return Some(State::Ready);
        }
        if error.recovery().fall_back && self.can_fall_back() {
            let as_stream = self
                .recovery
                .backoff_as_stream(error, retry, &mut self.random);
            if let Some(ms) = as_stream {
                return Some(State::Waiting(ms));
            }
            let retry_after = error.retry_after_ms().unwrap_or_default() as f64;
            if retry_after <= retry.max_delay_ms {
                self.fallback = Some(format!("{}: {}", error.code(), error.message()));
                self.variant += 1;
                return Some(match retry_after > 0.0 {
                    true => State::Waiting(retry_after),
                    false => State::Ready,
                });
            }
        }
        let ms = self.recovery.backoff(error, retry, &mut self.random)?;
        Some(State::Waiting(ms))
    }

    /// The next target, if there is one.
    fn leave_target(&mut self, error: Error, now: f64) {
        let (targets, is_last) = (self.targets.count(), self.targets.untried() == 0);
        if is_last && targets == 1 {
            return self.fail(error, now);
        }
        if !is_last && self.requests_left() == 0 {
            let hint = format!(
                "the call sent its {} requests (retry.maxRequests) before it tried all {targets} \
                 targets",
                self.attempts.len()
            );
            return self.fail(error.with_hint(hint), now);
        }
        self.targets.leave(error, now);
        if is_last {
            return self.fail(self.targets.all_failed(), now);
        }
        self.variant += 1;
        self.fallback = None;
        self.choose_target(now);
        self.state = State::Ready;
    }

    /// Makes the best of the targets that have not been tried the current one.
    fn choose_target(&mut self, now: f64) {
        let measures = self.settings.stream && self.operation.exchange().can_stream();
        self.targets.choose(self.settings.strategy, measures, now);
        if let Some(target) = self.targets.current() {
            self.recovery = Recovery::of(target);
        }
    }

    fn requests_left(&self) -> usize {
        (self.settings.retry.max_requests as usize).saturating_sub(self.attempts.len())
    }

    fn can_fall_back(&self) -> bool {
        let was_sent = self
            .attempts
            .last()
            .is_some_and(|attempt| attempt.code.is_some());
        self.settings.stream
            && self.settings.fallback
            && self.fallback.is_none()
            && was_sent
            && self.operation.exchange().can_stream()
    }

    fn succeed(&mut self, now: f64) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.ms = now - attempt.started;
        }
        self.targets.answered(None, now);
        self.ended_at = Some(now);
        self.state = State::Done;
    }

    fn fail(&mut self, error: Error, now: f64) {
        self.targets.failed(&error, now);
        self.ended_at = Some(now);
        self.error = Some(error.clone());
        self.state = State::Failed(error);
    }
}
