//! What has been heard of an answer, and what the caller is told of it: the one place where a stream's pieces and a whole
//! body come together. The wires call its methods; a [`Sink`] gets chunks; [`Answer::completion`] gives the whole.

use crate::json::Value;

use crate::answer::tool_calls::{Fragment, ToolCalls};
use crate::answer::tool_tags::{Found, ToolText};
use crate::error::{Code, Error, Result};
use crate::gather::each;
use crate::openai::{
    finish_reason, is_usage, logprobs_to_openai, logprobs_whole, usage_to_openai, AnswerMessage,
    Choice, Chunk, ChunkChoice, Completion, Delta, Extras, Head, Joiner, Sink, Text,
};

/// An answer that is being heard.
#[derive(Clone, Debug)]
pub struct Answer {
    head: Head,
    /// How often the service gave it another head.
    heads: u32,
    /// By their indexes.
    choices: Vec<ChoiceState>,
    usage: Option<Value>,
    service_tier: Option<String>,
    opc_request_id: Option<String>,
    /// What goes with the finish.
    extras: Extras,
    plan_joiner: Joiner,
    /// Whether the caller has been told anything.
    begun: bool,
    /// Set by a wire whose events can say that the answer is over without giving a reason.
    over: bool,
    max_tool_calls: usize,
    /// Whether calls are looked for in the text.
    tool_text: bool,
}

#[derive(Clone, Debug, Default)]
struct ChoiceState {
    index: u32,
    /// The caller knows the role.
    opened: bool,
    text: String,
    text_joiner: Joiner,
    /// Takes calls out of the text; what the service said before that is then kept apart, to know it when it is said again.
    tool_text: Option<(ToolText, String)>,
    /// How many pieces the text came in.
    pieces: usize,
    reasoning: String,
    reasoning_joiner: Joiner,
    refusal: String,
    refusal_joiner: Joiner,
    annotations: Vec<Value>,
    logprobs: Vec<Value>,
    calls: ToolCalls,
    finish: Option<Finish>,
}

/// OCI's word, null included, and OpenAI's.
#[derive(Clone, Debug)]
struct Finish {
    oci: Option<String>,
    openai: &'static str,
}

impl Answer {
    /// An answer of which nothing has been heard.
    pub fn new(head: Head, max_tool_calls: usize) -> Self {
        Answer {
            head,
            heads: 0,
            choices: Vec::new(),
            usage: None,
            service_tier: None,
            opc_request_id: None,
            extras: Extras::default(),
            plan_joiner: Joiner::default(),
            begun: false,
            over: false,
            max_tool_calls,
            tool_text: false,
        }
    }

    /// OCI's id of the request, told with the first chunk.
    pub fn set_opc_request_id(&mut self, id: Option<String>) {
        self.opc_request_id = id;
    }

    /// Looks for `<tool_call>` in the text from now on.
    pub(crate) fn look_for_tool_text(&mut self) {
        self.tool_text = true;
    }

    /// When OCI made the answer, in seconds since 1970.
    pub(crate) fn set_created(&mut self, created: u64) {
        self.head.created = created;
    }

    /// What a service that speaks OpenAI's protocol says of its answer.
    pub(crate) fn set_head(
        &mut self,
        id: Option<String>,
        created: Option<u64>,
        model: Option<String>,
    ) {
        let head = &mut self.head;
        let changes = id.as_ref().is_some_and(|id| *id != head.id)
            || created.is_some_and(|created| created != head.created)
            || model.as_ref().is_some_and(|model| *model != head.model);
        self.heads = self.heads.wrapping_add(changes.into());
        head.id = id.unwrap_or_else(|| std::mem::take(&mut head.id));
        head.created = created.unwrap_or(head.created);
        head.model = model.unwrap_or_else(|| std::mem::take(&mut head.model));
    }

    /// A number that is another one after [`Answer::set_head`] brought something new.
    pub(crate) fn heads(&self) -> u32 {
        self.heads
    }

    /// There is such a choice, whether or not it says anything.
    pub(crate) fn hear(&mut self, choice: u32) {
        self.choice(choice);
    }

    pub(crate) fn set_service_tier(&mut self, tier: &str) {
        self.service_tier = Some(tier.to_ascii_lowercase());
    }

    /// Whether anything of the message has been heard.
    pub fn is_empty(&self) -> bool {
        self.choices.is_empty() && !self.over
    }

    /// Whether every choice that was heard has ended.
    pub fn is_finished(&self) -> bool {
        self.over
            || (!self.choices.is_empty()
                && self.choices.iter().all(|choice| choice.finish.is_some()))
    }

