//! The openai transport: OCI's own OpenAI-compatible route. What the caller says and what the service answers pass as they
//! are; they are read along the way, so that `final()`, reports and errors know what passed.

use serde::Deserialize;
use serde_json::{json, Map, Value};

use super::reading::{event, failure, MessageOr, Unread};
use crate::answer::Answer;
use crate::chat::{ChatRequest, Reader, Sink, Text};
use crate::error::{Code, Error, Result};
use crate::json;
use crate::route::Route;
use crate::tool_calls::Fragment;

// ---------------------------------------------------------------- the request

/// The caller's own request, with the model as OCI names it and usage always asked for.
pub(super) fn request(request: &ChatRequest, route: &Route, stream: bool) -> Result<Map<String, Value>> {
    let mut body = Map::new();
    body.insert("model".into(), route.model().into());
    for (name, value) in request.params() {
        match name.as_str() {
            "stream" | "stream_options" => {}
            "oci" => {
                let oci = Reader::new("oci", value).object()?;
                if let Some((name, _)) = oci.iter().find(|(_, value)| !value.is_null()) {
                    return Err(Error::param(format!("oci.{name}"), format!("oci.{name} can't be expressed on the openai wire"))
                        .with_hint("leave it out, or set transport: \"native\""));
                }
            }
            _ => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    if stream {
        body.insert("stream".into(), true.into());
        let mut options = request.params().get("stream_options").and_then(Value::as_object).cloned().unwrap_or_default();
        options.insert("include_usage".into(), true.into());
        body.insert("stream_options".into(), options.into());
    }
    Ok(body)
}

// ---------------------------------------------------------------- the answer

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    id: Option<String>,
    created: Option<u64>,
    model: Option<String>,
    #[serde(borrow)]
    choices: Option<Vec<EventChoice<'a>>>,
    usage: Option<Value>,
    error: Option<Value>,
    code: Option<Value>,
    #[serde(borrow)]
    message: MessageOr<EventDelta<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventChoice<'a> {
    index: Option<u32>,
    #[serde(borrow)]
    delta: Option<EventDelta<'a>>,
    /// In a whole answer.
    #[serde(borrow)]
    message: Option<EventDelta<'a>>,
    logprobs: Option<Value>,
    finish_reason: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventDelta<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    reasoning_content: Option<Text<'a>>,
    #[serde(borrow)]
    refusal: Option<Text<'a>>,
    #[serde(borrow)]
    tool_calls: Option<Vec<EventCall<'a>>>,
    annotations: Option<Vec<Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventCall<'a> {
    index: Option<usize>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    function: Option<EventFunction<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventFunction<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
}

pub(super) fn read_event(json: &[u8], answer: &mut Answer, sink: &mut dyn Sink) -> std::result::Result<(), Unread> {
    let event: Event<'_> = event(json)?;
    if let Some(error) = failure(event.error.as_ref(), event.code.as_ref(), event.message.text(), None) {
        return Err(error.into());
    }
    let usage = event.usage.as_ref().filter(|usage| usage.is_object());
    let only_usage = usage.is_some() && event.choices.as_ref().is_none_or(Vec::is_empty);
    answer.set_head(event.id, event.created, event.model);
    if let Some(usage) = usage {
        answer.set_usage(usage);
    }
    let Some(choices) = event.choices.filter(|_| !only_usage) else {
        // The usage chunk is told at the end, to a caller who asked for it; what has no choices at all is a ping.
        return Ok(());
    };
    tell(choices, answer)?;
    let json = crate::sse::lossy(json);
    sink.verbatim(&json);
    Ok(())
}

fn tell(choices: Vec<EventChoice<'_>>, answer: &mut Answer) -> Result<()> {
    let silent = &mut crate::stream::Silent;
    for choice in choices {
        let index = choice.index.unwrap_or(0);
        let delta = choice.delta.or(choice.message).unwrap_or_default();
        answer.hear(index);
        if let Some(reasoning) = &delta.reasoning_content {
            answer.reasoning(index, reasoning, silent);
        }
        if let Some(text) = &delta.content {
            answer.text(index, text, silent)?;
        }
        if let Some(refusal) = &delta.refusal {
            answer.refusal(index, refusal, silent);
        }
        for call in delta.tool_calls.into_iter().flatten() {
            let function = call.function.unwrap_or_default();
            // Later fragments of a call have its index, and no id.
            let id = call.id.filter(|id| !id.is_empty()).or_else(|| {
                let id = answer.tool_call_id(index, call.index?)?;
                Some(Text(id.into_bytes().into()))
            });
            answer.tool_call(index, &Fragment { id, name: function.name, arguments: function.arguments }, silent)?;
        }
        answer.annotations(index, delta.annotations.unwrap_or_default(), silent);
        if let Some(logprobs) = &choice.logprobs {
            answer.hear_logprobs(index, logprobs);
        }
        if let Some(Value::String(reason)) = &choice.finish_reason {
            answer.finish(index, Some(reason), silent)?;
        }
    }
    Ok(())
}

/// Reads a whole `chat.completion`.
pub(super) fn read_whole(body: &Value, answer: &mut Answer) -> Result<()> {
    let unreadable = || Error::new(Code::InvalidResponse, "the answer is not a chat completion");
    let json = json::write(body);
    let whole: Event<'_> = event(&json).map_err(|_| unreadable())?;
    let choices = whole.choices.filter(|choices| !choices.is_empty()).ok_or_else(unreadable)?;
    answer.set_head(whole.id, whole.created, whole.model);
    if let Some(usage) = whole.usage.as_ref().filter(|usage| usage.is_object()) {
        answer.set_usage(usage);
    }
    tell(choices, answer)?;
    answer.end(false, &mut crate::stream::Silent)
}

/// The answer as it came, with `oci` where there is something to say.
pub(crate) fn with_extras(body: &[u8], opc_request_id: Option<&str>) -> Option<Vec<u8>> {
    let Value::Object(mut whole) = json::parse(body).ok()? else { return None };
    if let Some(id) = opc_request_id {
        whole.insert("oci".into(), json!({"opc_request_id": id}));
    }
    Some(json::write(&whole.into()))
}
