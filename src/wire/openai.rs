//! The openai transport: OCI's own OpenAI-compatible route. Requests and answers pass as they are;
//! they are read on the way, so that `final()`, reports and errors know them.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::fields::{
    fields, index, list, object, objects, reported_error, text, values, wrong_api_format,
    DecodeError, DecodeResult,
};
use super::single_delta::{DeltaKind, DeltaRecorder, SingleDelta};
use super::translate;
use super::WireFormat;
use crate::answer::{Accumulator, Fragment};
use crate::error::Code;
use crate::error::{Error, Result};
use crate::json::{RawJson, Wtf8Cow};
use crate::openai::{ChatRequest, NullSink, Param, Sink};
use crate::routing::Candidate;
use crate::sse::decode_utf8;

/// The wire.
pub static FORMAT: WireFormat = WireFormat {
    name: "openai",
    api_format: None,
    parameters: &[],
    passes_events_through: true,
    build,
    read_event,
    read_whole,
};

// ---------------------------------------------------------------- the request

/// The caller's own request, with the model as OCI names it and usage always requested.
#[inline(never)]
fn build(request: &ChatRequest, target: &Candidate, stream: bool) -> Result<Vec<u8>> {
    let mut body = Map::new();
    body.insert("model".into(), target.route.model().into());
    for (name, value) in request.body() {
        match name.as_str() {
            "stream" | "stream_options" => {}
            "oci" => {
                let members = Param::new("oci", value).object()?;
                if let Some((name, _)) = members.iter().find(|(_, value)| !value.is_null()) {
                    let name = format!("oci.{name}");
                    let message = format!("the openai wire can't express {name}");
                    return Err(Error::param(name, message)
                        .with_hint("omit it, or set transport: \"native\""));
                }
            }
            _ => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    // Every answer has the list; servers are reported to reject it in a request. Empty, it says
    // nothing.
    let messages = body.get_mut("messages").and_then(Value::as_array_mut);
    for message in messages.into_iter().flatten() {
        let is_empty = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
        if message.get("annotations").is_some_and(is_empty) {
            message
                .as_object_mut()
                .map(|it| it.shift_remove("annotations"));
        }
    }
    if stream {
        let options = request
            .body()
            .get("stream_options")
            .and_then(Value::as_object);
        let mut options = options.cloned().unwrap_or_default();
        options.insert("include_usage".into(), true.into());
        body.insert("stream".into(), true.into());
        body.insert("stream_options".into(), options.into());
    }
    Ok(crate::json::to_json(&body))
}

// ---------------------------------------------------------------- the answer

fn read_event<'a>(
    event: RawJson<'a>,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
) -> DecodeResult<Option<SingleDelta<'a>>> {
    let [choices, usage, error, code, message, pad] = fields(
        event,
        ["choices", "usage", "error", "code", "message", "pad"],
    );
    if let Some(error) = reported_error(error, code, message, None) {
        // This package's gateway passes its codes on.
        let own_code = error.service_code().and_then(Code::from_name);
        let error = match own_code {
            Some(code) => error.with_code(code),
            None => error,
        };
        return Err(error.into());
    }
    let has_choices = choices.is_some();
    let choices = objects(choices)?;
    let usage = usage.filter(|usage| usage.is_object());
    read_metadata(event, answer)?;
    if let Some(usage) = usage {
        answer.set_usage(usage.to_value());
        if choices.is_empty() {
            // The usage chunk is emitted at the end, to a caller who requested it.
            return Ok(None);
        }
    }
    if !has_choices {
        if answer.is_empty() {
            check_format(event)?;
        }
        // It is a ping.
        return Ok(None);
    }
    // Before the first choice there is no answer yet: the call may still be repeated.
    if choices.is_empty() && answer.is_empty() {
        return Ok(None);
    }
    if sink.decodes_chunks() {
        let (delta, _) = read_choices(choices, pad, answer, sink)?;
        return Ok(delta.filter(|_| usage.is_none()));
    }
    let (delta, has_alias) = read_choices(choices, pad, answer, &mut NullSink)?;
    sink.verbatim(&decode_utf8(&if has_alias && sink.reads_verbatim() {
        with_reasoning_content(event.as_bytes())
    } else {
        Cow::Borrowed(event.as_bytes())
    }));
    if sink.keeps_chunks() {
        answer.set_first_chunk_sent();
    }
    Ok(delta.filter(|_| usage.is_none()))
}

