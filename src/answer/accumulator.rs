//! Accumulates an answer and emits chunks of it.

use serde_json::Value;

use super::choice::{ChoiceState, Finish, TaggedText};
use super::think_tags::ThinkTagParser;
use super::tool_calls::Fragment;
use super::tool_tags::ToolTagParser;
use crate::error::Result;
use crate::json::{RawJson, SurrogateJoiner, Wtf8Cow};
use crate::openai::{Chunk, ChunkChoice, Completion, Delta, Extras, Metadata, Sink};

/// How many fields that no wire knows are kept of one answer, and how long each may be, in bytes.
pub(crate) const MAX_OTHER_FIELDS: usize = 32;
pub(crate) const MAX_OTHER_FIELD_BYTES: usize = 64 * 1024;

/// An answer that is being received.
#[derive(Clone, Debug)]
pub struct Accumulator {
    pub(super) metadata: Metadata,
    pub(super) metadata_version: u32,
    /// Ordered by their indexes.
    pub(super) choices: Vec<ChoiceState>,
    pub(super) usage: Option<Value>,
    pub(super) service_tier: Option<String>,
    pub(super) opc_request_id: Option<String>,
    /// What is emitted together with the finish reason.
    pub(super) extras: Extras,
    /// Something has been added to the extras since they were last emitted.
    pub(super) extras_changed: bool,
    /// Whether fields that no wire knows belong to the answer: not those of a ping.
    keeps_other_fields: bool,
    pub(super) plan_joiner: SurrogateJoiner,
    pub(super) first_chunk_sent: bool,
    /// Set by a wire whose events can end the answer without a finish reason.
    pub(super) is_complete: bool,
    pub(super) max_tool_calls: usize,
    extract_tool_calls: bool,
    extract_reasoning: bool,
}

impl Accumulator {
    /// An empty answer. More than `max_tool_calls` in one choice are `limit_exceeded`.
    pub fn new(metadata: Metadata, max_tool_calls: usize) -> Self {
        Accumulator {
            metadata,
            metadata_version: 0,
            choices: Vec::new(),
            usage: None,
            service_tier: None,
            opc_request_id: None,
            extras: Extras::default(),
            extras_changed: false,
            keeps_other_fields: true,
            plan_joiner: SurrogateJoiner::default(),
            first_chunk_sent: false,
            is_complete: false,
            max_tool_calls,
            extract_tool_calls: false,
            extract_reasoning: false,
        }
    }

    /// Sets OCI's id of the request, which the first chunk and the completion carry under `oci`.
    pub fn set_opc_request_id(&mut self, id: Option<String>) {
        self.opc_request_id = id;
    }

    /// Whether nothing of the message has been received.
    pub fn is_empty(&self) -> bool {
        self.choices.is_empty() && !self.is_complete
    }

    /// Whether every choice that was received has ended.
    pub fn is_finished(&self) -> bool {
        self.is_complete
            || (!self.choices.is_empty() && self.choices.iter().all(|it| it.finish.is_some()))
    }

    /// Whether a chunk has been emitted to a sink that keeps it.
    pub fn has_emitted(&self) -> bool {
        self.first_chunk_sent
    }

    /// OpenAI's usage object, once it is known.
    pub fn usage(&self) -> Option<&Value> {
        self.usage.as_ref()
    }

