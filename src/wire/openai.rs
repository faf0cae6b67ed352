//! The openai transport: OCI's own OpenAI-compatible route. What the caller says and what the service answers pass as they
//! are; they are read along the way, so that `final()`, reports and errors know what passed.

use super::fields::{
    an_object, failure, fields, index, list, objects, text, values, Reading, Unread,
};
use crate::answer::tool_calls::Fragment;
use crate::answer::Answer;
use crate::decode::template::{Learning, Learnt, Plain};
use crate::error::{Code, Error, Result};
use crate::json::{self, object, Json, Map, Value};
use crate::openai::{ChatRequest, Reader, Sink, Text};
use crate::routing::Route;

// ---------------------------------------------------------------- the request

/// The caller's own request, with the model as OCI names it and usage always asked for.
pub(super) fn request(request: &ChatRequest, route: &Route, stream: bool) -> Result<Map> {
    let mut body = Map::new();
    body.insert("model", route.model().into());
    for (name, value) in request.params().iter() {
        match name {
            "stream" | "stream_options" => {}
            "oci" => {
                let oci = Reader::new("oci", value).object()?;
                if let Some((name, _)) = oci.iter().find(|(_, value)| !value.is_null()) {
                    return Err(Error::param(
                        format!("oci.{name}"),
                        format!("oci.{name} can't be expressed on the openai wire"),
                    )
                    .with_hint("leave it out, or set transport: \"native\""));
                }
            }
            _ => body.push(name.to_owned(), value.clone()),
        }
    }
    if stream {
        body.insert("stream", true.into());
        let mut options = request
            .params()
            .get("stream_options")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        options.insert("include_usage", true.into());
        body.insert("stream_options", options.into());
    }
    Ok(body)
}

// ---------------------------------------------------------------- the answer

pub(super) fn read_event<'a>(
    event: Json<'a>,
    answer: &mut Answer,
    sink: &mut dyn Sink,
) -> Reading<Learnt<'a>> {
    let [choices, usage, error, code, message] =
        fields(event, ["choices", "usage", "error", "code", "message"]);
    if let Some(error) = failure(error, code, message, None) {
        return Err(error.into());
    }
    let choices: Vec<Json<'_>> = objects(choices)?;
    let usage = usage.filter(|usage| usage.is_object());
    read_head(event, answer)?;
    if let Some(usage) = usage {
        answer.set_usage(usage.to_value());
        if choices.is_empty() {
            // The usage chunk is told at the end, to a caller who asked for it.
            return Ok(None);
        }
    }
    // What has no choices at all is a ping.
    let [given] = fields(event, ["choices"]);
    if given.is_none() {
        return Ok(None);
    }
    let learnt = tell(choices, answer)?;
    sink.verbatim(&crate::sse::lossy(event.as_bytes()));
    Ok(learnt.filter(|_| usage.is_none()))
}

/// Whether an event of OpenAI's tells the usage and nothing else.
pub(crate) fn is_only_usage(event: &[u8]) -> bool {
    let Ok(event) = Json::read(event) else {
        return false;
    };
    let [choices, usage] = event.pick(["choices", "usage"]);
    usage.is_some_and(Json::is_object)
        && choices.is_none_or(|choices| choices.items().next().is_none())
}

fn read_head(event: Json<'_>, answer: &mut Answer) -> Reading<()> {
    let [id, created, model] = fields(event, ["id", "created", "model"]);
    let (id, model) = (text(id)?, text(model)?);
    let created = created
        .map(|created| created.as_u64().ok_or(Unread::Unreadable))
        .transpose()?;
    answer.set_head(
        id.map(|id| id.to_lossy()),
        created,
        model.map(|model| model.to_lossy()),
    );
    Ok(())
}