/// Fails for an event of a native format.
fn check_format(event: RawJson<'_>) -> DecodeResult<()> {
    let [format, message, text, reason] =
        event.pick(["apiFormat", "message", "text", "finishReason"]);
    let is_native = message.is_some_and(RawJson::is_object)
        || [format, text, reason]
            .into_iter()
            .flatten()
            .any(RawJson::is_string);
    if is_native {
        return Err(wrong_api_format(FORMAT.name));
    }
    Ok(())
}

/// An event whose deltas have `reasoning_content` where the service sent vLLM's newer name of it,
/// `reasoning`. Everything else stays as it was written.
pub(crate) fn with_reasoning_content(event: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::with_capacity(event.len() + 16);
    let mut written = 0;
    let json = RawJson::parse(event).ok();
    let choices = json.and_then(|json| json.get("choices"));
    for choice in choices.into_iter().flat_map(RawJson::items) {
        let delta = choice.get("delta").or(choice.get("message"));
        let Some(edit) = delta.and_then(|delta| rename_reasoning(delta, event)) else {
            continue;
        };
        let (range, new) = edit;
        out.extend_from_slice(event.get(written..range.start).unwrap_or_default());
        out.extend_from_slice(new);
        written = range.end;
    }
    if written == 0 {
        return Cow::Borrowed(event);
    }
    out.extend_from_slice(event.get(written..).unwrap_or_default());
    Cow::Owned(out)
}

/// What to replace in an event, and by what.
fn rename_reasoning<'a>(
    delta: RawJson<'a>,
    event: &'a [u8],
) -> Option<(std::ops::Range<usize>, &'a [u8])> {
    let [alias, content] = delta.pick(["reasoning", "reasoning_content"]);
    let alias = alias.filter(|alias| alias.is_string())?;
    let at = alias.offset_in(event);
    match content {
        Some(content) if content.is_null() || content.as_bytes() == b"\"\"" => {
            let start = content.offset_in(event);
            Some((start..start + content.as_bytes().len(), alias.as_bytes()))
        }
        Some(_) => None,
        None => {
            const NAME: &[u8] = b"\"reasoning\"";
            let before = event.get(..at)?.trim_ascii_end().strip_suffix(b":")?;
            let end = before.trim_ascii_end().len();
            let start = end.checked_sub(NAME.len())?;
            let is_plain = event.get(start..end) == Some(NAME);
            is_plain.then_some((start..end, b"\"reasoning_content\""))
        }
    }
}

/// Whether an event carries the usage and nothing else.
pub(crate) fn is_usage_only(event: &[u8]) -> bool {
    let Ok(event) = RawJson::parse(event) else {
        return false;
    };
    let [choices, usage] = event.pick(["choices", "usage"]);
    usage.is_some_and(RawJson::is_object)
        && choices.is_none_or(|choices| choices.items().next().is_none())
}

/// Reads a whole `chat.completion`.
fn read_whole(body: RawJson<'_>, answer: &mut Accumulator) -> DecodeResult<()> {
    let [choices, usage] = fields(body, ["choices", "usage"]);
    let choices = objects(choices)?;
    if choices.is_empty() {
        return Err(DecodeError::Malformed);
    }
    read_metadata(body, answer)?;
    if let Some(usage) = usage.filter(|usage| usage.is_object()) {
        answer.set_usage(usage.to_value());
    }
    read_choices(choices, None, answer, &mut NullSink)?;
    Ok(answer.end(false, &mut NullSink)?)
}

/// The service's completion as it came, with OCI's id of the request under `oci`, and with
/// `reasoning_content` where the service sent vLLM's newer name of it, `reasoning`.
pub(crate) fn with_opc_request_id(body: &[u8], opc_request_id: Option<&str>) -> Option<Vec<u8>> {
    let Ok(Value::Object(mut completion)) = crate::json::parse_lenient(body) else {
        return None;
    };
    let choices = completion.get_mut("choices").and_then(Value::as_array_mut);
    for choice in choices.into_iter().flatten() {
        let message = choice.get_mut("message").and_then(Value::as_object_mut);
        if let Some(message) = message {
            let has_content = |value: &Value| value.as_str().is_some_and(|it| !it.is_empty());
            if message.get("reasoning").is_some_and(Value::is_string)
                && !message.get("reasoning_content").is_some_and(has_content)
            {
                let reasoning = message.shift_remove("reasoning").unwrap_or_default();
                message.insert("reasoning_content".into(), reasoning);
            }
        }
    }
    if let Some(id) = opc_request_id {
        completion.insert(
            "oci".into(),
            crate::json::object(vec![("opc_request_id", id.into())]),
        );
    }
    Some(crate::json::to_json(&completion))
}

