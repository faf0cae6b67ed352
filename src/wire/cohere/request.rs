//! Builds COHERE requests.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::turns::{Call, CohereMessage, ToolResult, Turns};
use super::FORMAT;
use crate::error::{Error, Result};
use crate::openai::{ChatRequest, Tool, ToolChoice};
use crate::routing::{ApiFormat, Candidate};
use crate::wire::cohere_common::{CohereResponseFormat, DEFAULT_MAX_TOKENS};
use crate::wire::envelope::{self, Streaming};
use crate::wire::json_schema::without_references;

/// [`CohereChatRequest`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-chat-request.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CohereChatRequest<'a> {
    api_format: &'static str,
    #[serde(flatten)]
    streaming: Streaming,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chat_history: Vec<CohereMessage>,
    #[serde(skip_serializing_if = "String::is_empty")]
    preamble_override: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_results: Vec<ToolResult>,
    /// What the table of parameters makes.
    #[serde(flatten)]
    fields: Map<String, Value>,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequences: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<CohereTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<CohereResponseFormat<'a>>,
}

/// [`CohereTool`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-tool.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CohereTool<'a> {
    name: &'a str,
    /// Required, unlike OpenAI's.
    description: &'a str,
    /// By name.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_map")]
    parameter_definitions: Vec<(String, CohereParameterDefinition)>,
}

/// [`CohereParameterDefinition`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/cohere-parameter-definition.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CohereParameterDefinition {
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(rename = "type")]
    kind: String,
    is_required: bool,
}

#[inline(never)]
pub(super) fn build(request: &ChatRequest, target: &Candidate, stream: bool) -> Result<Vec<u8>> {
    let chat = request.chat()?;
    let preamble = chat.param("oci.preamble");
    let turns = Turns::of(
        &chat.messages,
        preamble.is_some_and(|it| it.value.is_string()),
    )?;
    let fields = FORMAT.fields(chat)?;
    let tools = match &chat.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Named(_)) => {
            let error = Error::param("tool_choice", "the COHERE wire can't force a tool call");
            return Err(error.with_hint(
                "use \"auto\" or \"none\", or a model whose apiFormat is COHEREV2 or GENERIC",
            ));
        }
        Some(ToolChoice::None) => Vec::new(),
        Some(ToolChoice::Auto) | None => chat.tools.iter().map(cohere_tool).collect(),
    };
    let body = CohereChatRequest {
        api_format: ApiFormat::Cohere.name(),
        streaming: Streaming::new(stream),
        message: turns.message,
        chat_history: turns.history,
        preamble_override: turns.preamble,
        tool_results: turns.results,
        fields,
        max_tokens: chat.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS),
        stop_sequences: chat.stop.as_deref(),
        tools,
        response_format: chat.response_format.as_ref().map(CohereResponseFormat::new),
    };
    envelope::body(&body, target)
}

fn cohere_tool(tool: &Tool) -> CohereTool<'_> {
    let schema = tool.parameters.as_ref().map(without_references);
    let schema = schema.as_ref();
    let properties = schema
        .and_then(|schema| schema.get("properties"))
        .and_then(Value::as_object);
    let required = schema
        .and_then(|schema| schema.get("required"))
        .and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    let definition = |(name, property): (&String, &Value)| {
        let definition = parameter_definition(property, is_required(name));
        (name.clone(), definition)
    };
    CohereTool {
        name: &tool.name,
        description: tool.description.as_deref().unwrap_or(&tool.name),
        parameter_definitions: properties.into_iter().flatten().map(definition).collect(),
    }
}

fn as_map<S: Serializer>(
    definitions: &[(String, CohereParameterDefinition)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(definitions.iter().map(|(name, it)| (name, it)))
}

fn parameter_definition(property: &Value, is_required: bool) -> CohereParameterDefinition {
    let description = property
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut description = description.to_owned();
    // A Python type name says neither what is inside nor which values are allowed: the model reads
    // it in the description.
    let is_more = |key: &str| !matches!(key, "type" | "description" | "title");
    if property
        .as_object()
        .is_some_and(|schema| schema.keys().any(|key| is_more(key)))
    {
        let separator = if description.is_empty() { "" } else { " " };
        let schema = crate::json::to_text(property);
        description = format!("{description}{separator}JSON schema: {schema}");
    }
    CohereParameterDefinition {
        description,
        kind: python_type(property),
        is_required,
    }
}

fn python_type(schema: &Value) -> String {
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        // ["string", "null"]
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or_default(),
        _ => "",
    };
    match kind {
        "string" => "str".into(),
        "integer" => "int".into(),
        "number" => "float".into(),
        "boolean" => "bool".into(),
        "array" => match schema.get("items") {
            Some(items) if items.get("type").is_some() => format!("List[{}]", python_type(items)),
            _ => "list".into(),
        },
        "object" => "dict".into(),
        _ if schema.get("enum").is_some() => "str".into(),
        _ => "Any".into(),
    }
}

impl Call {
    /// A call of the history, in the wire's shape: the arguments as an object.
    pub(super) fn new(call: &crate::openai::RequestedCall, message: usize) -> Result<Call> {
        let parameters = if call.arguments.trim().is_empty() {
            Some(Value::Object(Map::new()))
        } else {
            crate::json::parse_lenient(call.arguments.as_bytes())
                .ok()
                .filter(Value::is_object)
        };
        let invalid = || {
            Error::param(
                format!("messages[{message}].tool_calls"),
                "the COHERE wire requires the arguments of a call to be a JSON object",
            )
        };
        Ok(Call {
            name: call.name.clone(),
            parameters: parameters.ok_or_else(invalid)?,
        })
    }
}
