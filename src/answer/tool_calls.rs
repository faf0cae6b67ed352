//! Tool calls, put together from the fragments that the backends send.
//!
//! OCI's wire has no index for a call. The rules are those of section 4.4 of the protocol notes, each from a capture: a known
//! id goes to its call; a name opens a call (Gemini gives no id at all); what has neither goes to the call that was opened
//! last (Llama and GPT, also for the second and third parallel call); an unknown id without a name is a fragment whose id the
//! backend made up afresh (gpt-oss behind a wrapper), unless nothing is open or it brings nothing else.

use std::borrow::Cow;

use crate::error::{Code, Error, Result};
use crate::gather::each;
use crate::json::Json;
use crate::openai::{Function, FunctionDelta, Joiner, Text, ToolCall, ToolCallDelta};

/// What one event says of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragment<'a> {
    pub(crate) id: Option<Text<'a>>,
    pub(crate) name: Option<Text<'a>>,
    pub(crate) arguments: Option<Text<'a>>,
}

/// The calls of one choice, in the order in which they were opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct ToolCalls {
    slots: Vec<Slot>,
    current: usize,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    id: String,
    name: String,
    arguments: String,
    joiner: Joiner,
    /// Whether the caller has been told that the call opened. A call without a name waits for it.
    announced: bool,
}

impl ToolCalls {
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn is(&self, position: usize, name: &str, arguments: &str) -> bool {
        let value = |text: &str| crate::json::parse(text.as_bytes()).ok();
        // What is said again need not be written the same.
        let same = |heard: &str| {
            heard == arguments || value(heard).is_some_and(|heard| Some(heard) == value(arguments))
        };
        self.slots
            .get(position)
            .is_some_and(|slot| slot.name == name && same(&slot.arguments))
    }

    pub(crate) fn id(&self, position: usize) -> Option<String> {
        self.slots.get(position).map(|slot| slot.id.clone())
    }

