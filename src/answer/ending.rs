//! The end of an answer: finish reasons, the usage chunk, and answers that were received whole.

use super::accumulator::Accumulator;
use super::choice::Finish;
use crate::error::Result;
use crate::openai::{Chunk, ChunkChoice, Delta, Extras, Sink};

/// Why a choice ended: OCI's word, null included, and what OpenAI calls it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FinishReason<'a> {
    pub(crate) oci: Option<&'a str>,
    pub(crate) openai: &'static str,
}

impl Default for FinishReason<'_> {
    fn default() -> Self {
        FinishReason {
            oci: None,
            openai: "stop",
        }
    }
}

impl Accumulator {
    /// Ends a choice. Only the first reason counts, and calls win over it: backends send `stop` or
    /// `COMPLETE` beside tool calls.
    pub(crate) fn finish(
        &mut self,
        choice: u32,
        reason: FinishReason<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let state = self.choice(choice);
        if state.finish.is_some() {
            return Ok(());
        }
        let text = state.text_joiner.end();
        let reasoning = state.reasoning_joiner.end();
        let refusal = state.refusal_joiner.end();
        state.refusal.push_str(refusal);
        if let Some(plan) = &mut self.extras.tool_plan {
            plan.push_str(self.plan_joiner.end());
        }
        if !refusal.is_empty() {
            self.emit(
                choice,
                Delta {
                    refusal: Some(refusal),
                    ..Delta::default()
                },
                sink,
            );
        }
        self.emit_reasoning(choice, reasoning, sink);
        self.add_text(choice, text, sink)?;
        self.end_text(choice, sink)?;
        let mut calls = std::mem::take(&mut self.choice(choice).calls);
        calls.finish(|delta| {
            self.emit(
                choice,
                Delta {
                    tool_calls: vec![delta],
                    ..Delta::default()
                },
                sink,
            )
        });
        let openai = if calls.is_empty() {
            reason.openai
        } else {
            "tool_calls"
        };
        let finish = Finish {
            oci: reason.oci.map(str::to_owned),
            openai,
        };
        let mut extras = self.take_changed_extras(sink);
        extras.finish_reason = finish.mapped();
        let state = self.choice(choice);
        state.calls = calls;
        state.finish = Some(finish);
        let end = ChunkChoice {
            index: choice,
            finish_reason: Some(openai),
            ..ChunkChoice::default()
        };
        self.emit_choice(choice, end, extras.non_empty(), sink);
        Ok(())
    }

    /// Ends the answer: a choice without a reason gets one, and the usage chunk is emitted if the
    /// caller requested it.
    pub(crate) fn end(&mut self, include_usage: bool, sink: &mut dyn Sink) -> Result<()> {
        let unfinished: Vec<u32> = self
            .choices
            .iter()
            .filter(|it| it.finish.is_none())
            .map(|it| it.index)
            .collect();
        for choice in unfinished {
            self.finish(choice, FinishReason::default(), sink)?;
        }
        // What arrived behind the last finish reason.
        if let Some(extras) = self.take_changed_extras(sink).non_empty() {
            let chunk = Chunk {
                oci: Some(extras),
                ..Chunk::default()
            };
            sink.chunk(&self.metadata, &chunk);
        }
        if include_usage {
            self.emit_usage(sink);
        }
        Ok(())
    }

    /// The extras, if they have changed since they were last emitted.
    ///
    /// SPEED: each choice ends with a chunk, and the extras may be large.
    fn take_changed_extras(&mut self, sink: &dyn Sink) -> Extras {
        if sink.keeps_chunks() && std::mem::take(&mut self.extras_changed) {
            self.extras.clone()
        } else {
            Extras::default()
        }
    }

    /// Emits an answer that was received whole: one chunk with everything, then the finish reason
    /// of each choice.
    pub(crate) fn replay(&self, fallback: &str, include_usage: bool, sink: &mut dyn Sink) {
        let completion = self.completion();
        let choices = completion
            .choices
            .iter()
            .zip(&self.choices)
            .map(|(choice, state)| {
                fn non_empty(text: &Option<String>) -> Option<&str> {
                    text.as_deref().filter(|text| !text.is_empty())
                }
                let message = &choice.message;
                ChunkChoice {
                    index: choice.index,
                    delta: Delta {
                        role: Some("assistant"),
                        content: non_empty(&message.content),
                        reasoning_content: non_empty(&message.reasoning_content),
                        refusal: non_empty(&message.refusal),
                        tool_calls: state.calls.to_deltas(),
                        annotations: Some(&message.annotations)
                            .filter(|_| !state.annotations.is_empty()),
                    },
                    logprobs: choice.logprobs.clone(),
                    finish_reason: None,
                }
            });
        let choices = choices.collect();
        let mut oci = completion.oci.clone().unwrap_or_default();
        let finish = Extras {
            finish_reason: oci.finish_reason.take(),
            ..Extras::default()
        };
        oci.fallback = Some(fallback.to_owned());
        let usage = self.usage.as_ref();
        sink.chunk(
            &self.metadata,
            &Chunk {
                choices,
                usage,
                oci: oci.non_empty(),
            },
        );
        let ends = completion.choices.iter().map(|choice| ChunkChoice {
            index: choice.index,
            finish_reason: Some(choice.finish_reason.unwrap_or("stop")),
            ..ChunkChoice::default()
        });
        let end = Chunk {
            choices: ends.collect(),
            usage: None,
            oci: finish.non_empty(),
        };
        sink.chunk(&self.metadata, &end);
        if include_usage {
            self.emit_usage(sink);
        }
    }

    fn emit_usage(&self, sink: &mut dyn Sink) {
        if let Some(usage) = &self.usage {
            let chunk = Chunk {
                choices: Vec::new(),
                usage: Some(usage),
                oci: None,
            };
            sink.chunk(&self.metadata, &chunk);
        }
    }
}