    /// OpenAI's usage, once it is known.
    pub fn usage(&self) -> Option<&Value> {
        self.usage.as_ref()
    }

    /// The first choice's finish reason, once it is known.
    pub fn finish_reason(&self) -> Option<&'static str> {
        self.first()?.finish.as_ref().map(|finish| finish.openai)
    }

    // ------------------------------------------------------------ what the wires say

    /// The next piece of the text.
    pub(crate) fn text(
        &mut self,
        choice: u32,
        piece: &Text<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        // Nearly every piece of a stream: the first choice goes on, with text that needs no mending and hides no calls.
        if let Some(state) = self
            .choices
            .first_mut()
            .filter(|state| state.index == choice && state.is_plain())
        {
            if let Ok(text) = std::str::from_utf8(&piece.0) {
                if !text.is_empty() {
                    state.pieces += 1;
                    state.text.push_str(text);
                    sink.text(&self.head, text);
                }
                return Ok(());
            }
        }
        if piece.is_empty() {
            self.hear(choice);
            return Ok(());
        }
        let mut joiner = std::mem::take(&mut self.choice(choice).text_joiner);
        let text = joiner.join(&piece.0);
        self.choice(choice).text_joiner = joiner;
        self.say(choice, &text, sink)
    }

    /// Text that says again everything that was said. Only what is new of it is told.
    pub(crate) fn restated_text(
        &mut self,
        choice: u32,
        whole: &Text<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let whole = whole.to_lossy();
        let state = self.choice(choice);
        let Some(new) = whole.strip_prefix(state.heard()) else {
            return Ok(());
        };
        if !new.is_empty() {
            // Half a character that was waited with has been said again, whole or not.
            state.text_joiner = Joiner::default();
        }
        self.say(choice, new, sink)
    }

    /// The text of a last event, which is either its last piece or all of it again: nobody has recorded which. One that
    /// equals all that was heard, in more than one piece, is taken for a repetition.
    pub(crate) fn last_text(
        &mut self,
        choice: u32,
        piece: &Text<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let state = self.choice(choice);
        let repeats = state.pieces > 1 && piece.0.as_ref() == state.heard().as_bytes();
        if repeats {
            return Ok(());
        }
        self.text(choice, piece, sink)
    }

    pub(crate) fn reasoning(&mut self, choice: u32, piece: &Text<'_>, sink: &mut dyn Sink) {
        let state = self.choice(choice);
        let new = state.reasoning_joiner.join(&piece.0);
        state.reasoning.push_str(&new);
        if new.is_empty() {
            return;
        }
        if choice == 0 && state.opened {
            sink.reasoning(&self.head, &new);
        } else {
            self.tell(
                choice,
                Delta {
                    reasoning_content: Some(&new),
                    ..Delta::default()
                },
                sink,
            );
        }
    }

    pub(crate) fn refusal(&mut self, choice: u32, piece: &Text<'_>, sink: &mut dyn Sink) {
        let state = self.choice(choice);
        let new = state.refusal_joiner.join(&piece.0).into_owned();
        state.refusal.push_str(&new);
        if !new.is_empty() {
            self.tell(
                choice,
                Delta {
                    refusal: Some(&new),
                    ..Delta::default()
                },
                sink,
            );
        }
    }

    /// OpenAI-shaped annotations.
    pub(crate) fn annotations(&mut self, choice: u32, new: Vec<Value>, sink: &mut dyn Sink) {
        if !new.is_empty() {
            self.choice(choice).annotations.extend(new.iter().cloned());
            let new = Value::Array(new);
            self.tell(
                choice,
                Delta {
                    annotations: Some(&new),
                    ..Delta::default()
                },
                sink,
            );
        }
    }

    /// OCI's logprobs.
    pub(crate) fn logprobs(&mut self, choice: u32, oci: &Value, sink: &mut dyn Sink) {
        let Some(logprobs) = logprobs_to_openai(oci) else {
            return;
        };
        self.hear_logprobs(choice, &logprobs);
        let chunk_choice = ChunkChoice {
            index: choice,
            logprobs: Some(logprobs),
            ..ChunkChoice::default()
        };
        self.tell_chunk(choice, chunk_choice, None, sink);
    }

    /// OpenAI's logprobs, which nobody needs to be told.
    pub(crate) fn hear_logprobs(&mut self, choice: u32, openai: &Value) {
        if let Some(content) = openai.get("content").and_then(Value::as_array) {
            self.choice(choice).logprobs.extend(content.iter().cloned());
        }
    }

    /// A fragment of a tool call.
    pub(crate) fn tool_call(
        &mut self,
        choice: u32,
        fragment: &Fragment<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        // Nearly every fragment: the first choice's open call goes on.
        if let Some(state) = self
            .choices
            .first_mut()
            .filter(|state| state.index == 0 && choice == 0)
        {
            if let Some((call, piece)) = state.calls.go_on(fragment) {
                if !piece.is_empty() {
                    sink.arguments(&self.head, call, piece);
                }
                return Ok(());
            }
        }
        let most = self.max_tool_calls;
        let mut calls = std::mem::take(&mut self.choice(choice).calls);
        let id = self.head.id.clone();
        let result = calls.take(
            fragment,
            most,
            |index| {
                format!(
                    "call_{}_{choice}_{index}",
                    id.strip_prefix("chatcmpl-").unwrap_or(&id)
                )
            },
            |delta| {
                self.tell(
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

    /// Whether this call has been heard at this position: how a wire without ids says its calls again.
    pub(crate) fn has_tool_call(
        &mut self,
        choice: u32,
        position: usize,
        name: &str,
        arguments: &str,
    ) -> bool {
        self.choice(choice).calls.is(position, name, arguments)
    }

    /// How many calls have been heard.
    pub(crate) fn tool_call_count(&mut self, choice: u32) -> usize {
        self.choice(choice).calls.len()
    }

    /// The id of the call that was opened at a position.
    pub(crate) fn tool_call_id(&mut self, choice: u32, position: usize) -> Option<String> {
        self.choice(choice).calls.id(position)
    }

    /// What goes with the finish of the answer.
    pub(crate) fn extras(&mut self) -> &mut Extras {
        &mut self.extras
    }

    /// The next piece of Cohere V2's plan.
    pub(crate) fn tool_plan(&mut self, piece: &Text<'_>) {
        let new = self.plan_joiner.join(&piece.0);
        self.extras.tool_plan.get_or_insert_default().push_str(&new);
    }

    /// OCI's usage. The last one counts.
    pub(crate) fn usage_from_oci(&mut self, oci: &Value) {
        if is_usage(oci) {
            self.usage = Some(usage_to_openai(oci));
        }
    }

    /// OpenAI's usage, as the openai transport gives it.
    pub(crate) fn set_usage(&mut self, usage: Value) {
        self.usage = Some(usage);
    }

    /// The choice ended. Only the first word on it counts.
    pub(crate) fn finish(
        &mut self,
        choice: u32,
        oci: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let state = self.choice(choice);
        if state.finish.is_some() {
            return Ok(());
        }
        let (text_rest, reasoning_rest, refusal_rest) = (
            state.text_joiner.end(),
            state.reasoning_joiner.end(),
            state.refusal_joiner.end(),
        );
        if let Some(plan) = &mut self.extras.tool_plan {
            plan.push_str(self.plan_joiner.end());
        }
        if !refusal_rest.is_empty() {
            self.choice(choice).refusal.push_str(refusal_rest);
            self.tell(
                choice,
                Delta {
                    refusal: Some(refusal_rest),
                    ..Delta::default()
                },
                sink,
            );
        }
        if !reasoning_rest.is_empty() {
            self.choice(choice).reasoning.push_str(reasoning_rest);
            self.tell(
                choice,
                Delta {
                    reasoning_content: Some(reasoning_rest),
                    ..Delta::default()
                },
                sink,
            );
        }
        self.say(choice, text_rest, sink)?;
        if let Some((filter, _)) = &mut self.choice(choice).tool_text {
            let mut found = Vec::new();
            filter.end(&mut found);
            self.tell_found(choice, found, sink)?;
        }
        let mut calls = std::mem::take(&mut self.choice(choice).calls);
        calls.finish(|delta| {
            self.tell(
                choice,
                Delta {
                    tool_calls: vec![delta],
                    ..Delta::default()
                },
                sink,
            )
        });
        let openai = finish_reason(oci, !calls.is_empty());
        let state = self.choice(choice);
        state.calls = calls;
        state.finish = Some(Finish {
            oci: oci.map(str::to_owned),
            openai,
        });
        let mut extras = std::mem::take(&mut self.extras);
        extras.finish_reason = mapped(oci, openai);
        let told = extras.clone().some();
        // What was told with the finish stays known for the completion.
        self.extras = Extras {
            finish_reason: None,
            ..extras
        };
        self.tell_chunk(
            choice,
            ChunkChoice {
                index: choice,
                finish_reason: Some(openai),
                ..ChunkChoice::default()
            },
            told,
            sink,
        );
        Ok(())
    }

    /// The service said in its own way that the answer is over; a reason may still come.
    pub(crate) fn set_over(&mut self) {
        self.over = true;
    }

    // ------------------------------------------------------------ the end

    /// Ends the answer: a choice without a reason gets one, and usage is told if the caller wants it.
    pub(crate) fn end(&mut self, include_usage: bool, sink: &mut dyn Sink) -> Result<()> {
        let open = |choice: &&ChoiceState| choice.finish.is_none();
        let unfinished: Vec<u32> = self
            .choices
            .iter()
            .filter(open)
            .map(|choice| choice.index)
            .collect();
        for choice in unfinished {
            self.finish(choice, None, sink)?;
        }
        if include_usage {
            self.tell_usage(sink);
        }
        Ok(())
    }

    /// Everything that was heard, as one completion. Of a broken stream: what there is.
    pub fn completion(&self) -> Completion {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let choice = |state: &ChoiceState| {
            let calls = state.calls.calls();
            Choice {
                index: state.index,
                message: AnswerMessage {
                    role: "assistant",
                    content: some(&state.text).or_else(|| {
                        (calls.is_empty() && state.refusal.is_empty()).then(String::new)
                    }),
                    refusal: some(&state.refusal),
                    reasoning_content: some(&state.reasoning),
                    tool_calls: calls,
                    annotations: (!state.annotations.is_empty())
                        .then(|| state.annotations.clone().into()),
                },
                logprobs: (!state.logprobs.is_empty())
                    .then(|| logprobs_whole(state.logprobs.clone())),
                finish_reason: state.finish.as_ref().map(|finish| finish.openai),
            }
        };
        let choices = each(self.choices.iter(), choice);
        let mut completion = Completion::new(&self.head, choices);
        completion.usage = self.usage.clone();
        completion.service_tier = self.service_tier.clone();
        let first = self.first().and_then(|choice| choice.finish.as_ref());
        let extras = Extras {
            opc_request_id: self.opc_request_id.clone(),
            finish_reason: first.and_then(|finish| mapped(finish.oci.as_deref(), finish.openai)),
            ..self.extras.clone()
        };
        completion.oci = extras.some();
        completion
    }

    /// Tells an answer that was heard whole: one chunk that holds everything, then the finish of each choice.
    pub(crate) fn tell_whole(&self, fallback: &str, include_usage: bool, sink: &mut dyn Sink) {
        let completion = self.completion();
        let some = |text: &'_ Option<String>| {
            text.as_deref()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let annotations: Vec<Option<Value>> = completion
            .choices
            .iter()
            .map(|choice| choice.message.annotations.clone())
            .collect();
        let texts: Vec<_> = completion
            .choices
            .iter()
            .map(|choice| {
                (
                    some(&choice.message.content),
                    some(&choice.message.reasoning_content),
                    some(&choice.message.refusal),
                )
            })
            .collect();
        let mut choices: Vec<ChunkChoice<'_>> = Vec::new();
        for ((choice, (content, reasoning, refusal)), annotations) in
            completion.choices.iter().zip(&texts).zip(&annotations)
        {
            let state = self
                .choices
                .iter()
                .find(|state| state.index == choice.index);
            choices.push(ChunkChoice {
                index: choice.index,
                delta: Delta {
                    role: Some("assistant"),
                    content: content.as_deref(),
                    reasoning_content: reasoning.as_deref(),
                    refusal: refusal.as_deref(),
                    tool_calls: state.map(|state| state.calls.opened()).unwrap_or_default(),
                    annotations: annotations.as_ref(),
                },
                logprobs: choice.logprobs.clone(),
                finish_reason: None,
            });
        }
        let mut oci = completion.oci.clone().unwrap_or_default();
        let finish = Extras {
            finish_reason: oci.finish_reason.take(),
            ..Extras::default()
        };
        oci.fallback = Some(fallback.to_owned());
        sink.chunk(
            &self.head,
            &Chunk {
                choices,
                usage: self.usage.as_ref(),
                oci: oci.some(),
            },
        );
        let ends = completion.choices.iter().map(|choice| ChunkChoice {
            index: choice.index,
            finish_reason: Some(choice.finish_reason.unwrap_or("stop")),
            ..ChunkChoice::default()
        });
        sink.chunk(
            &self.head,
            &Chunk {
                choices: ends.collect(),
                usage: None,
                oci: finish.some(),
            },
        );
        if include_usage {
            self.tell_usage(sink);
        }
    }

    // ------------------------------------------------------------ telling

    /// The first choice by its index, which need not be the one that was heard first.
    fn first(&self) -> Option<&ChoiceState> {
        self.choices.first()
    }

    fn choice(&mut self, index: u32) -> &mut ChoiceState {
        // Nearly always the first and only one.
        let at = self
            .choices
            .iter()
            .position(|choice| choice.index >= index)
            .unwrap_or(self.choices.len());
        if self
            .choices
            .get(at)
            .is_none_or(|choice| choice.index != index)
        {
            let tool_text = self.tool_text.then(Default::default);
            self.choices.insert(
                at,
                ChoiceState {
                    index,
                    tool_text,
                    ..ChoiceState::default()
                },
            );
        }
        #[allow(clippy::indexing_slicing)] // what stands at `at` was found, or made, above
        &mut self.choices[at]
    }

    /// The service said this. It is told as it is, unless calls may stand in it.
    fn say(&mut self, choice: u32, text: &str, sink: &mut dyn Sink) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let state = self.choice(choice);
        state.pieces += 1;
        let Some((filter, heard)) = &mut state.tool_text else {
            self.tell_text(choice, text, sink);
            return Ok(());
        };
        heard.push_str(text);
        let mut found = Vec::new();
        filter.push(text, &mut found);
        self.tell_found(choice, found, sink)
    }

    fn tell_found(&mut self, choice: u32, found: Vec<Found>, sink: &mut dyn Sink) -> Result<()> {
        let part = |text: String| Some(Text(text.into_bytes().into()));
        for one in found {
            match one {
                Found::Text(text) => self.tell_text(choice, &text, sink),
                Found::Call { name, arguments } => {
                    self.tool_call(
                        choice,
                        &Fragment {
                            id: None,
                            name: part(name),
                            arguments: part(arguments),
                        },
                        sink,
                    )?;
                }
            }
        }
        Ok(())
    }

    fn tell_text(&mut self, choice: u32, text: &str, sink: &mut dyn Sink) {
        let state = self.choice(choice);
        state.text.push_str(text);
        if state.opened && choice == 0 {
            sink.text(&self.head, text);
        } else {
            self.tell(
                choice,
                Delta {
                    content: Some(text),
                    ..Delta::default()
                },
                sink,
            );
        }
    }

    fn tell(&mut self, choice: u32, delta: Delta<'_>, sink: &mut dyn Sink) {
        self.tell_chunk(
            choice,
            ChunkChoice {
                index: choice,
                delta,
                ..ChunkChoice::default()
            },
            None,
            sink,
        );
    }

    fn tell_chunk(
        &mut self,
        choice: u32,
        mut new: ChunkChoice<'_>,
        oci: Option<Extras>,
        sink: &mut dyn Sink,
    ) {
        let state = self.choice(choice);
        if !std::mem::replace(&mut state.opened, true) {
            new.delta.role = Some("assistant");
        }
        let mut oci = oci;
        if !std::mem::replace(&mut self.begun, true) && self.opc_request_id.is_some() {
            oci.get_or_insert_default().opc_request_id = self.opc_request_id.clone();
        }
        sink.chunk(
            &self.head,
            &Chunk {
                choices: vec![new],
                usage: None,
                oci,
            },
        );
    }

    fn tell_usage(&self, sink: &mut dyn Sink) {
        if let Some(usage) = &self.usage {
            sink.chunk(
                &self.head,
                &Chunk {
                    choices: Vec::new(),
                    usage: Some(usage),
                    oci: None,
                },
            );
        }
    }
}

impl ChoiceState {
    /// Whether its next text can be told as it stands, as a plain chunk.
    fn is_plain(&self) -> bool {
        self.index == 0 && self.opened && self.tool_text.is_none() && self.text_joiner.is_clean()
    }

    /// The text as the service said it.
    fn heard(&self) -> &str {
        self.tool_text
            .as_ref()
            .map_or(&self.text, |(_, heard)| heard)
    }
}

/// OCI's word, where OpenAI's is another. A null that became `stop` is worth saying too.
fn mapped(oci: Option<&str>, openai: &str) -> Option<Value> {
    (oci != Some(openai)).then(|| oci.into())
}

/// An error event in the middle of a stream, or an error that came with status 200.
pub(crate) fn service_said(code: Option<String>, message: &str) -> Error {
    let shown: String = message.chars().take(500).collect();
    Error::new(
        Code::StreamError,
        format!("the service reported an error: {shown}"),
    )
    .with_service_code(code)
}