fn tell<'a>(choices: Vec<Json<'a>>, answer: &mut Answer) -> Reading<Learnt<'a>> {
    let silent = &mut crate::decode::Silent;
    let several = choices.len() > 1;
    let mut learnt = None;
    for choice in choices {
        let [own_index, delta, message, logprobs, reason] = fields(
            choice,
            ["index", "delta", "message", "logprobs", "finish_reason"],
        );
        let index = index(own_index)?;
        answer.hear(index);
        if let Some(delta) = delta.or(message).map(an_object).transpose()? {
            learnt = tell_delta(delta, index, answer)?;
        }
        if let Some(logprobs) = logprobs {
            answer.hear_logprobs(index, &logprobs.to_value());
        }
        if let Some(reason) = reason.and_then(Json::to_text) {
            answer.finish(index, Some(&reason), silent)?;
        }
        if several || logprobs.is_some() || reason.is_some() {
            learnt = None;
        }
    }
    Ok(learnt)
}

fn tell_delta<'a>(delta: Json<'a>, index: u32, answer: &mut Answer) -> Reading<Learnt<'a>> {
    let silent = &mut crate::decode::Silent;
    let [content, reasoning, refusal, calls, annotations] = fields(
        delta,
        [
            "content",
            "reasoning_content",
            "refusal",
            "tool_calls",
            "annotations",
        ],
    );
    let mut learning = Learning::new(index);
    if let Some(piece) = text(reasoning)? {
        learning.one(Plain::Reasoning, reasoning);
        answer.reasoning(index, &piece, silent);
    }
    if let Some(piece) = text(content)? {
        learning.one(Plain::Text, content);
        answer.text(index, &piece, silent)?;
    }
    if let Some(piece) = text(refusal)? {
        learning.no_more();
        answer.refusal(index, &piece, silent);
    }
    for call in list(calls)? {
        learning.no_more();
        let [position, id, function] = fields(an_object(call)?, ["index", "id", "function"]);
        let [name, arguments] = function
            .map(an_object)
            .transpose()?
            .map_or([None; 2], |it| fields(it, ["name", "arguments"]));
        let position = position
            .map(|position| position.as_u64().ok_or(Unread::Unreadable))
            .transpose()?;
        // Later fragments of a call have its index, and no id.
        let id = text(id)?.filter(|id| !id.is_empty()).or_else(|| {
            let id = answer.tool_call_id(index, usize::try_from(position?).ok()?)?;
            Some(Text(id.into_bytes().into()))
        });
        answer.tool_call(
            index,
            &Fragment {
                id,
                name: text(name)?,
                arguments: text(arguments)?,
            },
            silent,
        )?;
    }
    let annotations = values(annotations)?;
    if !annotations.is_empty() {
        learning.no_more();
    }
    answer.annotations(index, annotations, silent);
    Ok(learning.end())
}

/// Reads a whole `chat.completion`.
pub(super) fn read_whole(body: Json<'_>, answer: &mut Answer) -> Result<()> {
    let read = |answer: &mut Answer| -> Reading<()> {
        let [choices, usage] = fields(body, ["choices", "usage"]);
        let choices: Vec<Json<'_>> = objects(choices)?;
        if choices.is_empty() {
            return Err(Unread::Unreadable);
        }
        read_head(body, answer)?;
        if let Some(usage) = usage.filter(|usage| usage.is_object()) {
            answer.set_usage(usage.to_value());
        }
        tell(choices, answer)?;
        Ok(answer.end(false, &mut crate::decode::Silent)?)
    };
    read(answer).map_err(|unread| match unread {
        Unread::Failed(error) => error,
        Unread::Incomplete | Unread::Unreadable => {
            Error::new(Code::InvalidResponse, "the answer is not a chat completion")
        }
    })
}

/// The answer as it came, with `oci` where there is something to say.
pub(crate) fn with_extras(body: &[u8], opc_request_id: Option<&str>) -> Option<Vec<u8>> {
    let Value::Object(mut whole) = json::parse(body).ok()? else {
        return None;
    };
    if let Some(id) = opc_request_id {
        whole.insert("oci", object([("opc_request_id", id.into())]));
    }
    Some(json::write(&whole.into()))
}
