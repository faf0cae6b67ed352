//! Reads a tool call of an event. The wires have the same three fields in different places.

use super::fields::{text, DecodeResult};
use super::single_delta::{DeltaKind, DeltaRecorder};
use crate::answer::{arguments_text, Accumulator, Fragment};
use crate::json::RawJson;
use crate::openai::Sink;

/// Adds a tool call, or a fragment of one, to a choice. The fields are id, name and arguments.
pub(super) fn read_tool_call<'a>(
    [id, name, arguments]: [Option<RawJson<'a>>; 3],
    choice: u32,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
    recorder: &mut DeltaRecorder<'a>,
) -> DecodeResult<()> {
    let (id, name) = (text(id)?, text(name)?);
    if arguments.is_some_and(RawJson::is_string) {
        recorder.record(DeltaKind::arguments(&id, &name), arguments);
    } else {
        recorder.disqualify();
    }
    let fragment = Fragment {
        id,
        name,
        arguments: arguments.map(arguments_text),
        position: None,
    };
    answer.push_tool_call(choice, &fragment, sink)?;
    Ok(())
}
