//! A request in OpenAI's vocabulary
//! ([`ChatCompletionCreateParams`](https://platform.openai.com/docs/api-reference/chat/create)).
//!
//! [`ChatRequest`] is the JSON object that the caller sent, which the openai transport passes on.
//! The native wires read it as a [`Chat`], once in the life of a call.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::message::Message;
use super::param::Param;
use super::param_names::ParamNames;
use super::tool::{ResponseFormat, Tool, ToolChoice};
use crate::error::{excerpt, Code, Error, Result};

/// A request as the caller sent it.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    model: String,
    body: Map<String, Value>,
    names: ParamNames,
    /// Whether a dialect other than Chat Completions is in front: the service's own chunks are no
    /// answer then.
    is_translated: bool,
    chat: OnceCell<Result<Chat>>,
}

/// The same request, typed: what every native wire reads. The messages, tools and limits are
/// checked; the other parameters are checked by the table of the wire that they are sent on.
#[derive(Clone, Debug)]
pub(crate) struct Chat {
    pub(crate) messages: Vec<Message>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) tool_choice: Option<ToolChoice>,
    pub(crate) response_format: Option<ResponseFormat>,
    /// The limit on the answer's tokens, whichever of its two names was used. The newer name wins.
    pub(crate) max_tokens: Option<u64>,
    pub(crate) stop: Option<Vec<String>>,
    /// Every parameter, none of them null, in the caller's order; what is under `oci` as
    /// `oci.top_k`.
    pub(crate) parameters: Vec<(String, Value)>,
    /// How the caller names them.
    pub(crate) names: ParamNames,
}

impl ChatRequest {
    /// Reads a request from JSON text. What every wire needs is checked here: that it is an object
    /// with a model and with messages.
    ///
    /// A lone surrogate (a string that was cut in the middle of an emoji) becomes U+FFFD, as it
    /// does wherever JavaScript writes UTF-8.
    ///
    /// # Errors
    ///
    /// `invalid_request`, with the parameter at fault.
    pub fn from_json(json: &str) -> Result<ChatRequest> {
        let mut body = parse_body(json)?;
        let model = take_model(&mut body)?;
        match body.get("messages") {
            Some(Value::Array(messages)) if !messages.is_empty() => {}
            Some(Value::Array(_)) => return Err(Error::param("messages", "messages is empty")),
            Some(_) => return Err(Error::param("messages", "messages must be an array")),
            None => return Err(Error::param("messages", "messages is missing")),
        }
        if body
            .get("stream_options")
            .is_some_and(|options| !options.is_object())
        {
            return Err(Error::param(
                "stream_options",
                "stream_options must be an object",
            ));
        }
        Ok(ChatRequest {
            model,
            body,
            names: ParamNames::default(),
            is_translated: false,
            chat: OnceCell::new(),
        })
    }

    /// A request of another dialect, as the body of a chat. `names`: what the caller calls its
    /// parameters.
    pub(crate) fn translated(model: String, body: Map<String, Value>, names: ParamNames) -> Self {
        ChatRequest {
            model,
            body,
            names,
            is_translated: true,
            chat: OnceCell::new(),
        }
    }

