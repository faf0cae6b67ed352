//! Tool calls, assembled from the fragments that the backends send.
//!
//! OCI's wires have no index for a call. The rules are those of section 4.4 of the protocol notes,
//! each from a capture: a known id continues its call; a name opens a call (Gemini sends no id at
//! all); a fragment with neither continues the call that was opened last (Llama and GPT, also for
//! the second and third parallel call); an unknown id without a name is a fragment whose id the
//! backend made up afresh (gpt-oss behind a wrapper), unless no call is open or the fragment
//! carries nothing else.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::json::{RawJson, SurrogateJoiner, Wtf8Cow};
use crate::openai::{Function, FunctionDelta, ToolCall, ToolCallDelta};

/// What one event carries of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragment<'a> {
    pub(crate) id: Option<Wtf8Cow<'a>>,
    pub(crate) name: Option<Wtf8Cow<'a>>,
    pub(crate) arguments: Option<Wtf8Cow<'a>>,
    /// The position of its call, for a fragment without an id on a wire that has positions.
    pub(crate) position: Option<usize>,
}

/// The calls of one choice, in the order in which they were opened.
#[derive(Clone, Debug, Default)]
pub(super) struct ToolCalls {
    slots: Vec<Slot>,
    current: usize,
    /// How many calls have been opened by a delta. They are opened in their order, each when its
    /// name is known.
    announced: usize,
    /// The position of the last call with an id and a name, and with an id and any name: see
    /// [`key`].
    ///
    /// SPEED: a search for each fragment takes quadratic time where calls are many.
    /// SIZE: the one map of strings that is there anyway.
    by_id: Map<String, Value>,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    id: String,
    name: String,
    arguments: String,
    joiner: SurrogateJoiner,
    /// The value of the arguments when they were this long, once they have been compared.
    parsed: Option<(usize, Option<Value>)>,
}

impl ToolCalls {
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the call at a position has this name and these arguments. Arguments that are written
    /// differently and mean the same JSON value match.
    pub(super) fn matches(&mut self, position: usize, name: &str, arguments: &str) -> bool {
        let parse = |text: &str| crate::json::parse_lenient(text.as_bytes()).ok();
        let slot = self.slots.get_mut(position);
        let Some(slot) = slot.filter(|slot| slot.name == name) else {
            return false;
        };
        if slot.arguments == arguments {
            return true;
        }
        let length = slot.arguments.len();
        if slot
            .parsed
            .as_ref()
            .is_none_or(|(known, _)| *known != length)
        {
            slot.parsed = Some((length, parse(&slot.arguments)));
        }
        let known = slot.parsed.as_ref().and_then(|(_, value)| value.as_ref());
        known.is_some_and(|known| Some(known) == parse(arguments).as_ref())
    }