fn read_metadata(event: RawJson<'_>, answer: &mut Accumulator) -> DecodeResult<()> {
    let [id, created, model] = fields(event, ["id", "created", "model"]);
    let (id, model) = (text(id)?, text(model)?);
    let number = |field: RawJson<'_>| field.as_u64().ok_or(DecodeError::Malformed);
    let created = created.map(number).transpose()?;
    let owned = |text: Wtf8Cow<'_>| text.to_lossy();
    answer.set_metadata(id.map(owned), created, model.map(owned));
    Ok(())
}

fn read_choices<'a>(
    choices: Vec<RawJson<'a>>,
    pad: Option<RawJson<'a>>,
    answer: &mut Accumulator,
    sink: &mut dyn Sink,
) -> DecodeResult<(Option<SingleDelta<'a>>, bool)> {
    let mut has_alias = false;
    let is_only = choices.len() == 1;
    let mut single = None;
    for choice in choices {
        let [own_index, delta, message, logprobs, reason] = fields(
            choice,
            ["index", "delta", "message", "logprobs", "finish_reason"],
        );
        let index = index(own_index)?;
        answer.ensure_choice(index);
        let mut recorder = DeltaRecorder::new(index);
        if let Some(delta) = delta.or(message).map(object).transpose()? {
            has_alias |= read_delta(delta, index, answer, &mut recorder, sink)?;
        }
        if let Some(logprobs) = logprobs {
            answer.push_logprobs(index, logprobs.to_value(), sink);
        }
        if let Some(reason) = reason.and_then(RawJson::to_text) {
            answer.finish(index, translate::finish_reason(Some(&reason)), sink)?;
        }
        let is_plain = is_only && logprobs.is_none() && reason.is_none();
        single = recorder.finish(pad).filter(|_| is_plain);
    }
    Ok((single, has_alias))
}

/// Reads what a choice adds. Returns whether its reasoning has vLLM's newer name.
fn read_delta<'a>(
    delta: RawJson<'a>,
    index: u32,
    answer: &mut Accumulator,
    recorder: &mut DeltaRecorder<'a>,
    sink: &mut dyn Sink,
) -> DecodeResult<bool> {
    let [content, reasoning, alias, refusal, calls, annotations] = fields(
        delta,
        [
            "content",
            "reasoning_content",
            "reasoning",
            "refusal",
            "tool_calls",
            "annotations",
        ],
    );
    let alias = alias.filter(|alias| alias.is_string());
    let has_alias = alias.is_some() && text(reasoning)?.is_none_or(|text| text.is_empty());
    let (reasoning, kind) = if has_alias {
        (alias, DeltaKind::ReasoningAlias)
    } else {
        (reasoning, DeltaKind::Reasoning)
    };
    if let Some(delta) = text(reasoning)? {
        recorder.record(kind, reasoning);
        answer.push_reasoning(index, &delta, sink);
    }
    if let Some(delta) = text(content)? {
        recorder.record(DeltaKind::Text, content);
        answer.push_text(index, &delta, sink)?;
    }
    if let Some(delta) = text(refusal)? {
        recorder.disqualify();
        answer.push_refusal(index, &delta, sink);
    }
    for call in list(calls)? {
        recorder.disqualify();
        let [position, id, function] = fields(object(call)?, ["index", "id", "function"]);
        let function = function.map(object).transpose()?;
        let [name, arguments] = function.map_or([None; 2], |function| {
            fields(function, ["name", "arguments"])
        });
        let number = |field: RawJson<'_>| field.as_u64().ok_or(DecodeError::Malformed);
        let position = position.map(number).transpose()?;
        let fragment = Fragment {
            id: text(id)?.filter(|id| !id.is_empty()),
            name: text(name)?,
            arguments: text(arguments)?,
            // Later fragments of a call have its position, and no id.
            position: position.and_then(|it| usize::try_from(it).ok()),
        };
        answer.push_tool_call(index, &fragment, sink)?;
    }
    let annotations = values(annotations)?;
    if !annotations.is_empty() {
        recorder.disqualify();
        answer.push_annotations(index, annotations, sink);
    }
    Ok(has_alias)
}
