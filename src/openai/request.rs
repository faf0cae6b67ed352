//! A request in OpenAI's vocabulary: its messages, tools and formats, read once and checked while they are read.
//!
//! What a wire makes of the parameters stands in the wire's own table. This file knows what OpenAI means by them
//! ([`ChatCompletionCreateParams`](https://platform.openai.com/docs/api-reference/chat/create)).

use crate::json::{Flaw, Map, Value};

use super::param::Reader;
use crate::error::{Code, Error, Result};
use crate::gather::try_each;
use crate::json;

/// A request: the JSON object that the caller gave.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    model: String,
    params: Map,
}

/// One message.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    System {
        developer: bool,
        name: Option<&'a str>,
        content: Vec<Part<'a>>,
    },
    User {
        name: Option<&'a str>,
        content: Vec<Part<'a>>,
    },
    Assistant {
        name: Option<&'a str>,
        content: Vec<Part<'a>>,
        calls: Vec<SentCall<'a>>,
    },
    Tool {
        call_id: &'a str,
        content: Vec<Part<'a>>,
    },
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part<'a> {
    Text(&'a str),
    Image(Media<'a>),
    Audio(Media<'a>),
    Video(Media<'a>),
    /// A file: a PDF, for example.
    File(Media<'a>),
    /// A grounding document of Cohere's: an object.
    Document(&'a Value),
    Refusal(&'a str),
    Reasoning(&'a str),
}

/// Something that is given by its address or as a `data:` URL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Media<'a> {
    pub(crate) url: std::borrow::Cow<'a, str>,
    pub(crate) detail: Option<Detail>,
}

/// OpenAI's `detail` of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    Auto,
    High,
    Low,
}

/// A call that an assistant message reports.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SentCall<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a str,
}

/// A function that the model may call.
#[derive(Clone, Debug)]
pub(crate) struct Tool<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: Option<&'a str>,
    pub(crate) parameters: Option<&'a Value>,
    pub(crate) strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToolChoice<'a> {
    Auto,
    None,
    Required,
    Named(&'a str),
}

#[derive(Clone, Debug)]
pub(crate) enum ResponseFormat<'a> {
    Text,
    JsonObject,
    JsonSchema {
        name: &'a str,
        description: Option<&'a str>,
        schema: Option<&'a Value>,
        strict: Option<bool>,
    },
}

impl ChatRequest {
    /// Reads a request from JSON text. Only what every wire needs is checked here: that it is an object with a model and
    /// with messages.
    ///
    /// A lone half of a surrogate pair (a string that was cut in the middle of an emoji) becomes U+FFFD, as it does wherever
    /// JavaScript writes UTF-8.
    pub fn from_json(json: &str) -> Result<ChatRequest> {
        let unreadable = |why: &str| {
            Error::new(
                Code::InvalidRequest,
                format!("the request is not a JSON object that can be read: {why}"),
            )
        };
        let mut params = match json::parse(json.as_bytes()) {
            Ok(Value::Object(params)) => params,
            Ok(_) => return Err(unreadable("it is another kind of value")),
            Err(Flaw::Incomplete) => return Err(unreadable("it ends too early")),
            Err(Flaw::Malformed(at)) => {
                return Err(unreadable(&format!(
                    "what stands at byte {at} can't stand there"
                )))
            }
        };
        let model = match params.remove("model") {
            Some(Value::String(model)) => model,
            Some(Value::Null) | None => return Err(Error::param("model", "model is missing")),
            Some(_) => return Err(Error::param("model", "model must be a string")),
        };
        // Null is OpenAI's way to say nothing.
        params.retain(|value| !value.is_null());
        match params.get("messages") {
            Some(Value::Array(messages)) if !messages.is_empty() => {}
            Some(Value::Array(_)) => return Err(Error::param("messages", "messages is empty")),
            Some(_) => return Err(Error::param("messages", "messages must be an array")),
            None => return Err(Error::param("messages", "messages is missing")),
        }
        if params
            .get("stream_options")
            .is_some_and(|options| !options.is_object())
        {
            return Err(Error::param(
                "stream_options",
                "stream_options must be an object",
            ));
        }
        Ok(ChatRequest { model, params })
    }

    /// The model as the caller named it.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Every parameter but the model; none of them null.
    pub fn params(&self) -> &Map {
        &self.params
    }

    /// Whether a streaming answer was asked for in the body, which is how it is asked for over HTTP.
    pub fn wants_stream(&self) -> bool {
        self.params
            .get("stream")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// Whether the caller wants usage as a last chunk.
    pub fn wants_usage(&self) -> bool {
        let options = self.params.get("stream_options");
        options
            .and_then(|options| options.get("include_usage"))
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// Whether the model may call tools.
    pub fn has_tools(&self) -> bool {
        self.params
            .get("tools")
            .and_then(Value::as_array)
            .is_some_and(|tools| !tools.is_empty())
    }

    pub(crate) fn param(&self, name: &'static str) -> Option<Reader<'_, 'static>> {
        self.params.get(name).map(|value| Reader::new(name, value))
    }

    pub(crate) fn messages(&self) -> Result<Vec<Message<'_>>> {
        match self.param("messages") {
            Some(messages) => try_each(messages.items()?, |message| read_message(&message)),
            None => Ok(Vec::new()),
        }
    }

    pub(crate) fn tools(&self) -> Result<Vec<Tool<'_>>> {
        match self.param("tools") {
            Some(tools) => try_each(tools.items()?, |tool| read_tool(&tool)),
            None => Ok(Vec::new()),
        }
    }

    pub(crate) fn tool_choice(&self) -> Result<Option<ToolChoice<'_>>> {
        let Some(choice) = self.param("tool_choice") else {
            return Ok(None);
        };
        let chosen =
            match (
                choice.value.as_str(),
                choice.get_string("type").unwrap_or(None),
            ) {
                (Some("auto"), _) => ToolChoice::Auto,
                (Some("none"), _) => ToolChoice::None,
                (Some("required"), _) => ToolChoice::Required,
                (None, Some("function")) => {
                    ToolChoice::Named(choice.need("function")?.need("name")?.string()?)
                }
                _ => return Err(choice.wanted(
                    "\"auto\", \"none\", \"required\" or {type: \"function\", function: {name}}",
                )),
            };
        Ok(Some(chosen))
    }

    pub(crate) fn response_format(&self) -> Result<Option<ResponseFormat<'_>>> {
        let Some(format) = self.param("response_format") else {
            return Ok(None);
        };
        let read = match format.need("type")?.string()? {
            "text" => ResponseFormat::Text,
            "json_object" => ResponseFormat::JsonObject,
            "json_schema" => {
                let schema = format.need("json_schema")?;
                let strict = schema.get("strict");
                ResponseFormat::JsonSchema {
                    name: schema.need("name")?.string()?,
                    description: schema.get_string("description")?,
                    schema: schema.get("schema").map(|schema| schema.value),
                    strict: strict
                        .map(|strict| {
                            strict
                                .value
                                .as_bool()
                                .ok_or_else(|| strict.wanted("a boolean"))
                        })
                        .transpose()?,
                }
            }
            _ => return Err(format.wanted("of type \"text\", \"json_object\" or \"json_schema\"")),
        };
        Ok(Some(read))
    }

    /// The limit on the answer's tokens, whichever of its two names was used. The newer name wins.
    pub(crate) fn max_tokens(&self) -> Result<Option<&Value>> {
        for name in ["max_completion_tokens", "max_tokens"] {
            if let Some(limit) = self.param(name) {
                let whole = limit.value.as_u64().is_some_and(|limit| limit > 0);
                return if whole {
                    Ok(Some(limit.value))
                } else {
                    Err(limit.wanted("a whole number above 0"))
                };
            }
        }
        Ok(None)
    }

    /// `stop`, which may be one string or several.
    pub(crate) fn stop(&self) -> Result<Option<Vec<&str>>> {
        let Some(stop) = self.param("stop") else {
            return Ok(None);
        };
        if let Some(one) = stop.value.as_str() {
            return Ok(Some(vec![one]));
        }
        let several = try_each(stop.items()?, |item| item.string())?;
        Ok(Some(several))
    }
}

fn read_message<'a>(message: &Reader<'a, '_>) -> Result<Message<'a>> {
    message.object()?;
    let name = message.get_string("name")?;
    let role = message.need("role")?;
    let read = match role.string()? {
        role @ ("system" | "developer") => Message::System {
            developer: role == "developer",
            name,
            content: read_content(message)?,
        },
        "user" => Message::User {
            name,
            content: read_content(message)?,
        },
        "assistant" => {
            let mut content = Vec::new();
            // The two names that OpenAI-like services have for it.
            for key in ["reasoning_content", "reasoning"] {
                let text = message
                    .get_string(key)?
                    .filter(|text| !text.is_empty() && content.is_empty());
                content.extend(text.map(Part::Reasoning));
            }
            if message.get("content").is_some() {
                content.extend(read_content(message)?);
            }
            content.extend(
                message
                    .get_string("refusal")?
                    .filter(|text| !text.is_empty())
                    .map(Part::Refusal),
            );
            if let Some(call) = message.get("function_call") {
                return Err(
                    call.error("function_call is OpenAI's former name: use tool_calls".into())
                );
            }
            let calls = match message.get("tool_calls") {
                Some(calls) => try_each(calls.items()?, |call| read_sent_call(&call))?,
                None => Vec::new(),
            };
            Message::Assistant {
                name,
                content,
                calls,
            }
        }
        "tool" => {
            let call_id = message.need("tool_call_id")?.string()?;
            Message::Tool {
                call_id,
                content: read_content(message)?,
            }
        }
        "function" => {
            return Err(role.error(
                "role \"function\" is OpenAI's former name: use \"tool\" with tool_call_id".into(),
            ))
        }
        _ => {
            return Err(
                role.wanted("\"system\", \"developer\", \"user\", \"assistant\" or \"tool\"")
            )
        }
    };
    Ok(read)
}

fn read_content<'a>(message: &Reader<'a, '_>) -> Result<Vec<Part<'a>>> {
    let content = message.need("content")?;
    match content.value {
        Value::String(text) => Ok(vec![Part::Text(text)]),
        Value::Array(_) => try_each(content.items()?, |part| read_part(&part)),
        _ => Err(content.wanted("a string or an array of parts")),
    }
}

fn read_part<'a>(part: &Reader<'a, '_>) -> Result<Part<'a>> {
    part.object()?;
    let kind = part.need("type")?;
    let read = match kind.string()? {
        "text" => Part::Text(part.need("text")?.string()?),
        "image_url" => Part::Image(read_url(&part.need("image_url")?)?),
        "audio_url" => Part::Audio(read_url(&part.need("audio_url")?)?),
        "video_url" => Part::Video(read_url(&part.need("video_url")?)?),
        "document_url" => Part::File(read_url(&part.need("document_url")?)?),
        "input_audio" => {
            let audio = part.need("input_audio")?;
            let (data, format) = (audio.need("data")?.string()?, audio.need("format")?.string()?);
            // mp3 is the one format whose media type has another name.
            let subtype = if format == "mp3" { "mpeg" } else { format };
            Part::Audio(Media { url: format!("data:audio/{subtype};base64,{data}").into(), detail: None })
        }
        "file" => read_file(&part.need("file")?)?,
        "document" => Part::Document(part.need("document")?.value),
        "refusal" => Part::Refusal(part.need("refusal")?.string()?),
        "thinking" => Part::Reasoning(part.need("thinking")?.string()?),
        "reasoning" => Part::Reasoning(part.need("text")?.string()?),
        _ => {
            return Err(kind.wanted(
                "\"text\", \"image_url\", \"input_audio\", \"audio_url\", \"video_url\", \"file\", \"document_url\", \
                 \"document\", \"refusal\" or \"thinking\"",
            ))
        }
    };
    Ok(read)
}

/// `{url, detail}`, or the address by itself.
fn read_url<'a>(media: &Reader<'a, '_>) -> Result<Media<'a>> {
    if let Some(url) = media.value.as_str() {
        return Ok(Media {
            url: url.into(),
            detail: None,
        });
    }
    let url = media.need("url")?.string()?;
    let detail = match media.get("detail") {
        None => None,
        Some(detail) => Some(match detail.string()? {
            "auto" => Detail::Auto,
            "high" => Detail::High,
            "low" => Detail::Low,
            _ => return Err(detail.wanted("\"auto\", \"high\" or \"low\"")),
        }),
    };
    Ok(Media {
        url: url.into(),
        detail,
    })
}

fn read_file<'a>(file: &Reader<'a, '_>) -> Result<Part<'a>> {
    let Some(data) = file.get_string("file_data")? else {
        return Err(file.error(
            "OCI has no stored files for a chat: give the file itself as file_data, a data: URL"
                .into(),
        ));
    };
    let url = if data.starts_with("data:") || data.starts_with("https:") {
        data.into()
    } else {
        format!("data:application/pdf;base64,{data}").into()
    };
    let video = data.starts_with("data:video/");
    let media = Media { url, detail: None };
    Ok(if video {
        Part::Video(media)
    } else {
        Part::File(media)
    })
}

fn read_sent_call<'a>(call: &Reader<'a, '_>) -> Result<SentCall<'a>> {
    if call
        .get_string("type")?
        .is_some_and(|kind| kind != "function")
    {
        return Err(call.error(format!("{}: OCI has function calls only", call.name())));
    }
    let function = call.need("function")?;
    Ok(SentCall {
        id: call.need("id")?.string()?,
        name: function.need("name")?.string()?,
        arguments: function.get_string("arguments")?.unwrap_or_default(),
    })
}

fn read_tool<'a>(tool: &Reader<'a, '_>) -> Result<Tool<'a>> {
    if tool.need("type")?.string()? != "function" {
        return Err(tool.error(format!("{}: OCI has function tools only", tool.name())));
    }
    let function = tool.need("function")?;
    let parameters = function.get("parameters");
    parameters
        .map(|parameters| parameters.object())
        .transpose()?;
    Ok(Tool {
        name: function.need("name")?.string()?,
        description: function.get_string("description")?,
        parameters: parameters.map(|parameters| parameters.value),
        strict: function
            .get("strict")
            .is_some_and(|strict| strict.value.as_bool() == Some(true)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, Value};

    fn with_messages(messages: Value) -> ChatRequest {
        ChatRequest::from_json(&json!({"model": "m.x", "messages": messages}).to_string()).unwrap()
    }

    fn param_of(messages: Value) -> String {
        let error = with_messages(messages).messages().unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
        error.param_name().unwrap().to_owned()
    }

    #[test]
    fn what_every_request_needs() {
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
        let deep = format!(
            "{{\"model\":\"m\",\"messages\":{}1{}}}",
            "[".repeat(5000),
            "]".repeat(5000)
        );
        assert_eq!(
            ChatRequest::from_json(&deep).unwrap_err().code(),
            Code::InvalidRequest
        );
    }

    #[test]
    fn null_says_nothing() {
        let request =
            ChatRequest::from_json(r#"{"model":"m","messages":[{}],"stop":null,"tools":null}"#)
                .unwrap();
        assert!(request.stop().unwrap().is_none() && request.tools().unwrap().is_empty());
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(
            param_of(json!([{"role": "user", "content": "a"}, {"role": "user"}])),
            "messages[1]"
        );
        assert_eq!(
            param_of(json!([{"role": "user", "content": 5}])),
            "messages[0].content"
        );
        assert_eq!(
            param_of(json!([{"role": "king", "content": "a"}])),
            "messages[0].role"
        );
        assert_eq!(
            param_of(json!([{"role": "user", "content": [{"type": "smell"}]}])),
            "messages[0].content[0].type"
        );
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
    fn an_assistant_turn() {
        let request = with_messages(
            json!([{"role": "assistant", "content": null, "reasoning_content": "hm", "refusal": "no",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]),
        );
        let messages = request.messages().unwrap();
        let Message::Assistant { content, calls, .. } = &messages[0] else {
            panic!()
        };
        assert_eq!(content, &[Part::Reasoning("hm"), Part::Refusal("no")]);
        assert_eq!(
            calls,
            &[SentCall {
                id: "c1",
                name: "f",
                arguments: "{}"
            }]
        );
    }

    #[test]
    fn media() {
        let request = with_messages(json!([{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            {"type": "file", "file": {"file_data": "QUJD", "filename": "a.pdf"}},
        ]}]));
        let messages = request.messages().unwrap();
        let Message::User { content, .. } = &messages[0] else {
            panic!()
        };
        let media = |url: &'static str, detail| Media {
            url: url.into(),
            detail,
        };
        assert_eq!(content[0], Part::Image(media("data:x", Some(Detail::Low))));
        assert_eq!(
            content[1],
            Part::Audio(media("data:audio/mpeg;base64,AAAA", None))
        );
        assert_eq!(
            content[2],
            Part::File(media("data:application/pdf;base64,QUJD", None))
        );
    }

    #[test]
    fn half_an_emoji_does_not_stop_a_request() {
        let request = ChatRequest::from_json(
            r#"{"model":"m","messages":[{"role":"user","content":"a\ud83d \\ud83d \ud83d\ude00 \udc00"}]}"#,
        );
        let request = request.unwrap();
        let messages = request.messages().unwrap();
        let Message::User { content, .. } = &messages[0] else {
            panic!()
        };
        assert_eq!(content, &[Part::Text("a\u{FFFD} \\ud83d 😀 \u{FFFD}")]);
    }

    #[test]
    fn choices_and_formats() {
        let request = |extra: Value| {
            let mut whole = json!({"model": "m", "messages": [{}]});
            whole
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            ChatRequest::from_json(&whole.to_string()).unwrap()
        };
        let named =
            request(json!({"tool_choice": {"type": "function", "function": {"name": "f"}}}));
        assert_eq!(named.tool_choice().unwrap(), Some(ToolChoice::Named("f")));
        assert!(request(json!({"tool_choice": "any"}))
            .tool_choice()
            .is_err());
        assert!(request(json!({"response_format": {"type": "xml"}}))
            .response_format()
            .is_err());
        assert_eq!(
            request(json!({"max_tokens": 5, "max_completion_tokens": 6}))
                .max_tokens()
                .unwrap(),
            Some(&crate::json::Value::from(6u64))
        );
        assert!(request(json!({"max_tokens": 0.5})).max_tokens().is_err());
        assert_eq!(
            request(json!({"stop": "x"})).stop().unwrap(),
            Some(vec!["x"])
        );
    }
}
