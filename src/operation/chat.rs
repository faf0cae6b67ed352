//! The chat operation: `POST /20231130/actions/chat`, or OpenAI's path on the openai transport.

use serde_json::Value;

use super::Exchange;
use crate::answer::Accumulator;
use crate::decode::Decoder;
use crate::error::Result;
use crate::openai::{ChatRequest, Metadata, Sink};
use crate::options::{Limits, Options};
use crate::routing::{Action, Candidate, Route};
use crate::wire::{with_opc_request_id, WireFormat};

/// A chat: its request, and the answer that is received.
#[derive(Debug)]
pub struct Chat {
    request: ChatRequest,
    metadata: Metadata,
    limits: Limits,
    /// Whether `<tool_call>` in the text becomes tool calls, where the request has tools.
    tool_call_text: bool,
    /// Whether `<think>` at the start of the text becomes reasoning.
    reasoning_text: bool,
    format: &'static WireFormat,
    decoder: Decoder,
    opc_request_id: Option<String>,
    /// The service's own completion, on the openai transport.
    verbatim: Option<Vec<u8>>,
}

impl Chat {
    /// A chat that has not been sent. `metadata`: id and time of the answer, where the service
    /// sends none.
    pub fn new(
        request: ChatRequest,
        metadata: Metadata,
        limits: Limits,
        tool_call_text: bool,
    ) -> Self {
        let format = &crate::wire::GENERIC;
        let decoder = Decoder::new(format, metadata.clone(), limits, false);
        Chat {
            request,
            metadata,
            limits,
            tool_call_text,
            reasoning_text: false,
            format,
            decoder,
            opc_request_id: None,
            verbatim: None,
        }
    }

    /// A chat with the limits of a client's options, and with what they say of the text. `id`: that
    /// of the answer, where the service sends none. `now`: milliseconds since 1970.
    pub fn with_options(request: ChatRequest, options: &Options, id: &str, now: f64) -> Self {
        let metadata = Metadata {
            id: id.to_owned(),
            created: (now / 1000.0) as u64,
            model: request.model().to_owned(),
        };
        Chat::new(request, metadata, options.limits, options.tool_call_text)
            .with_reasoning_text(options.reasoning_text)
    }

    /// Sets whether `<think>…</think>` at the start of the text becomes reasoning.
    #[must_use]
    pub fn with_reasoning_text(mut self, extract: bool) -> Self {
        self.reasoning_text = extract;
        self
    }

    /// Emits an answer that was received whole, to a sink that writes another form of it.
    pub fn emit(&self, sink: &mut dyn Sink) {
        self.answer().replay("", false, sink);
    }

    /// What has been received of the answer.
    pub fn answer(&self) -> &Accumulator {
        self.decoder.answer()
    }
}

impl Exchange for Chat {
    fn model(&self) -> &str {
        self.request.model()
    }

    fn action(&self) -> Action {
        Action::Chat
    }

    fn body(&self, target: &Candidate, stream: bool) -> Result<Vec<u8>> {
        WireFormat::for_route(&target.route).body(&self.request, target, stream)
    }

    fn release_request(&mut self) {
        self.request.release();
    }

    fn start_answer(&mut self, route: &Route, opc_request_id: Option<&str>) {
        self.format = WireFormat::for_route(route);
        self.verbatim = None;
        self.opc_request_id = opc_request_id.map(str::to_owned);
        let include_usage = self.request.wants_usage();
        self.decoder = Decoder::new(
            self.format,
            self.metadata.clone(),
            self.limits,
            include_usage,
        );
        let answer = self.decoder.answer_mut();
        answer.set_opc_request_id(self.opc_request_id.clone());
        // Chunks that pass through are the service's, which has a tool parser of its own.
        let translates = !self.format.passes_events_through || self.request.is_translated();
        if self.tool_call_text && self.request.has_tools() && translates {
            answer.extract_tool_calls();
        }
        if self.reasoning_text && translates {
            answer.extract_reasoning();
        }
    }

    fn read_whole(&mut self, body: Vec<u8>) -> Result<()> {
        self.format.read_whole(&body, self.decoder.answer_mut())?;
        self.verbatim = self.format.passes_events_through.then_some(body);
        Ok(())
    }

    fn result(&self) -> Vec<u8> {
        let verbatim = self.verbatim.as_deref();
        let verbatim =
            verbatim.and_then(|body| with_opc_request_id(body, self.opc_request_id.as_deref()));
        verbatim.unwrap_or_else(|| self.answer().completion().to_json())
    }

    fn has_result(&self) -> bool {
        !self.answer().is_empty()
    }

    fn usage(&self) -> Option<&Value> {
        self.answer().usage()
    }

    fn finish_reason(&self) -> Option<&'static str> {
        self.answer().finish_reason()
    }

    fn can_stream(&self) -> bool {
        true
    }

    fn feed(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<()> {
        self.decoder.feed(bytes, sink)
    }

    fn end(&mut self, sink: &mut dyn Sink) -> Result<()> {
        self.decoder.end(sink)
    }

    fn is_complete(&self) -> bool {
        self.decoder.is_done()
    }

    fn has_emitted(&self) -> bool {
        self.answer().has_emitted()
    }

    fn replay(&mut self, fallback: &str, sink: &mut dyn Sink) {
        self.answer()
            .replay(fallback, self.request.wants_usage(), sink);
    }
}