    /// The model as the caller named it.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the body asks for a streamed answer, which is how HTTP clients ask for it.
    pub fn wants_stream(&self) -> bool {
        self.body
            .get("stream")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// Whether the caller wants usage as a last chunk.
    pub fn wants_usage(&self) -> bool {
        let options = self.body.get("stream_options");
        let include = options.and_then(|options| options.get("include_usage"));
        include.and_then(Value::as_bool).unwrap_or(false)
    }

    /// Whether the model may call tools.
    pub fn has_tools(&self) -> bool {
        self.body
            .get("tools")
            .and_then(Value::as_array)
            .is_some_and(|tools| !tools.is_empty())
    }

    /// Whether a dialect other than Chat Completions is in front.
    pub(crate) fn is_translated(&self) -> bool {
        self.is_translated
    }

    /// How the caller names the parameters.
    pub(crate) fn names(&self) -> &ParamNames {
        &self.names
    }

    /// Releases the memory of everything but the model. What else is asked of the request later is
    /// answered as if it had no parameters.
    pub(crate) fn release(&mut self) {
        self.body = Map::new();
        self.chat = OnceCell::new();
    }

    /// Every parameter but the model; none of them null.
    pub(crate) fn body(&self) -> &Map<String, Value> {
        &self.body
    }

    /// The request as a typed model, or what is wrong with it.
    pub(crate) fn chat(&self) -> Result<&Chat> {
        self.chat
            .get_or_init(|| Chat::parse(&self.body, &self.names))
            .as_ref()
            .map_err(Error::clone)
    }
}

/// Takes the model out of a request.
pub(crate) fn take_model(body: &mut Map<String, Value>) -> Result<String> {
    match body.shift_remove("model") {
        Some(Value::String(model)) => Ok(model),
        None => Err(Error::param("model", "model is missing")),
        Some(_) => Err(Error::param("model", "model must be a string")),
    }
}

/// The parameters of a request, none of them null, from JSON text.
pub(crate) fn parse_body(json: &str) -> Result<Map<String, Value>> {
    let invalid = |reason: String| {
        let message = format!("the request is not a JSON object: {reason}");
        Error::new(Code::InvalidRequest, message)
    };
    let body = match crate::json::parse_lenient(json.as_bytes()) {
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(invalid("it is another kind of value".into())),
        Err(error) => return Err(invalid(error.to_string())),
    };
    // At OpenAI null is the same as absent.
    let body: Map<String, Value> = body
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    // It would be equal to the name of a parameter under `oci`, of which only one is checked.
    if let Some((name, _)) = body.iter().find(|(name, _)| name.starts_with("oci.")) {
        let message = format!("{} is not a parameter", excerpt(name));
        let error = Error::param(name, message);
        return Err(error.with_hint("OCI's own parameters go under `oci`: { \"oci\": { … } }"));
    }
    Ok(body)
}

impl Chat {
    fn parse(body: &Map<String, Value>, names: &ParamNames) -> Result<Chat> {
        let param = |name: &'static str| {
            let value = body.get(name)?;
            Some(Param::new(names.of(name), value))
        };
        let message = |(index, value)| {
            let path = names.message(index);
            Message::parse(&Param::new(&path, value))
        };
        let messages = match body.get("messages") {
            Some(Value::Array(messages)) => messages.iter().enumerate().map(message).collect(),
            _ => Ok(Vec::new()),
        };
        let tools = match param("tools") {
            Some(tools) => tools.items()?.map(|tool| Tool::parse(&tool)).collect(),
            None => Ok(Vec::new()),
        };
        let limit = param("max_completion_tokens").or_else(|| param("max_tokens"));
        Ok(Chat {
            messages: messages?,
            tools: tools?,
            tool_choice: param("tool_choice")
                .map(|it| ToolChoice::parse(&it))
                .transpose()?,
            response_format: param("response_format")
                .map(|format| ResponseFormat::parse(&format))
                .transpose()?,
            max_tokens: limit.map(|limit| parse_limit(&limit)).transpose()?,
            stop: param("stop").map(|stop| parse_stop(&stop)).transpose()?,
            parameters: flatten(body)?,
            names: names.clone(),
        })
    }

    /// A parameter with its path, if it is present.
    pub(crate) fn param<'a>(&'a self, name: &'a str) -> Option<Param<'a, 'a>> {
        let (_, value) = self.parameters.iter().find(|(known, _)| known == name)?;
        Some(Param::new(self.names.of(name), value))
    }
}

fn parse_limit(limit: &Param<'_, '_>) -> Result<u64> {
    let positive = limit.value.as_u64().filter(|limit| *limit > 0);
    positive.ok_or_else(|| limit.must_be("a whole number above 0"))
}

/// `stop` is one string or several.
fn parse_stop(stop: &Param<'_, '_>) -> Result<Vec<String>> {
    if let Some(one) = stop.value.as_str() {
        return Ok(vec![one.to_owned()]);
    }
    stop.items()?
        .map(|item| item.string().map(str::to_owned))
        .collect()
}

