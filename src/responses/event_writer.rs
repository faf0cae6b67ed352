//! Chunks -> the events of a response, or a whole response.

use serde_json::Value;

use super::item::{Call, Item, Kind, Part, COMPLETED, INCOMPLETE, IN_PROGRESS};
use super::response::{answer_id, ending, Response};
use super::settings::Settings;
use super::text::{push, push_digits, push_list, push_name, push_number, push_string};
use crate::json::{append, escape_into, to_json};
use crate::openai::{Chunk, ChunkChoice, Completion, Metadata, Sink};

/// Writes the answer to a request as the events of a response, or as a whole response.
///
/// Items are made as their text arrives: an item of text or of reasoning ends where one of another
/// kind begins, and calls, whose arguments may arrive interleaved, end with the answer.
///
/// SPEED: as in [`crate::openai::EventWriter`], what stands around a delta is made once for the
/// deltas of a part, and what follows one is copied together with what precedes the next. Only the
/// number of the event differs.
#[derive(Clone, Debug)]
pub struct EventWriter {
    out: Vec<u8>,
    settings: Settings,
    metadata: Metadata,
    state: State,
    /// The number of the next event.
    sequence: u64,
    items: Vec<Item>,
    /// Which item of text or of reasoning is open.
    open: Option<usize>,
    frame: Frame,
    /// `out` ends with the start of an event of the frame, whose text has not come.
    is_event_open: bool,
    /// JSON text of log probabilities whose text is not complete.
    logprobs: Vec<u8>,
    /// Why the answer is in one piece, if it was requested as a stream.
    fallback: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Started,
    /// Every item is complete.
    Finished,
}

/// What stands around the deltas of one part.
#[derive(Clone, Debug, Default)]
struct Frame {
    /// Of which item; `None` before the first.
    item: Option<usize>,
    kind: Option<Kind>,
    call: usize,
    /// What follows the text of an event, and what precedes that of the next.
    bytes: Vec<u8>,
    /// How long the first of these is.
    after: usize,
    /// Where the number of the event begins.
    number_at: usize,
    /// The number that is written there.
    number: u64,
}

const BEFORE_TEXT: &[u8] = b",\"delta\":\"";

impl EventWriter {
    pub(super) fn new(settings: Settings) -> Self {
        EventWriter {
            out: Vec::new(),
            settings,
            metadata: Metadata::default(),
            state: State::New,
            sequence: 0,
            items: Vec::new(),
            open: None,
            frame: Frame::default(),
            is_event_open: false,
            logprobs: Vec::new(),
            fallback: None,
        }
    }