    /// Takes a fragment that says no more than that the call that is open goes on, and gives what is new of its arguments.
    pub(crate) fn go_on<'f>(&mut self, fragment: &'f Fragment<'_>) -> Option<(usize, &'f str)> {
        let slot = self.slots.get_mut(self.current)?;
        let says_more = fragment.name.is_some()
            || fragment
                .id
                .as_ref()
                .is_some_and(|id| id.0.as_ref() != slot.id.as_bytes());
        let piece = std::str::from_utf8(&fragment.arguments.as_ref()?.0).ok()?;
        if says_more || !slot.announced || !slot.joiner.is_clean() {
            return None;
        }
        slot.arguments.push_str(piece);
        Some((self.current, piece))
    }

    /// Takes a fragment, and reports what the caller should hear of it. `make_id` names a call that OCI left without an id.
    pub(crate) fn take(
        &mut self,
        fragment: &Fragment<'_>,
        most: usize,
        make_id: impl FnOnce(usize) -> String,
        mut on_delta: impl FnMut(ToolCallDelta<'_>),
    ) -> Result<()> {
        let lossy = |text: &Option<Text<'_>>| text.as_ref().map(Text::to_lossy).unwrap_or_default();
        let (id, name) = (lossy(&fragment.id), lossy(&fragment.name));
        let arguments = fragment
            .arguments
            .as_ref()
            .map(|text| text.0.as_ref())
            .unwrap_or_default();
        // One id on two names is two calls.
        let is_known = |slot: &Slot| {
            !id.is_empty()
                && slot.id == id
                && (name.is_empty() || slot.name.is_empty() || slot.name == name)
        };
        let known = self.slots.iter().rposition(is_known);
        let last_is_nameless = self
            .slots
            .get(self.current)
            .is_some_and(|slot| slot.name.is_empty());
        let continues = if name.is_empty() {
            !self.slots.is_empty()
                && (id.is_empty() || !arguments.is_empty() || fragment.name.is_some())
        } else {
            id.is_empty() && last_is_nameless
        };
        let index = match known {
            Some(index) => index,
            None if continues => self.current,
            None if self.slots.len() >= most => {
                return Err(Error::new(
                    Code::LimitExceeded,
                    format!("the answer makes more than {most} tool calls"),
                )
                .with_hint("raise limits.maxToolCalls"));
            }
            None => {
                let index = self.slots.len();
                let id = if id.is_empty() { make_id(index) } else { id };
                self.slots.push(Slot {
                    id,
                    ..Slot::default()
                });
                index
            }
        };
        self.current = index;
        let Some(slot) = self.slots.get_mut(index) else {
            return Ok(());
        };
        if known.is_some()
            && !name.is_empty()
            && slot.name == name
            && is_restated(&slot.arguments, arguments)
        {
            return Ok(());
        }
        if slot.name.is_empty() {
            slot.name = name;
        }
        let before = slot.arguments.len();
        slot.arguments.push_str(&slot.joiner.join(arguments));
        let new = slot.arguments.get(before..).unwrap_or_default();
        if slot.announced {
            if !new.is_empty() {
                on_delta(ToolCallDelta {
                    index,
                    function: FunctionDelta {
                        name: None,
                        arguments: new,
                    },
                    ..Default::default()
                });
            }
        } else if !slot.name.is_empty() {
            slot.announced = true;
            on_delta(slot.opening(index));
        }
        Ok(())
    }

    /// Ends the calls: those without arguments get `{}`, and one that never got its name is told as it is.
    pub(crate) fn finish(&mut self, mut on_delta: impl FnMut(ToolCallDelta<'_>)) {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let before = slot.arguments.len();
            slot.arguments.push_str(slot.joiner.end());
            if slot.arguments.trim().is_empty() {
                slot.arguments.push_str("{}");
            }
            let rest = slot.arguments.get(before..).unwrap_or_default();
            if !slot.announced {
                slot.announced = true;
                on_delta(slot.opening(index));
            } else if !rest.is_empty() {
                on_delta(ToolCallDelta {
                    index,
                    function: FunctionDelta {
                        name: None,
                        arguments: rest,
                    },
                    ..Default::default()
                });
            }
        }
    }

    /// Every call, whole.
    pub(crate) fn opened(&self) -> Vec<ToolCallDelta<'_>> {
        each(self.slots.iter().enumerate(), |(index, slot)| {
            slot.opening(index)
        })
    }

    /// For the completion.
    pub(crate) fn calls(&self) -> Vec<ToolCall> {
        let call = |slot: &Slot| ToolCall {
            id: slot.id.clone(),
            kind: "function",
            function: Function {
                name: slot.name.clone(),
                arguments: slot.arguments.clone(),
            },
        };
        each(self.slots.iter(), call)
    }
}

impl Slot {
    fn opening(&self, index: usize) -> ToolCallDelta<'_> {
        ToolCallDelta {
            index,
            id: Some(&self.id),
            kind: Some("function"),
            function: FunctionDelta {
                name: Some(&self.name),
                arguments: &self.arguments,
            },
        }
    }
}

/// Whether arguments that come with a known id and name say again what has been heard. Nothing goes on after a whole object.
fn is_restated(heard: &str, arguments: &[u8]) -> bool {
    let whole =
        || heard.as_bytes() == arguments && Json::read(arguments).is_ok_and(Json::is_object);
    !heard.is_empty() && (arguments.is_empty() || whole())
}

