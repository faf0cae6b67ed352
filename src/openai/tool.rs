//! The tools of a request, and the format of its answer.

use serde_json::Value;

use super::param::Param;
use crate::error::Result;

/// A function that the model may call.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// A JSON schema: an object.
    pub(crate) parameters: Option<Value>,
    pub(crate) strict: bool,
}

/// Which calls the model may, or must, make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ToolChoice {
    Auto,
    None,
    Required,
    Named(String),
}

/// What the text of the answer has to be.
#[derive(Clone, Debug)]
pub(crate) enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema {
        name: String,
        description: Option<String>,
        schema: Option<Value>,
        strict: Option<bool>,
    },
}

impl Tool {
    pub(super) fn parse(tool: &Param<'_, '_>) -> Result<Tool> {
        if tool.require("type")?.string()? != "function" {
            return Err(tool.error(format!("{}: OCI has function tools only", tool.name())));
        }
        let function = tool.require("function")?;
        let parameters = function.get("parameters");
        parameters
            .map(|parameters| parameters.object())
            .transpose()?;
        let strict = function.get("strict");
        Ok(Tool {
            name: function.require("name")?.string()?.to_owned(),
            description: function.get_string("description")?.map(str::to_owned),
            parameters: parameters.map(|parameters| parameters.value.clone()),
            strict: strict.is_some_and(|strict| strict.value.as_bool() == Some(true)),
        })
    }
}

impl ToolChoice {
    pub(super) fn parse(choice: &Param<'_, '_>) -> Result<ToolChoice> {
        match (
            choice.value.as_str(),
            choice.get_string("type").unwrap_or(None),
        ) {
            (Some("auto"), _) => Ok(ToolChoice::Auto),
            (Some("none"), _) => Ok(ToolChoice::None),
            (Some("required"), _) => Ok(ToolChoice::Required),
            (None, Some("function")) => {
                let function = choice.require("function")?;
                Ok(ToolChoice::Named(
                    function.require("name")?.string()?.to_owned(),
                ))
            }
            _ => Err(choice.must_be(
                "\"auto\", \"none\", \"required\" or {type: \"function\", function: {name}}",
            )),
        }
    }
}

impl ResponseFormat {
    pub(super) fn parse(format: &Param<'_, '_>) -> Result<ResponseFormat> {
        match format.require("type")?.string()? {
            "text" => Ok(ResponseFormat::Text),
            "json_object" => Ok(ResponseFormat::JsonObject),
            "json_schema" => {
                let schema = format.require("json_schema")?;
                Ok(ResponseFormat::JsonSchema {
                    name: schema.require("name")?.string()?.to_owned(),
                    description: schema.get_string("description")?.map(str::to_owned),
                    schema: schema.get("schema").map(|schema| schema.value.clone()),
                    strict: schema
                        .get("strict")
                        .map(|strict| strict.boolean())
                        .transpose()?,
                })
            }
            _ => Err(format.must_be("of type \"text\", \"json_object\" or \"json_schema\"")),
        }
    }
}