    /// Takes what has been written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        self.close_event();
        std::mem::take(&mut self.out)
    }

    /// What has been written and not been taken.
    pub fn bytes(&self) -> &[u8] {
        self.out.get(..self.written()).unwrap_or_default()
    }

    /// Discards what has been written, and keeps the memory.
    pub fn clear(&mut self) {
        self.out.clear();
        self.is_event_open = false;
    }

    /// Writes the events that end the stream of an answer. `completed_at`: seconds since 1970.
    pub fn done(&mut self, completion: &Completion, completed_at: u64) {
        let choice = completion.choices.first();
        let reason = choice.and_then(|choice| choice.finish_reason);
        self.start(&metadata_of(completion));
        self.finish(reason.unwrap_or("stop"));
        let (status, details) = ending(reason);
        self.write_end(status, details, Some((completion, completed_at)));
    }

    /// A whole response of an answer whose chunks the writer has received at once.
    pub fn whole(&mut self, completion: &Completion, completed_at: u64) -> Vec<u8> {
        self.clear();
        self.fallback = None;
        let choice = completion.choices.first();
        let (status, details) = ending(choice.and_then(|choice| choice.finish_reason));
        self.write_response(status, details, Some((completion, completed_at)));
        self.take()
    }

    /// The events that end a stream which failed. The last `null` in them stands for the error,
    /// of which only the caller knows what may be shown. `None` if no event has been written.
    pub fn failure(&mut self) -> Option<Vec<u8>> {
        if self.state == State::New {
            return None;
        }
        self.clear();
        self.close_items(INCOMPLETE);
        self.write_end("failed", None, None);
        Some(self.take())
    }

    // ---------------------------------------------------------------- deltas

    #[inline(always)]
    fn delta(&mut self, kind: Kind, text: &str) {
        if self.frame.kind != Some(kind) {
            self.switch_to(kind);
        }
        self.write_delta(text, None);
    }

    #[inline(always)]
    fn plain_text(&mut self, metadata: &Metadata, text: &str, escaped: Option<&[u8]>) {
        if self.frame.kind != Some(Kind::Text) {
            self.start(metadata);
            self.switch_to(Kind::Text);
        }
        self.write_delta(text, escaped);
    }

    /// Writes an event of the frame. A first one is not followed by the start of another: where
    /// each network chunk holds one event, that would be wasted.
    fn write_delta(&mut self, text: &str, escaped: Option<&[u8]>) {
        let is_first = self.out.is_empty();
        let EventWriter {
            out,
            frame,
            items,
            sequence,
            is_event_open,
            ..
        } = self;
        let item = frame.item.and_then(|item| items.get_mut(item));
        if let Some(part) = item.and_then(|item| item.parts.last_mut()) {
            part.text.push_str(text);
        }
        if !*is_event_open {
            frame.set_number(*sequence);
            out.extend_from_slice(frame.before());
        }
        match escaped {
            Some(escaped) => out.extend_from_slice(escaped),
            None => escape_into(out, text),
        }
        *sequence += 1;
        if is_first {
            *is_event_open = false;
            out.extend_from_slice(frame.bytes.get(..frame.after).unwrap_or_default());
        } else {
            frame.set_number(*sequence);
            out.extend_from_slice(&frame.bytes);
            *is_event_open = true;
        }
    }

    /// The length of `out` without the event that is open.
    fn written(&self) -> usize {
        let open = if self.is_event_open {
            self.frame.before().len()
        } else {
            0
        };
        self.out.len().saturating_sub(open)
    }

    fn close_event(&mut self) {
        self.out.truncate(self.written());
        self.is_event_open = false;
    }

    /// Makes a part of this kind the one that is written to.
    #[inline(never)]
    fn switch_to(&mut self, kind: Kind) {
        let open = self.open.and_then(|open| self.items.get(open));
        let same = open.is_some_and(|open| open.kind.item() == kind.item());
        let item = match self.open.filter(|_| same) {
            Some(open) => {
                self.close_part(open);
                open
            }
            None => {
                self.close_open_item();
                self.open_item(kind, None)
            }
        };
        self.open = Some(item);
        self.open_part(item, kind);
        self.set_frame(item);
    }

    fn set_frame(&mut self, index: usize) {
        self.close_event();
        let Some(item) = self.items.get(index) else {
            return;
        };
        let (Some(part), count) = (item.parts.last(), item.parts.len()) else {
            return;
        };
        let words = part.kind.words();
        let mut bytes = b"\"".to_vec();
        if part.kind == Kind::Text {
            push_list(&mut bytes, "logprobs", b"");
        }
        push(&mut bytes, "}\n\n");
        let after = bytes.len();
        begin_event(&mut bytes, words.event, ".delta");
        push_string(&mut bytes, "item_id", &item.id);
        push_number(&mut bytes, "output_index", index as u64);
        if !words.index.is_empty() {
            push_number(&mut bytes, words.index, count as u64 - 1);
        }
        push_name(&mut bytes, "sequence_number");
        let number_at = bytes.len();
        self.frame = Frame {
            item: Some(index),
            kind: Some(part.kind),
            call: item.call.as_ref().map_or(0, |call| call.index),
            bytes,
            after,
            number_at,
            number: u64::MAX,
        };
    }

    // ---------------------------------------------------------------- items and parts

    /// Writes the events that begin a response.
    fn start(&mut self, metadata: &Metadata) {
        if self.state != State::New {
            return;
        }
        self.state = State::Started;
        self.metadata = metadata.clone();
        for suffix in ["created", IN_PROGRESS] {
            self.begin("response.", suffix);
            push_name(&mut self.out, "response");
            self.write_response(IN_PROGRESS, None, None);
            self.end();
        }
    }

    /// Adds an item, and returns its index.
    fn open_item(&mut self, kind: Kind, call: Option<Call>) -> usize {
        let index = self.items.len();
        let id = format!("{}_{}_{index}", kind.item(), answer_id(&self.metadata));
        let item = Item {
            id,
            parts: Vec::new(),
            call,
            status: IN_PROGRESS,
            kind,
        };
        self.begin_item_event(".added", index);
        item.write(&mut self.out);
        self.end();
        self.items.push(item);
        index
    }

    fn open_call(&mut self, index: usize, id: &str, name: &str) {
        self.close_open_item();
        let call = Call {
            index,
            id: id.to_owned(),
            name: name.to_owned(),
        };
        let item = self.open_item(Kind::Arguments, Some(call));
        self.open_part(item, Kind::Arguments);
        self.set_frame(item);
    }

    fn open_part(&mut self, index: usize, kind: Kind) {
        let part = Part::new(kind);
        let words = kind.words();
        if !words.part_event.is_empty() {
            let count = self.items.get(index).map_or(0, |item| item.parts.len());
            self.begin_part_event(words.part_event, ".added", index, kind, count);
            push_name(&mut self.out, "part");
            part.write(&mut self.out);
            self.end();
        }
        if let Some(item) = self.items.get_mut(index) {
            item.parts.push(part);
        }
    }

    /// Ends the last part of an item.
    fn close_part(&mut self, index: usize) {
        self.frame.kind = None;
        let Some(mut part) = self.items.get_mut(index).and_then(|item| item.parts.pop()) else {
            return;
        };
        let count = self.items.get(index).map_or(0, |item| item.parts.len());
        let words = part.kind.words();
        self.begin_part_event(words.event, ".done", index, part.kind, count);
        push_string(&mut self.out, words.text, &part.text);
        if part.kind == Kind::Text {
            part.logprobs = std::mem::take(&mut self.logprobs);
            push_list(&mut self.out, "logprobs", &part.logprobs);
        }
        self.end();
        if !words.part_event.is_empty() {
            self.begin_part_event(words.part_event, ".done", index, part.kind, count);
            push_name(&mut self.out, "part");
            part.write(&mut self.out);
            self.end();
        }
        if let Some(item) = self.items.get_mut(index) {
            item.parts.push(part);
        }
    }

    /// Ends the item of text or of reasoning that is open: another one follows.
    fn close_open_item(&mut self) {
        if let Some(open) = self.open.take() {
            self.close_item(open, COMPLETED);
        }
    }

    fn close_item(&mut self, index: usize, status: &'static str) {
        self.close_part(index);
        let Some(item) = self.items.get_mut(index) else {
            return;
        };
        item.status = status;
        self.begin_item_event(".done", index);
        if let Some(item) = self.items.get(index) {
            item.write(&mut self.out);
        }
        self.end();
    }

    /// Ends every item that is open.
    fn close_items(&mut self, status: &'static str) {
        if !self.logprobs.is_empty() && self.frame.kind != Some(Kind::Text) {
            self.switch_to(Kind::Text);
        }
        self.open = None;
        for index in 0..self.items.len() {
            if self.items.get(index).is_some_and(Item::is_open) {
                self.close_item(index, status);
            }
        }
    }

    /// The answer ended for this reason.
    fn finish(&mut self, reason: &'static str) {
        if self.state == State::Finished {
            return;
        }
        if self.items.is_empty() {
            // An answer is a message, though it may be empty.
            self.switch_to(Kind::Text);
        }
        let (status, _) = ending(Some(reason));
        self.close_items(status);
        self.state = State::Finished;
    }

    /// OpenAI's annotations of a chat, as those of the text that is open.
    fn push_annotations(&mut self, annotations: Option<&Value>) {
        for annotation in annotations.and_then(Value::as_array).into_iter().flatten() {
            if self.frame.kind != Some(Kind::Text) {
                self.switch_to(Kind::Text);
            }
            let Some(item) = self.open else {
                return;
            };
            // {type, url_citation: {url, …}} -> {type, url, …}
            let mut json = b"{\"type\":\"url_citation\",".to_vec();
            match annotation.get("url_citation").map(to_json) {
                Some(citation) => json.extend(citation.iter().skip(1)),
                None => continue,
            }
            let parts = self.items.get(item).map_or(0, |item| item.parts.len());
            let index = parts.saturating_sub(1);
            let event = Kind::Text.words().event;
            self.begin_part_event(event, ".annotation.added", item, Kind::Text, index);
            let item = self.items.get_mut(item);
            if let Some(part) = item.and_then(|item| item.parts.last_mut()) {
                push_number(
                    &mut self.out,
                    "annotation_index",
                    part.annotation_count as u64,
                );
                push_name(&mut self.out, "annotation");
                self.out.extend_from_slice(&json);
                if part.annotation_count > 0 {
                    part.annotations.push(b',');
                }
                part.annotations.append(&mut json);
                part.annotation_count += 1;
            }
            self.end();
        }
    }

    fn push_logprobs(&mut self, logprobs: Option<&Value>) {
        let content = logprobs.and_then(|logprobs| logprobs.get("content"));
        for token in content.and_then(Value::as_array).into_iter().flatten() {
            if !self.logprobs.is_empty() {
                self.logprobs.push(b',');
            }
            append(&mut self.logprobs, token);
        }
    }

    // ---------------------------------------------------------------- events

    fn begin(&mut self, event: &str, suffix: &str) {
        self.close_event();
        begin_event(&mut self.out, event, suffix);
        push_number(&mut self.out, "sequence_number", self.sequence);
        self.sequence += 1;
    }

    fn begin_item_event(&mut self, suffix: &str, index: usize) {
        self.begin("response.output_item", suffix);
        push_number(&mut self.out, "output_index", index as u64);
        push_name(&mut self.out, "item");
    }

    fn begin_part_event(
        &mut self,
        event: &str,
        suffix: &str,
        item: usize,
        kind: Kind,
        part: usize,
    ) {
        self.begin(event, suffix);
        let out = &mut self.out;
        if let Some(item) = self.items.get(item) {
            push_string(out, "item_id", &item.id);
        }
        push_number(out, "output_index", item as u64);
        let index = kind.words().index;
        if !index.is_empty() {
            push_number(out, index, part as u64);
        }
    }

    fn end(&mut self) {
        push(&mut self.out, "}\n\n");
    }

    /// Writes the last events of a stream.
    fn write_end(
        &mut self,
        status: &'static str,
        incomplete: Option<&str>,
        end: Option<(&Completion, u64)>,
    ) {
        self.begin("response.", status);
        push_name(&mut self.out, "response");
        self.write_response(status, incomplete, end);
        self.end();
        push(&mut self.out, "data: [DONE]\n\n");
    }

    fn write_response(
        &mut self,
        status: &str,
        incomplete: Option<&str>,
        end: Option<(&Completion, u64)>,
    ) {
        let response = Response {
            metadata: &self.metadata,
            settings: &self.settings,
            items: &self.items,
            fallback: self.fallback.as_deref(),
            status,
            incomplete,
            end,
        };
        response.write(&mut self.out);
    }

    fn push_choice(&mut self, choice: &ChunkChoice<'_>) {
        let delta = &choice.delta;
        if let Some(text) = delta.reasoning_content {
            self.delta(self.reasoning_kind(), text);
        }
        // They are of this text, or of one that is open.
        self.push_logprobs(choice.logprobs.as_ref());
        if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
            self.delta(Kind::Text, text);
        }
        if let Some(text) = delta.refusal {
            self.delta(Kind::Refusal, text);
        }
        self.push_annotations(delta.annotations);
        for call in &delta.tool_calls {
            if call.id.is_some() || call.function.name.is_some() {
                let name = call.function.name.unwrap_or_default();
                self.open_call(call.index, call.id.unwrap_or_default(), name);
            }
            if !call.function.arguments.is_empty() {
                self.push_arguments(call.index, call.function.arguments, None);
            }
        }
        if let Some(reason) = choice.finish_reason {
            self.finish(reason);
        }
    }

    fn push_arguments(&mut self, call: usize, arguments: &str, escaped: Option<&[u8]>) {
        if self.frame.kind != Some(Kind::Arguments) || self.frame.call != call {
            let is_call = |item: &Item| item.call.as_ref().is_some_and(|it| it.index == call);
            let Some(item) = self.items.iter().position(is_call) else {
                return;
            };
            self.set_frame(item);
        }
        self.write_delta(arguments, escaped);
    }

    fn reasoning_kind(&self) -> Kind {
        if self.settings.summarizes {
            Kind::Summary
        } else {
            Kind::Reasoning
        }
    }
}