/// JSON text of arguments: what is a string stays, anything else is written as it stood.
pub(crate) fn arguments_text(json: Json<'_>) -> Text<'_> {
    match json.text() {
        Some(text) => text,
        None if json.is_null() => Text::default(),
        None => Text(Cow::Borrowed(json.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Given = (
        Option<&'static str>,
        Option<&'static str>,
        Option<&'static str>,
    );

    /// The calls, after checking that the deltas add up to them.
    fn put_together(fragments: &[Given]) -> Vec<(String, String, String)> {
        let text =
            |text: Option<&'static str>| text.map(|text| Text(Cow::Borrowed(text.as_bytes())));
        let mut calls = ToolCalls::default();
        let mut heard: Vec<(String, String, String)> = Vec::new();
        let mut hear = |delta: ToolCallDelta<'_>| {
            if let (Some(id), Some(name)) = (delta.id, delta.function.name) {
                assert_eq!(delta.index, heard.len(), "calls open in order");
                heard.push((id.into(), name.into(), String::new()));
            }
            heard[delta.index].2.push_str(delta.function.arguments);
        };
        for &(id, name, arguments) in fragments {
            let fragment = Fragment {
                id: text(id),
                name: text(name),
                arguments: text(arguments),
            };
            calls
                .take(&fragment, 8, |index| format!("made-up-{index}"), &mut hear)
                .unwrap();
        }
        calls.finish(&mut hear);
        let whole: Vec<_> = calls
            .calls()
            .into_iter()
            .map(|call| (call.id, call.function.name, call.function.arguments))
            .collect();
        assert_eq!(heard, whole);
        whole
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.into(), name.into(), arguments.into())
    }

    #[test]
    fn fragments_without_an_id_go_to_the_call_opened_last() {
        let seen = put_together(&[
            (Some("a"), Some("f"), None),
            (None, None, Some("{\"x\":")),
            (None, None, Some("1}")),
            (Some("b"), Some("g"), Some("")),
            (None, Some(""), Some("{}")),
        ]);
        assert_eq!(seen, [call("a", "f", "{\"x\":1}"), call("b", "g", "{}")]);
    }

    #[test]
    fn ids_interleave() {
        let seen = put_together(&[
            (Some("a"), Some("f"), Some("{\"x\":")),
            (Some("b"), Some("f"), Some("{\"x\":")),
            (Some("a"), None, Some("1}")),
            (Some("b"), None, Some("2}")),
        ]);
        assert_eq!(
            seen,
            [call("a", "f", "{\"x\":1}"), call("b", "f", "{\"x\":2}")]
        );
    }

    #[test]
    fn a_name_opens_a_call() {
        let seen = put_together(&[(None, Some("f"), Some("{}")), (None, Some("f"), Some("{}"))]);
        assert_eq!(
            seen,
            [call("made-up-0", "f", "{}"), call("made-up-1", "f", "{}")]
        );
    }

    #[test]
    fn ids_that_change_with_every_fragment() {
        let seen = put_together(&[
            (Some("a"), Some("f"), Some("")),
            (Some("x"), Some(""), Some("{\"k\":")),
            (Some("y"), None, Some("1}")),
        ]);
        assert_eq!(seen, [call("a", "f", "{\"k\":1}")]);
    }

    #[test]
    fn a_name_that_comes_late() {
        assert_eq!(
            put_together(&[(Some("a"), None, None), (None, Some("f"), Some("{}"))]),
            [call("a", "f", "{}")]
        );
        assert_eq!(
            put_together(&[(None, None, Some("{\"k\":")), (None, Some("f"), Some("1}"))]),
            [call("made-up-0", "f", "{\"k\":1}")]
        );
    }

    #[test]
    fn what_is_said_again_is_not_added() {
        let seen = put_together(&[
            (Some("a"), Some("f"), Some("{\"x\":")),
            (Some("a"), None, Some("1}")),
            (Some("a"), Some("f"), Some("{\"x\":1}")),
            (Some("a"), Some("f"), None),
        ]);
        assert_eq!(seen, [call("a", "f", "{\"x\":1}")]);
    }

    #[test]
    fn no_arguments_are_an_empty_object() {
        assert_eq!(
            put_together(&[(Some("a"), Some("f"), None), (None, None, Some(""))]),
            [call("a", "f", "{}")]
        );
        assert_eq!(
            put_together(&[(Some("a"), None, None)]),
            [call("a", "", "{}")]
        );
    }

    #[test]
    fn there_is_a_limit() {
        let mut calls = ToolCalls::default();
        let named = Fragment {
            name: Some(Text(Cow::Borrowed(b"f"))),
            ..Fragment::default()
        };
        for _ in 0..3 {
            calls
                .take(&named, 3, |index| index.to_string(), |_| ())
                .unwrap();
        }
        assert_eq!(
            calls
                .take(&named, 3, |index| index.to_string(), |_| ())
                .unwrap_err()
                .code(),
            Code::LimitExceeded
        );
        assert_eq!(calls.len(), 3);
    }
}
