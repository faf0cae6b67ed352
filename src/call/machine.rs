//! The life of one call, as a state machine: it is told what happened and answers what is to be done next. It sends nothing,
//! waits for nothing and reads no clock; a shell does, and gives it the time in milliseconds.
//!
//! A failure before the first chunk is met in this order, each a row of [`Call::failed`]:
//!
//! 1. a wrong guess (the format of a DAC, the transport of a Cohere model) is corrected, and the request made again;
//! 2. a stream is asked for once more unstreamed: the fallback;
//! 3. what may pass is tried again after a wait, up to `retry.maxAttempts`;
//! 4. the next target of an alias is tried;
//! 5. the call fails.
//!
//! After the first chunk nothing is repeated: what was received stays, and the call fails with it.

use crate::answer::Answer;
use crate::call::{Attempt, Report};
use crate::decode::body_kind::{is_event_stream, opening, Opening};
use crate::decode::{Decoder, Limits, Silent};
use crate::error::{Code, Error, Result};
use crate::gather::holds;
use crate::openai::{ChatRequest, Chunk, Head, Sink};
use crate::options::Retry;
use crate::routing::{ApiFormat, Candidate, ServingMode, Transport};
use crate::wire::service_error::{service_error, NOT_ON_OPENAI};
use crate::wire::Wire;

/// What a call is made of, besides its request and its targets.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether chunks are wanted, or the whole answer.
    pub stream: bool,
    /// Whether a stream that can't be opened is asked for unstreamed.
    pub fallback: bool,
    /// How often to try.
    pub retry: Retry,
    /// How much to take.
    pub limits: Limits,
    /// Sent with every request, lower-case names.
    pub headers: Vec<(String, String)>,
    /// Whether `<tool_call>` in the text of an answer becomes tool calls, where the request has tools.
    pub tool_call_text: bool,
    /// Whether a signer signs: the openai transport then names the compartment in a header.
    pub signs: bool,
    /// Id and time of the answer, where the service gives none.
    pub head: Head,
}

/// A request that is to be signed and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub url: String,
    /// Lower-case names; without authorization, host and content-length.
    pub headers: Vec<(String, String)>,
    /// Exactly these bytes.
    pub body: Vec<u8>,
    /// 1, 2, …
    pub attempt: u32,
    /// Whether an API key belongs to this request: it does on the openai transport only.
    pub takes_api_key: bool,
}

/// The head of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status; 0 where the runtime hides a redirect.
    pub status: u16,
    /// `content-type`
    pub content_type: String,
    /// `opc-request-id`
    pub opc_request_id: Option<String>,
    /// `retry-after`
    pub retry_after: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Send this, then tell [`Call::responded`] or [`Call::failed`].
    Send(Outgoing),
    /// Wait so many milliseconds, then ask again.
    Wait(f64),
    /// Go on reading the body: [`Call::received`], [`Call::ended`].
    Read,
    /// The first chunk has been told. Go on reading.
    Stream,
    /// Everything has been told.
    Done,
    /// The call failed.
    Fail(Error),
}

/// The time, in milliseconds since some beginning.
pub trait Now {
    /// Reads it.
    fn ms(self) -> f64;
}

impl Now for f64 {
    fn ms(self) -> f64 {
        self
    }
}

impl Now for fn() -> f64 {
    fn ms(self) -> f64 {
        self()
    }
}

/// How a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is something to be done: see [`Call::next`].
    Going,
    /// Everything has been told.
    Done,
    /// It failed.
    Failed,
}