    /// Takes a fragment that only continues the arguments of the current call, and returns the
    /// index of the call with what is new of its arguments.
    pub(super) fn append_arguments<'f>(
        &mut self,
        fragment: &'f Fragment<'_>,
    ) -> Option<(usize, &'f str)> {
        let slot = self.slots.get_mut(self.current)?;
        let other_id = fragment
            .id
            .as_ref()
            .is_some_and(|id| id.0.as_ref() != slot.id.as_bytes());
        let arguments = std::str::from_utf8(&fragment.arguments.as_ref()?.0).ok()?;
        let other_position = fragment.position.is_some_and(|it| it != self.current);
        let is_plain = fragment.name.is_none() && !other_id && !other_position;
        if !is_plain || self.current >= self.announced || !slot.joiner.is_clean() {
            return None;
        }
        slot.arguments.push_str(arguments);
        Some((self.current, arguments))
    }

    /// Takes a fragment and reports the delta that it makes. `make_id` names a call that OCI sent
    /// without an id.
    pub(super) fn push_fragment(
        &mut self,
        fragment: &Fragment<'_>,
        max: usize,
        make_id: impl FnOnce(usize) -> String,
        mut on_delta: impl FnMut(ToolCallDelta<'_>),
    ) -> Result<()> {
        let lossy =
            |text: &Option<Wtf8Cow<'_>>| text.as_ref().map(Wtf8Cow::to_lossy).unwrap_or_default();
        let (id, name) = (lossy(&fragment.id), lossy(&fragment.name));
        let arguments = fragment
            .arguments
            .as_ref()
            .map(|text| text.0.as_ref())
            .unwrap_or_default();
        let known = match fragment.position.filter(|_| id.is_empty()) {
            Some(position) => {
                let slot = self.slots.get(position);
                let is_known =
                    |slot: &&Slot| name.is_empty() || slot.name.is_empty() || slot.name == name;
                slot.filter(is_known).map(|_| position)
            }
            None => self.known(&id, &name),
        };
        let known = known.filter(|&index| name.is_empty() || !self.ended_without_name(index));
        let last = self.slots.get(self.current);
        let last_awaits_name =
            last.is_some_and(|slot| slot.name.is_empty()) && !self.ended_without_name(self.current);
        let continues = if name.is_empty() {
            !self.slots.is_empty()
                && (id.is_empty() || !arguments.is_empty() || fragment.name.is_some())
        } else {
            id.is_empty() && last_awaits_name
        };
        let index = match known {
            Some(index) => index,
            None if continues => self.current,
            None if self.slots.len() >= max => {
                let message = format!("the answer has more than {max} tool calls in one choice");
                return Err(
                    Error::new(Code::LimitExceeded, message).with_hint("raise limits.maxToolCalls")
                );
            }
            None => {
                let index = self.slots.len();
                let id = if id.is_empty() { make_id(index) } else { id };
                self.by_id.insert(key(&id, None), index.into());
                self.by_id.insert(key(&id, Some("")), index.into());
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
        let names_it_again = known.is_some() && !name.is_empty() && slot.name == name;
        if names_it_again && is_restated(&slot.arguments, arguments) {
            return Ok(());
        }
        if slot.name.is_empty() && !name.is_empty() {
            self.by_id.swap_remove(&key(&slot.id, Some("")));
            self.by_id.insert(key(&slot.id, Some(&name)), index.into());
            slot.name = name;
        }
        let before = slot.arguments.len();
        slot.arguments.push_str(&slot.joiner.join(arguments));
        if index < self.announced {
            slot.emit_new(index, before, &mut on_delta);
        }
        while let Some(slot) = self.slots.get(self.announced) {
            if slot.name.is_empty() {
                break;
            }
            on_delta(slot.opening(self.announced));
            self.announced += 1;
        }
        Ok(())
    }

    /// The last call with this id and this name. One id on two names is two calls, but either name
    /// may be missing.
    fn known(&self, id: &str, name: &str) -> Option<usize> {
        if id.is_empty() {
            return None;
        }
        let last = |name: Option<&str>| {
            let index = self.by_id.get(&key(id, name)).and_then(Value::as_u64);
            index.and_then(|index| usize::try_from(index).ok())
        };
        if name.is_empty() {
            last(None)
        } else {
            last(Some(name)).max(last(Some("")))
        }
    }

    /// Whether a call was emitted without its name: one that follows belongs to another call.
    fn ended_without_name(&self, index: usize) -> bool {
        let slot = self.slots.get(index);
        index < self.announced && slot.is_some_and(|slot| slot.name.is_empty())
    }

    /// Ends the calls: those without arguments get `{}`, and one that never got its name is emitted
    /// without it.
    pub(super) fn finish(&mut self, mut on_delta: impl FnMut(ToolCallDelta<'_>)) {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let before = slot.arguments.len();
            slot.arguments.push_str(slot.joiner.end());
            if slot.arguments.trim().is_empty() {
                slot.arguments.push_str("{}");
            }
            if index < self.announced {
                slot.emit_new(index, before, &mut on_delta);
            } else {
                on_delta(slot.opening(index));
            }
        }
        self.announced = self.slots.len();
    }

    /// Every call as one delta that opens it and carries all its arguments.
    pub(super) fn to_deltas(&self) -> Vec<ToolCallDelta<'_>> {
        self.slots
            .iter()
            .enumerate()
            .map(|(index, slot)| slot.opening(index))
            .collect()
    }

    pub(super) fn to_tool_calls(&self) -> Vec<ToolCall> {
        let call = |slot: &Slot| ToolCall {
            id: slot.id.clone(),
            kind: "function",
            function: Function {
                name: slot.name.clone(),
                arguments: slot.arguments.clone(),
            },
        };
        self.slots.iter().map(call).collect()
    }
}

/// The key of an id and a name, or of an id with any name.
fn key(id: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{} {id}{name}", id.len()),
        None => format!("*{id}"),
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

    /// Emits the arguments from a position on.
    fn emit_new(&self, index: usize, from: usize, on_delta: &mut impl FnMut(ToolCallDelta<'_>)) {
        let arguments = self.arguments.get(from..).unwrap_or_default();
        if !arguments.is_empty() {
            let function = FunctionDelta {
                name: None,
                arguments,
            };
            on_delta(ToolCallDelta {
                index,
                function,
                ..ToolCallDelta::default()
            });
        }
    }
}

/// Whether arguments that come with a known id and name restate what was received: no delta
/// follows a complete object.
fn is_restated(known: &str, arguments: &[u8]) -> bool {
    let is_whole =
        || known.as_bytes() == arguments && RawJson::parse(arguments).is_ok_and(RawJson::is_object);
    !known.is_empty() && (arguments.is_empty() || is_whole())
}

/// The arguments of a call as JSON text: a string's content, anything else as it is written.
pub(crate) fn arguments_text(json: RawJson<'_>) -> Wtf8Cow<'_> {
    match json.text() {
        Some(text) => text,
        None if json.is_null() => Wtf8Cow::default(),
        None => Wtf8Cow(Cow::Borrowed(json.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Id, name and arguments.
    type Sent = (
        Option<&'static str>,
        Option<&'static str>,
        Option<&'static str>,
    );

    /// The calls that the fragments make, after checking that the deltas add up to them.
    fn assembled(fragments: &[Sent]) -> Vec<(String, String, String)> {
        let text =
            |text: Option<&'static str>| text.map(|text| Wtf8Cow(Cow::Borrowed(text.as_bytes())));
        let mut calls = ToolCalls::default();
        let mut added: Vec<(String, String, String)> = Vec::new();
        let mut add = |delta: ToolCallDelta<'_>| {
            if let (Some(id), Some(name)) = (delta.id, delta.function.name) {
                assert_eq!(delta.index, added.len(), "calls open in order");
                added.push((id.into(), name.into(), String::new()));
            }
            added[delta.index].2.push_str(delta.function.arguments);
        };
        for &(id, name, arguments) in fragments {
            let fragment = Fragment {
                id: text(id),
                name: text(name),
                arguments: text(arguments),
                position: None,
            };
            calls
                .push_fragment(&fragment, 8, |index| format!("made-up-{index}"), &mut add)
                .unwrap();
        }
        calls.finish(&mut add);
        let whole: Vec<_> = calls
            .to_tool_calls()
            .into_iter()
            .map(|call| (call.id, call.function.name, call.function.arguments))
            .collect();
        assert_eq!(added, whole);
        whole
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.into(), name.into(), arguments.into())
    }

    #[test]
    fn fragments_without_an_id_continue_the_call_opened_last() {
        let calls = assembled(&[
            (Some("a"), Some("f"), None),
            (None, None, Some("{\"x\":")),
            (None, None, Some("1}")),
            (Some("b"), Some("g"), Some("")),
            (None, Some(""), Some("{}")),
        ]);
        assert_eq!(calls, [call("a", "f", "{\"x\":1}"), call("b", "g", "{}")]);
    }

    #[test]
    fn interleaved_ids_are_kept_apart() {
        let calls = assembled(&[
            (Some("a"), Some("f"), Some("{\"x\":")),
            (Some("b"), Some("f"), Some("{\"x\":")),
            (Some("a"), None, Some("1}")),
            (Some("b"), None, Some("2}")),
        ]);
        assert_eq!(
            calls,
            [call("a", "f", "{\"x\":1}"), call("b", "f", "{\"x\":2}")]
        );
    }

    #[test]
    fn a_name_opens_a_call() {
        let calls = assembled(&[(None, Some("f"), Some("{}")), (None, Some("f"), Some("{}"))]);
        assert_eq!(
            calls,
            [call("made-up-0", "f", "{}"), call("made-up-1", "f", "{}")]
        );
    }

    #[test]
    fn ids_that_change_with_every_fragment_do_not_open_calls() {
        let calls = assembled(&[
            (Some("a"), Some("f"), Some("")),
            (Some("x"), Some(""), Some("{\"k\":")),
            (Some("y"), None, Some("1}")),
        ]);
        assert_eq!(calls, [call("a", "f", "{\"k\":1}")]);
    }

    #[test]
    fn a_name_may_arrive_after_the_id_or_the_arguments() {
        let late = assembled(&[(Some("a"), None, None), (None, Some("f"), Some("{}"))]);
        assert_eq!(late, [call("a", "f", "{}")]);
        let later = assembled(&[(None, None, Some("{\"k\":")), (None, Some("f"), Some("1}"))]);
        assert_eq!(later, [call("made-up-0", "f", "{\"k\":1}")]);
    }

    #[test]
    fn restated_arguments_are_not_added_again() {
        let calls = assembled(&[
            (Some("a"), Some("f"), Some("{\"x\":")),
            (Some("a"), None, Some("1}")),
            (Some("a"), Some("f"), Some("{\"x\":1}")),
            (Some("a"), Some("f"), None),
        ]);
        assert_eq!(calls, [call("a", "f", "{\"x\":1}")]);
    }

    #[test]
    fn missing_arguments_become_an_empty_object() {
        let calls = assembled(&[(Some("a"), Some("f"), None), (None, None, Some(""))]);
        assert_eq!(calls, [call("a", "f", "{}")]);
        assert_eq!(assembled(&[(Some("a"), None, None)]), [call("a", "", "{}")]);
    }

    #[test]
    fn calls_open_in_order_although_the_first_name_is_late() {
        let calls = assembled(&[
            (Some("a"), None, Some("{}")),
            (Some("b"), Some("g"), Some("{\"k\":")),
            (Some("b"), None, Some("1}")),
            (Some("a"), Some("f"), None),
        ]);
        assert_eq!(calls, [call("a", "f", "{}"), call("b", "g", "{\"k\":1}")]);
    }

    #[test]
    fn a_name_after_the_end_opens_a_call() {
        let name = |id: &'static str| Fragment {
            id: Some(Wtf8Cow(Cow::Borrowed(id.as_bytes()))),
            name: Some(Wtf8Cow(Cow::Borrowed(b"f"))),
            ..Fragment::default()
        };
        for id in ["", "a"] {
            let mut calls = ToolCalls::default();
            let nameless = Fragment {
                name: None,
                ..name("a")
            };
            let mut deltas = Vec::new();
            for fragment in [nameless, name(id)] {
                let mut on_delta = |delta: ToolCallDelta<'_>| {
                    deltas.push((delta.index, delta.function.name.map(str::to_owned)));
                };
                let made = |index: usize| index.to_string();
                calls
                    .push_fragment(&fragment, 9, made, &mut on_delta)
                    .unwrap();
                calls.finish(&mut on_delta);
            }
            let names = calls.to_tool_calls().into_iter();
            let names: Vec<String> = names.map(|call| call.function.name).collect();
            assert_eq!(names, ["", "f"], "{id:?}");
            assert_eq!(deltas[0], (0, Some("".into())));
            assert_eq!(deltas[1], (1, Some("f".into())));
        }
    }

    #[test]
    fn more_calls_than_the_limit_are_an_error() {
        let mut calls = ToolCalls::default();
        let named = Fragment {
            name: Some(Wtf8Cow(Cow::Borrowed(b"f"))),
            ..Fragment::default()
        };
        for _ in 0..3 {
            calls
                .push_fragment(&named, 3, |index| index.to_string(), |_| ())
                .unwrap();
        }
        let error = calls
            .push_fragment(&named, 3, |index| index.to_string(), |_| ())
            .unwrap_err();
        assert_eq!((error.code(), calls.len()), (Code::LimitExceeded, 3));
    }
}