    /// The finish reason of the first choice, once it is known.
    pub fn finish_reason(&self) -> Option<&'static str> {
        self.choices
            .first()?
            .finish
            .as_ref()
            .map(|finish| finish.openai)
    }

    /// Everything that was received, as one completion. Of a broken stream: what there is.
    pub fn completion(&self) -> Completion {
        let choices = self.choices.iter().map(ChoiceState::to_choice).collect();
        let finish = self
            .choices
            .first()
            .and_then(|choice| choice.finish.as_ref());
        let extras = Extras {
            opc_request_id: self.opc_request_id.clone(),
            finish_reason: finish.and_then(Finish::mapped),
            ..self.extras.clone()
        };
        Completion {
            usage: self.usage.clone(),
            service_tier: self.service_tier.clone(),
            oci: extras.non_empty(),
            ..Completion::new(&self.metadata, choices)
        }
    }

    // ---------------------------------------------------------------- what the wires call

    /// Extracts `<tool_call>` from the text from now on.
    pub(crate) fn extract_tool_calls(&mut self) {
        self.extract_tool_calls = true;
    }

    /// Extracts `<think>` from the start of the text from now on.
    pub(crate) fn extract_reasoning(&mut self) {
        self.extract_reasoning = true;
    }

    /// When OCI created the answer, in seconds since 1970.
    pub(crate) fn set_created(&mut self, created: u64) {
        self.metadata.created = created;
    }

    /// What a service that sends OpenAI's chunks says of its answer.
    pub(crate) fn set_metadata(
        &mut self,
        id: Option<String>,
        created: Option<u64>,
        model: Option<String>,
    ) {
        fn set<T: PartialEq>(known: &mut T, new: Option<T>) -> bool {
            match new {
                Some(new) if new != *known => {
                    *known = new;
                    true
                }
                _ => false,
            }
        }
        let known = &mut self.metadata;
        let is_new = set(&mut known.id, id)
            | set(&mut known.created, created)
            | set(&mut known.model, model);
        if is_new {
            self.metadata_version = self.metadata_version.wrapping_add(1);
        }
    }

    /// Changes whenever an event brings something new that it shares with others:
    /// [`Accumulator::set_metadata`], [`Accumulator::push_other_field`].
    pub(crate) fn metadata_version(&self) -> u32 {
        self.metadata_version
    }

    /// Makes sure that the choice exists, whether or not it has content.
    pub(crate) fn ensure_choice(&mut self, choice: u32) {
        self.choice(choice);
    }

    /// OpenAI's spelling is lower case.
    pub(crate) fn set_service_tier(&mut self, tier: &str) {
        self.service_tier = Some(tier.to_ascii_lowercase());
    }

    /// The service said in its own way that the answer is complete; a reason may still follow.
    pub(crate) fn set_complete(&mut self) {
        self.is_complete = true;
    }

    /// A chunk was emitted by somebody else: one that the service wrote in OpenAI's own form.
    pub(crate) fn set_first_chunk_sent(&mut self) {
        self.first_chunk_sent = true;
    }

    pub(crate) fn push_reasoning(&mut self, choice: u32, delta: &Wtf8Cow<'_>, sink: &mut dyn Sink) {
        let new = self.choice(choice).reasoning_joiner.join(&delta.0);
        self.emit_reasoning(choice, &new, sink);
    }

    pub(crate) fn push_refusal(&mut self, choice: u32, delta: &Wtf8Cow<'_>, sink: &mut dyn Sink) {
        let state = self.choice(choice);
        let new = state.refusal_joiner.join(&delta.0).into_owned();
        state.refusal.push_str(&new);
        if !new.is_empty() {
            self.emit(
                choice,
                Delta {
                    refusal: Some(&new),
                    ..Delta::default()
                },
                sink,
            );
        }
    }

    /// Annotations in OpenAI's shape.
    pub(crate) fn push_annotations(&mut self, choice: u32, new: Vec<Value>, sink: &mut dyn Sink) {
        if !new.is_empty() {
            self.choice(choice).annotations.extend(new.iter().cloned());
            let new = Value::Array(new);
            self.emit(
                choice,
                Delta {
                    annotations: Some(&new),
                    ..Delta::default()
                },
                sink,
            );
        }
    }

    /// OpenAI's logprobs object.
    pub(crate) fn push_logprobs(&mut self, choice: u32, logprobs: Value, sink: &mut dyn Sink) {
        self.record_logprobs(choice, &logprobs);
        let new = ChunkChoice {
            index: choice,
            logprobs: Some(logprobs),
            ..ChunkChoice::default()
        };
        self.emit_choice(choice, new, None, sink);
    }

    /// OpenAI's logprobs object, for the completion only.
    pub(crate) fn record_logprobs(&mut self, choice: u32, logprobs: &Value) {
        if let Some(content) = logprobs.get("content").and_then(Value::as_array) {
            self.choice(choice).logprobs.extend(content.iter().cloned());
        }
    }

    pub(crate) fn push_tool_call(
        &mut self,
        choice: u32,
        fragment: &Fragment<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        self.push_matched_tool_call(choice, fragment, None, sink)
    }

    /// The same, where it may be known how a JSON string writes the arguments.
    pub(crate) fn push_matched_tool_call(
        &mut self,
        choice: u32,
        fragment: &Fragment<'_>,
        escaped: Option<&[u8]>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        // SPEED: nearly every fragment continues the arguments of the first choice's current call.
        if let Some(state) = self
            .choices
            .first_mut()
            .filter(|state| state.index == 0 && choice == 0)
        {
            if let Some((call, arguments)) = state.calls.append_arguments(fragment) {
                if !arguments.is_empty() {
                    let metadata = &self.metadata;
                    match escaped {
                        Some(escaped) => sink.escaped_arguments(metadata, call, arguments, escaped),
                        None => sink.arguments(metadata, call, arguments),
                    }
                }
                return Ok(());
            }
        }
        self.push_other_tool_call(choice, fragment, sink)
    }

    #[inline(never)]
    fn push_other_tool_call(
        &mut self,
        choice: u32,
        fragment: &Fragment<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let max = self.max_tool_calls;
        let mut calls = std::mem::take(&mut self.choice(choice).calls);
        let id = &self.metadata.id;
        let id = id.strip_prefix("chatcmpl-").unwrap_or(id);
        // The service's own id may have any length, and each call would repeat it.
        const MAX_ANSWER_ID_CHARS: usize = 64;
        let answer_id: String = id.chars().take(MAX_ANSWER_ID_CHARS).collect();
        let result = calls.push_fragment(
            fragment,
            max,
            |index| format!("call_{answer_id}_{choice}_{index}"),
            |delta| {
                self.emit(
                    choice,
                    Delta {
                        tool_calls: vec![delta],
                        ..Delta::default()
                    },
                    sink,
                )
            },
        );
        self.choice(choice).calls = calls;
        result
    }

    /// Whether this call was received at this position: a wire without ids restates its calls so.
    pub(crate) fn has_tool_call(
        &mut self,
        choice: u32,
        position: usize,
        name: &str,
        arguments: &str,
    ) -> bool {
        self.choice(choice).calls.matches(position, name, arguments)
    }

    pub(crate) fn tool_call_count(&mut self, choice: u32) -> usize {
        self.choice(choice).calls.len()
    }

    /// What is emitted together with the next finish reason, for something to be added to it.
    pub(crate) fn extras(&mut self) -> &mut Extras {
        self.extras_changed = true;
        &mut self.extras
    }

    /// Whether fields that no wire knows are kept from now on.
    pub(crate) fn keep_other_fields(&mut self, keep: bool) {
        self.keeps_other_fields = keep;
    }

    /// Keeps a field that no wire knows, up to [`MAX_OTHER_FIELDS`] of at most
    /// [`MAX_OTHER_FIELD_BYTES`]. Of two with one name the last counts.
    pub(crate) fn push_other_field(&mut self, name: &str, json: RawJson<'_>) {
        let is_too_long = name.len() + json.as_bytes().len() > MAX_OTHER_FIELD_BYTES;
        if !self.keeps_other_fields || is_too_long || json.is_null() {
            return;
        }
        let name = Extras::name_of_other(name);
        let others = &mut self.extras.others;
        if others.len() < MAX_OTHER_FIELDS || others.contains_key(name.as_ref()) {
            let value = json.to_value();
            if others.get(name.as_ref()) != Some(&value) {
                others.insert(name.into_owned(), value);
                self.extras_changed = true;
                self.metadata_version = self.metadata_version.wrapping_add(1);
            }
        }
    }

    /// The next delta of Cohere V2's plan.
    pub(crate) fn push_tool_plan(&mut self, delta: &Wtf8Cow<'_>) {
        let new = self.plan_joiner.join(&delta.0);
        self.extras.tool_plan.get_or_insert_default().push_str(&new);
        self.extras_changed = true;
    }

    /// OpenAI's usage object. The last one counts.
    pub(crate) fn set_usage(&mut self, usage: Value) {
        self.usage = Some(usage);
    }

    // ---------------------------------------------------------------- inside

    pub(super) fn choice(&mut self, index: u32) -> &mut ChoiceState {
        // Nearly always the first and only one.
        let at = self.choices.iter().position(|choice| choice.index >= index);
        let at = at.unwrap_or(self.choices.len());
        if self
            .choices
            .get(at)
            .is_none_or(|choice| choice.index != index)
        {
            let extracts = self.extract_tool_calls || self.extract_reasoning;
            let tagged = extracts.then(|| TaggedText {
                reasoning: self.extract_reasoning.then(ThinkTagParser::default),
                calls: self.extract_tool_calls.then(ToolTagParser::default),
                received: String::new(),
            });
            self.choices.insert(
                at,
                ChoiceState {
                    index,
                    tagged,
                    ..ChoiceState::default()
                },
            );
        }
        #[allow(clippy::indexing_slicing)] // what stands at `at` was found, or inserted, above
        &mut self.choices[at]
    }

    pub(super) fn emit_reasoning(&mut self, choice: u32, new: &str, sink: &mut dyn Sink) {
        if new.is_empty() {
            return;
        }
        let state = self.choice(choice);
        state.reasoning.push_str(new);
        if choice == 0 && state.role_sent {
            sink.reasoning(&self.metadata, new);
        } else {
            self.emit(
                choice,
                Delta {
                    reasoning_content: Some(new),
                    ..Delta::default()
                },
                sink,
            );
        }
    }

    pub(super) fn emit(&mut self, choice: u32, delta: Delta<'_>, sink: &mut dyn Sink) {
        let new = ChunkChoice {
            index: choice,
            delta,
            ..ChunkChoice::default()
        };
        self.emit_choice(choice, new, None, sink);
    }

    pub(super) fn emit_choice(
        &mut self,
        choice: u32,
        mut new: ChunkChoice<'_>,
        mut oci: Option<Extras>,
        sink: &mut dyn Sink,
    ) {
        if !std::mem::replace(&mut self.choice(choice).role_sent, true) {
            new.delta.role = Some("assistant");
        }
        if !sink.keeps_chunks() {
            return;
        }
        if !std::mem::replace(&mut self.first_chunk_sent, true) && self.opc_request_id.is_some() {
            oci.get_or_insert_default().opc_request_id = self.opc_request_id.clone();
        }
        sink.chunk(
            &self.metadata,
            &Chunk {
                choices: vec![new],
                usage: None,
                oci,
            },
        );
    }
}