/// One call.
#[derive(Debug)]
pub struct Call {
    request: ChatRequest,
    settings: Settings,
    candidates: Vec<Candidate>,
    /// Which candidate is tried.
    current: usize,
    /// How often the current candidate has been tried, corrections and the fallback not counted.
    tries: u32,
    /// Formats that are still to be tried on a DAC whose format nobody told.
    corrections: Vec<ApiFormat>,
    /// Why the current candidate is asked unstreamed.
    fallback: Option<String>,
    state: State,
    decoder: Decoder,
    /// The whole body, where a body is read whole.
    body: Vec<u8>,
    response: Response,
    attempts: Vec<Attempt>,
    first_chunk_at: Option<f64>,
    streamed: bool,
    started: f64,
    ended: Option<f64>,
    error: Option<Error>,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Ready,
    Waiting(f64),
    /// The first bytes decide how the body is read.
    Opening,
    Events,
    Whole,
    ErrorBody,
    Streaming,
    Done,
    Failed(Error),
}

impl Call {
    /// A call that has not begun. There is at least one candidate.
    pub fn new(
        request: ChatRequest,
        candidates: Vec<Candidate>,
        settings: Settings,
        now: f64,
    ) -> Call {
        let mut call = Call {
            decoder: Decoder::new(Wire::Generic, settings.head.clone(), settings.limits, false),
            request,
            settings,
            candidates,
            current: 0,
            tries: 1,
            corrections: Vec::new(),
            fallback: None,
            state: State::Ready,
            body: Vec::new(),
            response: Response::default(),
            attempts: Vec::new(),
            first_chunk_at: None,
            streamed: false,
            started: now,
            ended: None,
            error: None,
        };
        call.begin_candidate();
        call
    }

    /// What is to be done now.
    pub fn next(&mut self, now: f64) -> Next {
        match &self.state {
            State::Ready => match self.outgoing(now) {
                Ok(outgoing) => Next::Send(outgoing),
                Err(error) => {
                    self.failed(error, 0.0, now);
                    self.next(now)
                }
            },
            State::Waiting(ms) => {
                let ms = *ms;
                self.state = State::Ready;
                Next::Wait(ms)
            }
            State::Opening | State::Events | State::Whole | State::ErrorBody => Next::Read,
            State::Streaming => Next::Stream,
            State::Done => Next::Done,
            State::Failed(error) => Next::Fail(error.clone()),
        }
    }

