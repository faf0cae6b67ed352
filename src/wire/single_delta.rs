//! What an event adds to an answer, where that is a single string: the events of which
//! [`crate::decode`] makes templates.

use crate::json::{RawJson, Wtf8Cow};

/// An event that adds one string to one choice and does nothing else.
#[derive(Clone, Debug)]
pub(crate) struct SingleDelta<'a> {
    pub(crate) choice: u32,
    pub(crate) kind: DeltaKind,
    /// The string, where it stands in the event.
    pub(crate) slot: RawJson<'a>,
    /// A string that differs from event to event and means nothing: OCI pads its native events, so
    /// that their encrypted length does not give the text away.
    pub(crate) padding: Option<RawJson<'a>>,
}

/// What the string is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DeltaKind {
    /// The next piece of the text.
    Text,
    /// The next piece of the reasoning.
    Reasoning,
    /// The same, under another name than the caller's: the event is renamed for the caller.
    ReasoningAlias,
    /// The next piece of a tool call's arguments, with the id and the name beside it.
    Arguments {
        id: Option<Wtf8Cow<'static>>,
        name: Option<Wtf8Cow<'static>>,
    },
}

impl DeltaKind {
    pub(crate) fn arguments(id: &Option<Wtf8Cow<'_>>, name: &Option<Wtf8Cow<'_>>) -> DeltaKind {
        DeltaKind::Arguments {
            id: id.clone().map(Wtf8Cow::into_owned),
            name: name.clone().map(Wtf8Cow::into_owned),
        }
    }
}

/// Records what a wire reads in an event, and whether that is a [`SingleDelta`].
#[derive(Debug)]
pub(crate) struct DeltaRecorder<'a> {
    choice: u32,
    delta: Option<(DeltaKind, RawJson<'a>)>,
    is_disqualified: bool,
}

impl<'a> DeltaRecorder<'a> {
    pub(crate) fn new(choice: u32) -> Self {
        DeltaRecorder {
            choice,
            delta: None,
            is_disqualified: false,
        }
    }

    /// The event adds this string. A second one disqualifies it, as does a value of another type.
    pub(crate) fn record(&mut self, kind: DeltaKind, slot: Option<RawJson<'a>>) {
        self.is_disqualified |= self.delta.is_some();
        self.delta = slot
            .filter(|slot| slot.is_string())
            .map(|slot| (kind, slot));
    }

    /// The event adds something else.
    pub(crate) fn disqualify(&mut self) {
        self.is_disqualified = true;
    }

    /// The delta, if it was the only one. Padding that is no string is part of the event like any
    /// other member.
    pub(crate) fn finish(self, padding: Option<RawJson<'a>>) -> Option<SingleDelta<'a>> {
        let (kind, slot) = self.delta.filter(|_| !self.is_disqualified)?;
        Some(SingleDelta {
            choice: self.choice,
            kind,
            slot,
            padding: padding.filter(|padding| padding.is_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<RawJson<'_>> {
        RawJson::parse(text.as_bytes()).ok()
    }

    #[test]
    fn one_string_is_a_delta() {
        let mut recorder = DeltaRecorder::new(2);
        recorder.record(DeltaKind::Reasoning, json("\"a\""));
        let delta = recorder.finish(json("\"pad\"")).unwrap();
        assert_eq!((delta.choice, delta.kind), (2, DeltaKind::Reasoning));
        assert_eq!(Some(delta.slot), json("\"a\""));
        assert_eq!(delta.padding, json("\"pad\""));
    }

    #[test]
    fn padding_that_is_no_string_is_left_in_the_event() {
        let mut recorder = DeltaRecorder::new(0);
        recorder.record(DeltaKind::Text, json("\"a\""));
        assert_eq!(recorder.finish(json("5")).unwrap().padding, None);
    }

    #[test]
    fn anything_else_is_not_a_single_delta() {
        assert!(DeltaRecorder::new(0).finish(None).is_none());

        let mut no_string = DeltaRecorder::new(0);
        no_string.record(DeltaKind::Text, json("5"));
        assert!(no_string.finish(None).is_none());

        let mut two_strings = DeltaRecorder::new(0);
        two_strings.record(DeltaKind::Text, json("\"a\""));
        two_strings.record(DeltaKind::Text, json("\"b\""));
        assert!(two_strings.finish(None).is_none());

        let mut string_and_more = DeltaRecorder::new(0);
        string_and_more.record(DeltaKind::Text, json("\"a\""));
        string_and_more.disqualify();
        assert!(string_and_more.finish(None).is_none());
    }
}
