//! The messages of a request.

use serde_json::Value;

use super::param::Param;
use crate::error::Result;

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    System {
        developer: bool,
        name: Option<String>,
        content: Vec<Part>,
    },
    User {
        name: Option<String>,
        content: Vec<Part>,
    },
    Assistant {
        name: Option<String>,
        content: Vec<Part>,
        calls: Vec<RequestedCall>,
    },
    Tool {
        call_id: String,
        content: Vec<Part>,
    },
}

/// A part of a message's content.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Text(String),
    Image(Media),
    Audio(Media),
    Video(Media),
    /// A file: a PDF, for example.
    File(Media),
    /// A document that grounds the answer of one of Cohere's models: an object.
    Document(Value),
    Refusal(String),
    Reasoning(String),
}

/// Media by its address, or as a `data:` URL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Media {
    pub(crate) url: String,
    pub(crate) detail: Option<Detail>,
}

/// OpenAI's `detail` of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    Auto,
    High,
    Low,
}

/// A call in the history: one that an assistant message made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestedCall {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

impl Message {
    /// Reads one of OpenAI's message objects.
    pub(super) fn parse(message: &Param<'_, '_>) -> Result<Message> {
        message.object()?;
        let name = message.get_string("name")?.map(str::to_owned);
        let role = message.require("role")?;
        Ok(match role.string()? {
            word @ ("system" | "developer") => {
                let developer = word == "developer";
                Message::System {
                    developer,
                    name,
                    content: parse_content(message)?,
                }
            }
            "user" => Message::User {
                name,
                content: parse_content(message)?,
            },
            "assistant" => parse_assistant(message, name)?,
            "tool" => {
                let call_id = message.require("tool_call_id")?.string()?.to_owned();
                Message::Tool {
                    call_id,
                    content: parse_content(message)?,
                }
            }
            "function" => {
                let message = "role \"function\" is deprecated: use \"tool\" with tool_call_id";
                return Err(role.error(message.into()));
            }
            _ => {
                let roles = "\"system\", \"developer\", \"user\", \"assistant\" or \"tool\"";
                return Err(role.must_be(roles));
            }
        })
    }
}

impl Detail {
    /// The name at OCI.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Detail::Auto => "AUTO",
            Detail::High => "HIGH",
            Detail::Low => "LOW",
        }
    }
}

fn parse_assistant(message: &Param<'_, '_>, name: Option<String>) -> Result<Message> {
    let non_empty = |text: &&str| !text.is_empty();
    let mut content = Vec::new();
    // The two names that OpenAI-compatible services have for it.
    for key in ["reasoning_content", "reasoning"] {
        let text = message
            .get_string(key)?
            .filter(non_empty)
            .filter(|_| content.is_empty());
        content.extend(text.map(|text| Part::Reasoning(text.to_owned())));
    }
    if message.get("content").is_some() {
        content.extend(parse_content(message)?);
    }
    let refusal = message.get_string("refusal")?.filter(non_empty);
    content.extend(refusal.map(|text| Part::Refusal(text.to_owned())));
    if let Some(call) = message.get("function_call") {
        return Err(call.error("function_call is deprecated: use tool_calls".into()));
    }
    let calls = match message.get("tool_calls") {
        Some(calls) => calls
            .items()?
            .map(|call| parse_call(&call))
            .collect::<Result<_>>()?,
        None => Vec::new(),
    };
    Ok(Message::Assistant {
        name,
        content,
        calls,
    })
}

fn parse_content(message: &Param<'_, '_>) -> Result<Vec<Part>> {
    let content = message.require("content")?;
    match content.value {
        Value::String(text) => Ok(vec![Part::Text(text.clone())]),
        Value::Array(_) => content.items()?.map(|part| parse_part(&part)).collect(),
        _ => Err(content.must_be("a string or an array of parts")),
    }
}

fn parse_part(part: &Param<'_, '_>) -> Result<Part> {
    part.object()?;
    let text = |key: &str| part.require(key)?.string().map(str::to_owned);
    let kind = part.require("type")?;
    Ok(match kind.string()? {
        "text" => Part::Text(text("text")?),
        "image_url" => Part::Image(parse_url(&part.require("image_url")?)?),
        "audio_url" => Part::Audio(parse_url(&part.require("audio_url")?)?),
        "video_url" => Part::Video(parse_url(&part.require("video_url")?)?),
        "document_url" => Part::File(parse_url(&part.require("document_url")?)?),
        "input_audio" => {
            let audio = part.require("input_audio")?;
            let data = audio.require("data")?.string()?;
            let format = audio.require("format")?;
            // mp3 is the one format whose media type has another name.
            let subtype = format
                .string()
                .map(|it| if it == "mp3" { "mpeg" } else { it })?;
            Part::Audio(Media::at(format!("data:audio/{subtype};base64,{data}")))
        }
        "file" => parse_file(&part.require("file")?)?,
        "document" => Part::Document(part.require("document")?.value.clone()),
        "refusal" => Part::Refusal(text("refusal")?),
        "thinking" => Part::Reasoning(text("thinking")?),
        "reasoning" => Part::Reasoning(text("text")?),
        _ => return Err(kind.must_be(
            "\"text\", \"image_url\", \"input_audio\", \"audio_url\", \"video_url\", \"file\", \
                 \"document_url\", \"document\", \"refusal\" or \"thinking\"",
        )),
    })
}

impl Media {
    fn at(url: String) -> Media {
        Media { url, detail: None }
    }
}

/// `{url, detail}`, or the address by itself.
pub(crate) fn parse_url(media: &Param<'_, '_>) -> Result<Media> {
    if let Some(url) = media.value.as_str() {
        return Ok(Media::at(url.to_owned()));
    }
    let url = media.require("url")?.string()?.to_owned();
    let detail = match media.get("detail") {
        None => None,
        Some(detail) => Some(match detail.string()? {
            "auto" => Detail::Auto,
            "high" => Detail::High,
            "low" => Detail::Low,
            _ => return Err(detail.must_be("\"auto\", \"high\" or \"low\"")),
        }),
    };
    Ok(Media { url, detail })
}

fn parse_file(file: &Param<'_, '_>) -> Result<Part> {
    let Some(data) = file.get_string("file_data")? else {
        let message = "OCI stores no files for a chat: send the file itself in file_data, as a \
                       data: URL";
        return Err(file.error(message.into()));
    };
    let media = Media::at(if data.starts_with("data:") || data.starts_with("https:") {
        data.to_owned()
    } else {
        format!("data:application/pdf;base64,{data}")
    });
    let is_video = data.starts_with("data:video/");
    Ok(if is_video {
        Part::Video(media)
    } else {
        Part::File(media)
    })
}

fn parse_call(call: &Param<'_, '_>) -> Result<RequestedCall> {
    if call
        .get_string("type")?
        .is_some_and(|kind| kind != "function")
    {
        return Err(call.error(format!("{}: OCI has function calls only", call.name())));
    }
    let function = call.require("function")?;
    Ok(RequestedCall {
        id: call.require("id")?.string()?.to_owned(),
        name: function.require("name")?.string()?.to_owned(),
        arguments: function
            .get_string("arguments")?
            .unwrap_or_default()
            .to_owned(),
    })
}