    /// The head of the answer is there.
    pub fn responded(&mut self, response: Response, now: f64) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.status = Some(response.status).filter(|status| *status != 0);
            attempt.opc_request_id = response.opc_request_id.clone();
            attempt.ms = now - attempt.started;
        }
        let Some(candidate) = self.candidates.get(self.current) else {
            return;
        };
        let include_usage = self.request.wants_usage();
        let wire = Wire::of(&candidate.route);
        self.decoder = Decoder::new(
            wire,
            self.settings.head.clone(),
            self.settings.limits,
            include_usage,
        );
        let answer = self.decoder.answer_mut();
        answer.set_opc_request_id(response.opc_request_id.clone());
        // On the openai transport chunks pass as they are, and the service has a parser of its own.
        if self.settings.tool_call_text && self.request.has_tools() && wire != Wire::OpenAi {
            answer.look_for_tool_text();
        }
        self.body.clear();
        let status = response.status;
        self.state = if (200..300).contains(&status) {
            State::Opening
        } else {
            State::ErrorBody
        };
        self.response = response;
        if status == 0 || (300..400).contains(&status) {
            // The body of a redirect is of no use to anybody.
            self.ended(now, &mut Silent);
        }
    }

    /// Bytes of the body. What they say is told to the sink if chunks are wanted. The time is only looked at where something
    /// begins or ends: a shell may give its clock instead.
    pub fn received(&mut self, bytes: &[u8], now: impl Now, sink: &mut dyn Sink) {
        if self.state == State::Streaming {
            let result = self.decoder.feed(bytes, sink);
            if result.is_err() || self.decoder.is_done() {
                self.after(result, now.ms());
            }
            return;
        }
        self.opened(bytes, now.ms(), sink);
    }

    fn opened(&mut self, bytes: &[u8], now: f64, sink: &mut dyn Sink) {
        let opened;
        let mut bytes = bytes;
        if self.state == State::Opening {
            self.body.extend_from_slice(bytes);
            self.state = match opening(&self.body, &self.response.content_type) {
                Opening::Undecided if self.body.len() > self.settings.limits.max_response_bytes => {
                    return self.failed(
                        too_large(self.settings.limits.max_response_bytes),
                        0.0,
                        now,
                    );
                }
                Opening::Undecided => return,
                Opening::Compressed => {
                    let error = Error::new(
                        Code::UnsupportedEncoding,
                        "the answer is compressed in a way that the runtime did not undo",
                    );
                    return self.failed(
                        error.with_hint("let no proxy in between ask for compression"),
                        0.0,
                        now,
                    );
                }
                Opening::Events => State::Events,
                Opening::Whole => State::Whole,
            };
            opened = std::mem::take(&mut self.body);
            bytes = &opened;
        }
        match self.state {
            State::Events => {
                let wanted = self.settings.stream;
                let mut counting = Counting {
                    told: 0,
                    inner: sink,
                };
                let result = if wanted {
                    self.decoder.feed(bytes, &mut counting)
                } else {
                    self.decoder.feed(bytes, &mut Silent)
                };
                self.begin_streaming(counting.told > 0, now);
                self.after(result, now);
            }
            State::Whole
                if self.body.len().saturating_add(bytes.len())
                    > self.settings.limits.max_response_bytes =>
            {
                self.failed(too_large(self.settings.limits.max_response_bytes), 0.0, now);
            }
            State::Whole => self.body.extend_from_slice(bytes),
            State::ErrorBody => {
                let room = self
                    .settings
                    .limits
                    .max_error_bytes
                    .saturating_sub(self.body.len());
                self.body
                    .extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
                if bytes.len() >= room {
                    self.ended(now, sink);
                }
            }
            _ => {}
        }
    }

    /// The body ended.
    pub fn ended(&mut self, now: f64, sink: &mut dyn Sink) {
        match self.state {
            State::Streaming => {
                let result = self.decoder.end(sink);
                self.after(result, now);
            }
            // Too short to say what it is: a whole answer, if one was asked for and nothing says events.
            State::Opening
                if !self.settings.stream && !is_event_stream(&self.response.content_type) =>
            {
                self.read_whole(now, sink)
            }
            State::Opening | State::Events => {
                let mut counting = Counting {
                    told: 0,
                    inner: sink,
                };
                let wanted = self.settings.stream;
                let result = if wanted {
                    self.decoder.end(&mut counting)
                } else {
                    self.decoder.end(&mut Silent)
                };
                self.begin_streaming(counting.told > 0, now);
                self.after(result, now);
            }
            State::Whole => self.read_whole(now, sink),
            State::ErrorBody => {
                let Some(candidate) = self.candidates.get(self.current) else {
                    return;
                };
                // A runtime that hides a redirect says status 0.
                let status = if self.response.status == 0 {
                    302
                } else {
                    self.response.status
                };
                let error = service_error(
                    status,
                    &self.body,
                    &candidate.route,
                    self.settings.signs,
                    self.response.opc_request_id.clone(),
                );
                let wait = self.response.retry_after.as_deref().map_or(0, seconds);
                self.failed(error, f64::from(wait) * 1000.0, now);
            }
            _ => {}
        }
    }

    /// Something failed: the request, the reading, the signer, a timer. `retry_after` is what the service asked to wait, in
    /// milliseconds, or 0.
    pub fn failed(&mut self, error: Error, retry_after: f64, now: f64) {
        if matches!(self.state, State::Done | State::Failed(_)) {
            return;
        }
        let known = self
            .attempts
            .last()
            .and_then(|attempt| attempt.opc_request_id.clone());
        let error = if error.opc_request_id().is_none() {
            error.with_opc_request_id(known)
        } else {
            error
        };
        if let Some(attempt) = self.attempts.last_mut() {
            if attempt.code.is_none() {
                attempt.code = Some(error.code().as_str());
                attempt.ms = now - attempt.started;
            }
        }
        if self.first_chunk_at.is_some() || is_final(error.code()) {
            return self.fail(error, now);
        }
        if self.correct(&error) {
            self.state = State::Ready;
        } else if self.may_fall_back(error.code()) {
            self.fallback = Some(format!("{}: {}", error.code(), error.message()));
            self.state = State::Ready;
        } else if let Some(wait) = self.retry_wait(error.code(), retry_after) {
            self.tries += 1;
            self.state = State::Waiting(wait);
        } else if self.current + 1 < self.candidates.len() {
            self.current += 1;
            self.begin_candidate();
            self.state = State::Ready;
        } else if self.candidates.len() > 1 {
            let message = format!(
                "all {} targets failed; the last with {}: {}",
                self.candidates.len(),
                error.code(),
                error.message()
            );
            let mut all = Error::new(Code::AllTargetsFailed, message)
                .with_hint("`attempts` tells how each target failed");
            if let Some(status) = error.status() {
                all = all.with_status(status);
            }
            self.fail(
                all.with_opc_request_id(error.opc_request_id().map(str::to_owned)),
                now,
            );
        } else {
            self.fail(error, now);
        }
    }

    /// The caller gave up: the report says so without an error.
    pub fn stopped(&mut self, now: f64) {
        self.ended.get_or_insert(now);
    }

    /// Whether it has ended, and how.
    pub fn standing(&self) -> Standing {
        match self.state {
            State::Done => Standing::Done,
            State::Failed(_) => Standing::Failed,
            _ => Standing::Going,
        }
    }

    /// Whether the body of the last response is still wanted.
    pub fn is_reading(&self) -> bool {
        matches!(
            self.state,
            State::Opening | State::Events | State::Whole | State::ErrorBody | State::Streaming
        )
    }

    // ------------------------------------------------------------ what there is to tell

    /// The whole answer: as the service sent it where it speaks OpenAI's protocol, else put together from what was heard.
    pub fn completion_json(&self) -> Vec<u8> {
        let verbatim = match (&self.state, self.candidates.get(self.current)) {
            (State::Done, Some(candidate))
                if candidate.route.transport() == Transport::OpenAi && !self.body.is_empty() =>
            {
                crate::wire::openai::with_extras(
                    &self.body,
                    self.response.opc_request_id.as_deref(),
                )
            }
            _ => None,
        };
        verbatim.unwrap_or_else(|| self.answer().completion().to_json())
    }

    /// What has been heard so far.
    pub fn answer(&self) -> &Answer {
        self.decoder.answer()
    }

    /// Whether anything has been heard.
    pub fn has_answer(&self) -> bool {
        !self.answer().is_empty()
    }

    /// The attempts so far.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// The target that is, or was last, tried.
    pub fn candidate(&self) -> Option<&Candidate> {
        self.candidates.get(self.current)
    }

    /// A format that had to be found out and was accepted, with the id of the model it is for.
    pub fn learnt(&self) -> Option<(&str, Transport, Option<ApiFormat>)> {
        let heard = matches!(self.state, State::Streaming | State::Done) && self.corrected_now();
        let route = &self.candidate().filter(|_| heard)?.route;
        Some((route.model(), route.transport(), route.api_format()))
    }

    /// The report.
    pub fn report(&self, now: f64) -> Report<'_> {
        Report {
            model: self.request.model(),
            attempts: &self.attempts,
            streamed: self.streamed,
            fallback: self.fallback.as_deref().filter(|_| !self.streamed),
            usage: self.answer().usage(),
            finish_reason: self.answer().finish_reason(),
            first_chunk_ms: self.first_chunk_at.map(|at| at - self.started),
            total_ms: self.ended.unwrap_or(now) - self.started,
            error: self.error.as_ref().map(|error| error.code().as_str()),
        }
    }

    // ------------------------------------------------------------ inside

    fn outgoing(&mut self, now: f64) -> Result<Outgoing> {
        let candidate = self
            .candidates
            .get(self.current)
            .ok_or_else(|| Error::new(Code::Internal, "a call without a target"))?;
        let route = &candidate.route;
        let stream = self.settings.stream && self.fallback.is_none();
        let body = Wire::of(route).body(
            &self.request,
            route,
            candidate.compartment_id.as_deref(),
            stream,
        )?;
        let openai = route.transport() == Transport::OpenAi;
        let mut headers: Vec<(String, String)> =
            Vec::with_capacity(4 + self.settings.headers.len());
        let mut set =
            |name: &str, value: &str| match headers.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = value.to_owned(),
                None => headers.push((name.to_owned(), value.to_owned())),
            };
        set("accept", "application/json, text/event-stream");
        // Compressed events arrive late, and one frame an event is more than some decoders bear.
        set("accept-encoding", "identity");
        for (name, value) in &self.settings.headers {
            set(name, value);
        }
        if openai && self.settings.signs {
            set(
                "opc-compartment-id",
                candidate
                    .compartment_id
                    .as_deref()
                    .ok_or_else(crate::wire::missing_compartment)?,
            );
        }
        set("content-type", "application/json");
        let url = route.url(path_for(route.transport()))?;
        let attempt = Attempt {
            url: url.clone(),
            status: None,
            code: None,
            opc_request_id: None,
            ms: 0.0,
            started: now,
        };
        self.attempts.push(attempt);
        Ok(Outgoing {
            url,
            headers,
            body,
            attempt: self.attempts.len() as u32,
            takes_api_key: openai,
        })
    }

    fn begin_candidate(&mut self) {
        self.tries = 1;
        self.fallback = None;
        self.corrections = Vec::new();
        if let Some(candidate) = self.candidates.get(self.current) {
            let route = &candidate.route;
            let guessed =
                !route.has_explicit_format() && route.api_format() == Some(ApiFormat::Generic);
            if guessed && matches!(route.serving_mode(), Some(ServingMode::Dedicated { .. })) {
                // Taken from the end.
                self.corrections = vec![ApiFormat::Cohere, ApiFormat::CohereV2];
            }
        }
    }

    /// Corrects what was only assumed of the model, if the service says that it was wrong.
    fn correct(&mut self, error: &Error) -> bool {
        let Some(candidate) = self.candidates.get_mut(self.current) else {
            return false;
        };
        let corrected = match error.code() {
            Code::WrongApiFormat => match self.corrections.pop() {
                Some(format) => candidate.route.with_api_format(format),
                None => None,
            },
            Code::BadRequest
                if holds(error.message(), NOT_ON_OPENAI)
                    && candidate.route.transport() == Transport::OpenAi =>
            {
                candidate.route.moved_to_native()
            }
            _ => None,
        };
        match corrected {
            Some(route) => {
                candidate.route = route;
                true
            }
            None => false,
        }
    }

    fn corrected_now(&self) -> bool {
        self.candidate()
            .is_some_and(|candidate| candidate.route.was_renegotiated())
    }

    fn may_fall_back(&self, code: Code) -> bool {
        // What is left out would happen again.
        let pointless = matches!(
            code,
            Code::Unauthorized
                | Code::NotFoundOrUnauthorized
                | Code::RateLimited
                | Code::Redirected
        );
        let sent = self
            .attempts
            .last()
            .is_some_and(|attempt| attempt.code.is_some());
        self.settings.stream
            && self.settings.fallback
            && self.fallback.is_none()
            && !pointless
            && sent
            && !is_callers(code)
    }

    fn retry_wait(&self, code: Code, retry_after: f64) -> Option<f64> {
        let passing = matches!(
            code,
            Code::Network
                | Code::Conflict
                | Code::RateLimited
                | Code::ServiceUnavailable
                | Code::ServiceError
        );
        let retry = self.settings.retry;
        if !passing || self.tries >= retry.max_attempts || retry_after > retry.max_delay_ms {
            return None;
        }
        let doubled = retry.base_delay_ms * 2_f64.powi(self.tries.saturating_sub(1).min(30) as i32);
        Some(doubled.min(retry.max_delay_ms).max(retry_after))
    }

    fn begin_streaming(&mut self, told: bool, now: f64) {
        if told {
            self.first_chunk_at = Some(now);
            self.streamed = true;
            self.state = State::Streaming;
        }
    }

    /// After bytes were decoded.
    fn after(&mut self, result: Result<()>, now: f64) {
        match result {
            Err(error) => self.failed(error, 0.0, now),
            Ok(()) if self.decoder.is_done() => self.succeed(now),
            Ok(()) => {}
        }
    }

    fn read_whole(&mut self, now: f64, sink: &mut dyn Sink) {
        let Some(candidate) = self.candidates.get(self.current) else {
            return;
        };
        let wire = Wire::of(&candidate.route);
        if let Err(error) = wire.read_answer(&self.body, self.decoder.answer_mut()) {
            return self.failed(error, 0.0, now);
        }
        if self.settings.stream {
            let reason = self.fallback.get_or_insert_with(|| {
                "the endpoint answered with JSON instead of an event stream".into()
            });
            self.first_chunk_at = Some(now);
            self.decoder
                .answer()
                .tell_whole(reason, self.request.wants_usage(), sink);
        }
        self.succeed(now);
    }

    fn succeed(&mut self, now: f64) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.ms = now - attempt.started;
        }
        self.ended = Some(now);
        self.state = State::Done;
    }

    fn fail(&mut self, error: Error, now: f64) {
        self.ended = Some(now);
        self.error = Some(error.clone());
        self.state = State::Failed(error);
    }
}

