//! Items of a response and their parts, as JSON text.

use super::text::{push, push_items, push_list, push_string};

/// What a text is. A part has one of these kinds, and so have its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Refusal,
    Reasoning,
    /// Reasoning, for a caller who asked for a summary of it.
    Summary,
    /// The arguments of a call, which are no part of an item but a member.
    Arguments,
}

/// The words of a kind.
pub(super) struct Words {
    /// Its events are this with `.delta` and `.done`.
    pub(super) event: &'static str,
    /// The events of its part are this with `.added` and `.done`; empty where there is no part.
    pub(super) part_event: &'static str,
    /// The member that has the index of its part.
    pub(super) index: &'static str,
    /// The type of its part.
    pub(super) part: &'static str,
    /// The member that has its text.
    pub(super) text: &'static str,
}

const CONTENT: &str = "response.content_part";

const WORDS: [Words; 5] = [
    Words {
        event: "response.output_text",
        part_event: CONTENT,
        index: "content_index",
        part: "output_text",
        text: "text",
    },
    Words {
        event: "response.refusal",
        part_event: CONTENT,
        index: "content_index",
        part: "refusal",
        text: "refusal",
    },
    Words {
        event: "response.reasoning_text",
        part_event: CONTENT,
        index: "content_index",
        part: "reasoning_text",
        text: "text",
    },
    Words {
        event: "response.reasoning_summary_text",
        part_event: "response.reasoning_summary_part",
        index: "summary_index",
        part: "summary_text",
        text: "text",
    },
    Words {
        event: "response.function_call_arguments",
        part_event: "",
        index: "",
        part: "",
        text: "arguments",
    },
];

impl Kind {
    pub(super) const fn words(self) -> &'static Words {
        let [text, refusal, reasoning, summary, arguments] = &WORDS;
        match self {
            Kind::Text => text,
            Kind::Refusal => refusal,
            Kind::Reasoning => reasoning,
            Kind::Summary => summary,
            Kind::Arguments => arguments,
        }
    }

    /// The prefix of the ids of items that hold it, which stands for their type.
    pub(super) const fn item(self) -> &'static str {
        match self {
            Kind::Text | Kind::Refusal => "msg",
            Kind::Reasoning | Kind::Summary => "rs",
            Kind::Arguments => "fc",
        }
    }
}

/// An item of the output.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) parts: Vec<Part>,
    pub(super) call: Option<Call>,
    pub(super) status: &'static str,
    /// Of its first part.
    pub(super) kind: Kind,
}

/// The call of an item that is one.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Its index in the chat.
    pub(super) index: usize,
    pub(super) id: String,
    pub(super) name: String,
}

/// A text, and what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// JSON text of annotations, with a comma between them.
    pub(super) annotations: Vec<u8>,
    pub(super) annotation_count: usize,
    /// JSON text of the log probabilities of tokens, with a comma between them.
    pub(super) logprobs: Vec<u8>,
}

pub(super) const IN_PROGRESS: &str = "in_progress";
pub(super) const COMPLETED: &str = "completed";
pub(super) const INCOMPLETE: &str = "incomplete";

impl Item {
    pub(super) fn is_open(&self) -> bool {
        self.status == IN_PROGRESS
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        push(out, "{\"id\":\"");
        push(out, &self.id);
        push(out, "\"");
        match self.kind {
            Kind::Text | Kind::Refusal => {
                push(out, ",\"type\":\"message\",\"role\":\"assistant\"");
                push_string(out, "status", self.status);
                push_items(out, "content", &self.parts, Part::write);
            }
            Kind::Reasoning => {
                push(out, ",\"type\":\"reasoning\",\"summary\":[]");
                push_items(out, "content", &self.parts, Part::write);
            }
            Kind::Summary => {
                push(out, ",\"type\":\"reasoning\"");
                push_items(out, "summary", &self.parts, Part::write);
            }
            Kind::Arguments => {
                push(out, ",\"type\":\"function_call\"");
                push_string(out, "status", self.status);
                if let Some(call) = &self.call {
                    push_string(out, "call_id", &call.id);
                    push_string(out, "name", &call.name);
                }
                let arguments = self.parts.first().map_or("", |part| &part.text);
                push_string(out, "arguments", arguments);
            }
        }
        push(out, "}");
    }
}

impl Part {
    pub(super) fn new(kind: Kind) -> Part {
        Part {
            kind,
            text: String::new(),
            annotations: Vec::new(),
            annotation_count: 0,
            logprobs: Vec::new(),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let words = self.kind.words();
        push(out, "{\"type\":\"");
        push(out, words.part);
        push(out, "\"");
        push_string(out, words.text, &self.text);
        if self.kind == Kind::Text {
            push_list(out, "annotations", &self.annotations);
            push_list(out, "logprobs", &self.logprobs);
        }
        push(out, "}");
    }
}