/// The parameters as a list, with those under `oci` by their full names.
fn flatten(body: &Map<String, Value>) -> Result<Vec<(String, Value)>> {
    let mut parameters = Vec::with_capacity(body.len());
    for (name, value) in body {
        // These are typed, and may be large.
        if matches!(name.as_str(), "messages" | "tools") {
            parameters.push((name.clone(), Value::Null));
        } else if name == "oci" {
            for (name, value) in Param::new("oci", value).object()? {
                if !value.is_null() {
                    parameters.push((format!("oci.{name}"), value.clone()));
                }
            }
        } else {
            parameters.push((name.clone(), value.clone()));
        }
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::message::{Detail, Media, Part, RequestedCall};
    use serde_json::json;

    fn parse(messages: Value) -> Result<Vec<Message>> {
        let request = json!({"model": "m.x", "messages": messages}).to_string();
        ChatRequest::from_json(&request)?
            .chat()
            .map(|chat| chat.messages.clone())
    }

    fn param_of(messages: Value) -> String {
        let error = parse(messages).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
        error.param_name().unwrap().to_owned()
    }

    #[test]
    fn a_request_needs_a_model_and_messages() {
        let param = |json: &str| {
            ChatRequest::from_json(json)
                .unwrap_err()
                .param_name()
                .map(str::to_owned)
        };
        assert_eq!(param("{}").as_deref(), Some("model"));
        assert_eq!(param(r#"{"model":1}"#).as_deref(), Some("model"));
        assert_eq!(param(r#"{"model":"m"}"#).as_deref(), Some("messages"));
        assert_eq!(
            param(r#"{"model":"m","messages":[]}"#).as_deref(),
            Some("messages")
        );
        for json in ["", "[]", "null", "{", "{\"model\":\"m\",}"] {
            assert_eq!(
                ChatRequest::from_json(json).unwrap_err().code(),
                Code::InvalidRequest
            );
        }
        let (open, close) = ("[".repeat(5000), "]".repeat(5000));
        let deep = format!("{{\"model\":\"m\",\"messages\":{open}1{close}}}");
        assert_eq!(
            ChatRequest::from_json(&deep).unwrap_err().code(),
            Code::InvalidRequest
        );
    }

    #[test]
    fn null_counts_as_absent() {
        let json = r#"{"model":"m","messages":[{"role":"user","content":""}],"stop":null,
            "tools":null}"#;
        let request = ChatRequest::from_json(json).unwrap();
        let chat = request.chat().unwrap();
        assert!(chat.stop.is_none() && chat.tools.is_empty());
    }

    #[test]
    fn errors_name_the_path() {
        let second = json!([{"role": "user", "content": "a"}, {"role": "user"}]);
        assert_eq!(param_of(second), "messages[1]");
        assert_eq!(
            param_of(json!([{"role": "user", "content": 5}])),
            "messages[0].content"
        );
        assert_eq!(
            param_of(json!([{"role": "king", "content": "a"}])),
            "messages[0].role"
        );
        let part = json!([{"role": "user", "content": [{"type": "smell"}]}]);
        assert_eq!(param_of(part), "messages[0].content[0].type");
        assert_eq!(
            param_of(json!([{"role": "tool", "content": "a"}])),
            "messages[0]"
        );
        assert_eq!(
            param_of(json!([{"role": "function", "content": "a"}])),
            "messages[0].role"
        );
        assert_eq!(param_of(json!(["hello"])), "messages[0]");
    }

    #[test]
    fn an_assistant_message() {
        let messages = parse(json!([{"role": "assistant", "content": null,
            "reasoning_content": "hm", "refusal": "no", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]));
        let expected = Message::Assistant {
            name: None,
            content: vec![Part::Reasoning("hm".into()), Part::Refusal("no".into())],
            calls: vec![RequestedCall {
                id: "c1".into(),
                name: "f".into(),
                arguments: "{}".into(),
            }],
        };
        assert_eq!(messages.unwrap(), [expected]);
    }

    #[test]
    fn media() {
        let messages = parse(json!([{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            {"type": "file", "file": {"file_data": "QUJD", "filename": "a.pdf"}},
        ]}]));
        let media = |url: &str, detail| Media {
            url: url.into(),
            detail,
        };
        let content = vec![
            Part::Image(media("data:x", Some(Detail::Low))),
            Part::Audio(media("data:audio/mpeg;base64,AAAA", None)),
            Part::File(media("data:application/pdf;base64,QUJD", None)),
        ];
        assert_eq!(
            messages.unwrap(),
            [Message::User {
                name: None,
                content
            }]
        );
    }

    #[test]
    fn a_lone_surrogate_is_replaced() {
        let request = ChatRequest::from_json(
            r#"{"model":"m","messages":[{"role":"user",
                "content":"a\ud83d \\ud83d \ud83d\ude00 \udc00"}]}"#,
        );
        let request = request.unwrap();
        let content = vec![Part::Text("a\u{FFFD} \\ud83d 😀 \u{FFFD}".into())];
        let expected = Message::User {
            name: None,
            content,
        };
        assert_eq!(request.chat().unwrap().messages, [expected]);
    }

    #[test]
    fn choices_formats_and_limits() {
        let request = |extra: Value| {
            let messages = json!([{"role": "user", "content": "a"}]);
            let mut whole = json!({"model": "m", "messages": messages});
            whole
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            ChatRequest::from_json(&whole.to_string()).unwrap()
        };
        let named = request(json!({"tool_choice":
            {"type": "function", "function": {"name": "f"}}}));
        assert_eq!(
            named.chat().unwrap().tool_choice,
            Some(ToolChoice::Named("f".into()))
        );
        assert!(request(json!({"tool_choice": "any"})).chat().is_err());
        assert!(request(json!({"response_format": {"type": "xml"}}))
            .chat()
            .is_err());
        let both = request(json!({"max_tokens": 5, "max_completion_tokens": 6}));
        assert_eq!(both.chat().unwrap().max_tokens, Some(6));
        assert!(request(json!({"max_tokens": 0.5})).chat().is_err());
        let stop = request(json!({"stop": "x"}));
        assert_eq!(
            stop.chat().unwrap().stop.as_deref(),
            Some(&["x".to_owned()][..])
        );
    }
}