/// The path of the chat operation.
pub(crate) fn path_for(transport: Transport) -> &'static str {
    match transport {
        Transport::Native => "/20231130/actions/chat",
        Transport::OpenAi => "/openai/v1/chat/completions",
    }
}

/// What no other attempt would change, whatever the target.
fn is_final(code: Code) -> bool {
    // A time limit is the call's own: it has run out for the next target too.
    matches!(
        code,
        Code::SignerFailed | Code::InvalidSignature | Code::Timeout | Code::Internal
    )
}

/// What the request itself is to blame for, before anything was sent.
fn is_callers(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidRequest
            | Code::InvalidModel
            | Code::InvalidOptions
            | Code::MissingCompartment
            | Code::RegionMismatch
    )
}

/// `Retry-After` in seconds; its other form, a date, would need a clock that agrees with the service's.
fn seconds(retry_after: &str) -> u32 {
    let digits = retry_after.trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits
        .parse()
        .unwrap_or(if is_number { u32::MAX } else { 0 })
}

fn too_large(limit: usize) -> Error {
    Error::new(
        Code::LimitExceeded,
        format!("the answer is larger than {limit} bytes"),
    )
    .with_hint("raise limits.maxResponseBytes")
}

/// Passes on what is told, and knows whether anything was.
struct Counting<'a> {
    told: usize,
    inner: &'a mut dyn Sink,
}

impl Sink for Counting<'_> {
    fn text(&mut self, head: &Head, text: &str) {
        self.told += 1;
        self.inner.text(head, text);
    }

    fn reasoning(&mut self, head: &Head, text: &str) {
        self.told += 1;
        self.inner.reasoning(head, text);
    }

    fn arguments(&mut self, head: &Head, call: usize, piece: &str) {
        self.told += 1;
        self.inner.arguments(head, call, piece);
    }

    fn chunk(&mut self, head: &Head, chunk: &Chunk<'_>) {
        self.told += 1;
        self.inner.chunk(head, chunk);
    }

    fn verbatim(&mut self, json: &str) {
        self.told += 1;
        self.inner.verbatim(json);
    }

    fn line(&mut self, bytes: &[u8]) {
        self.inner.line(bytes);
    }
}