impl Frame {
    fn before(&self) -> &[u8] {
        self.bytes.get(self.after..).unwrap_or_default()
    }

    #[inline]
    fn set_number(&mut self, number: u64) {
        if self.number != number {
            self.number = number;
            self.bytes.truncate(self.number_at);
            push_digits(&mut self.bytes, number);
            self.bytes.extend_from_slice(BEFORE_TEXT);
        }
    }
}

impl Sink for EventWriter {
    fn text(&mut self, metadata: &Metadata, text: &str) {
        self.plain_text(metadata, text, None);
    }

    fn escaped_text(&mut self, metadata: &Metadata, text: &str, escaped: &[u8]) {
        self.plain_text(metadata, text, Some(escaped));
    }

    fn reasoning(&mut self, metadata: &Metadata, text: &str) {
        self.start(metadata);
        self.delta(self.reasoning_kind(), text);
    }

    fn arguments(&mut self, _: &Metadata, call: usize, arguments: &str) {
        self.push_arguments(call, arguments, None);
    }

    fn escaped_arguments(&mut self, _: &Metadata, call: usize, arguments: &str, escaped: &[u8]) {
        self.push_arguments(call, arguments, Some(escaped));
    }

    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
        self.start(metadata);
        let fallback = chunk.oci.as_ref().and_then(|oci| oci.fallback.clone());
        self.fallback = fallback.or_else(|| self.fallback.take());
        // A response is one answer.
        if let Some(choice) = chunk.choices.iter().find(|choice| choice.index == 0) {
            self.push_choice(choice);
        }
    }

    fn verbatim(&mut self, _: &str) {}

    fn decodes_chunks(&self) -> bool {
        true
    }
}

fn begin_event(out: &mut Vec<u8>, event: &str, suffix: &str) {
    for part in [
        "event: ",
        event,
        suffix,
        "\ndata: {\"type\":\"",
        event,
        suffix,
        "\"",
    ] {
        push(out, part);
    }
}

fn metadata_of(completion: &Completion) -> Metadata {
    Metadata {
        id: completion.id.clone(),
        created: completion.created,
        model: completion.model.clone(),
    }
}
