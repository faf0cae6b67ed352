//! The input of embeddings and of moderation: one text, texts, or parts among which are images.

use serde_json::Value;

use super::answer::ObjectWriter;
use super::parameters::Parameters;
use crate::error::Result;
use crate::json::to_json;
use crate::openai::{parse_url, Param};

/// `input`: at least one item, as JSON text.
pub(super) struct Input {
    /// Texts, or parts: OCI's `{type: "TEXT", …}` and `{type: "IMAGE", imageUrl}`.
    pub(super) items: Vec<Vec<u8>>,
    /// Whether the items are the parts of one input.
    pub(super) has_parts: bool,
}

/// What the action makes of an input.
pub(super) enum InputFormat {
    /// embedText: texts alone are strings.
    Embed,
    /// applyGuardrails: texts have a language, and images no `detail`.
    Moderate { language: Option<String> },
}

impl Input {
    /// Reads `input`.
    pub(super) fn parse(parameters: &Parameters, format: &InputFormat) -> Result<Input> {
        let input = parameters.require("input")?;
        let mut items = Vec::new();
        let mut has_parts = false;
        if input.value.is_string() {
            items.push(format.text(&input)?);
        } else if let Some(values) = input.value.as_array() {
            has_parts = values.iter().any(Value::is_object);
            for item in input.items()? {
                if item.value.is_number() || item.value.is_array() {
                    let error = input.error("input must be text: OCI takes no token arrays".into());
                    return Err(error.with_hint("send the text itself, which the model tokenizes"));
                }
                items.push(match has_parts {
                    true => format.part(&item)?,
                    false => format.text(&item)?,
                });
            }
        } else {
            return Err(input.must_be("a string or an array"));
        }
        if items.is_empty() {
            return Err(input.error("input is empty".into()));
        }
        Ok(Input { items, has_parts })
    }
}

impl InputFormat {
    /// One of the texts that are all of an input.
    fn text(&self, text: &Param<'_, '_>) -> Result<Vec<u8>> {
        match self {
            InputFormat::Embed => text.string().map(|text| to_json(&text)),
            InputFormat::Moderate { .. } => text.string().map(|text| self.text_part(text)),
        }
    }

    fn text_part(&self, text: &str) -> Vec<u8> {
        let mut part = ObjectWriter::default();
        part.push_str("type", "TEXT");
        match self {
            InputFormat::Embed => part.push_str("text", text),
            InputFormat::Moderate { language } => {
                part.push_str("content", text);
                if let Some(language) = language {
                    part.push_str("languageCode", language);
                }
            }
        }
        part.finish()
    }

    fn part(&self, item: &Param<'_, '_>) -> Result<Vec<u8>> {
        if let Some(text) = item.value.as_str() {
            return Ok(self.text_part(text));
        }
        let kind = item.require("type")?;
        match kind.string()? {
            "text" => item
                .require("text")?
                .string()
                .map(|text| self.text_part(text)),
            "image_url" => {
                let media = parse_url(&item.require("image_url")?)?;
                let mut url = ObjectWriter::default();
                url.push_str("url", &media.url);
                let detail = media.detail.filter(|_| matches!(self, InputFormat::Embed));
                if let Some(detail) = detail {
                    url.push_str("detail", detail.name());
                }
                let mut part = ObjectWriter::default();
                part.push_str("type", "IMAGE");
                part.push_object("imageUrl", url);
                Ok(part.finish())
            }
            _ => Err(kind.must_be("\"text\" or \"image_url\"")),
        }
    }
}
