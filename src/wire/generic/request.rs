//! Builds GENERIC requests.

use serde::Serialize;
use serde_json::{Map, Value};

use super::gemini;
use super::message::{messages, ChatContent, GenericMessage};
use super::FORMAT;
use crate::error::Result;
use crate::openai::{Chat, ChatRequest, ResponseFormat, ToolChoice};
use crate::routing::{ApiFormat, Candidate};
use crate::wire::envelope::{self, Streaming};
use crate::wire::json_schema::without_references_and_exclusive_bounds;
use crate::wire::model_family::ModelFamily;

/// [`GenericChatRequest`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/generic-chat-request.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GenericChatRequest<'a> {
    api_format: &'static str,
    #[serde(flatten)]
    streaming: Streaming,
    messages: Vec<GenericMessage<'a>>,
    /// What the table of parameters makes.
    #[serde(flatten)]
    fields: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_probs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prediction: Option<Prediction<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_search_options: Option<WebSearchOptions<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<FunctionDefinition<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<GenericToolChoice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<GenericResponseFormat<'a>>,
}

/// [`FunctionDefinition`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/function-definition.ts)
#[derive(Serialize)]
struct FunctionDefinition<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Value>,
}

/// [`ToolChoice`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/tool-choice.ts)
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
enum GenericToolChoice<'a> {
    Auto,
    None,
    Required,
    Function { name: &'a str },
}

/// [`ResponseFormat`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/response-format.ts)
#[derive(Serialize)]
#[serde(
    tag = "type",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
enum GenericResponseFormat<'a> {
    Text,
    JsonObject,
    JsonSchema { json_schema: ResponseJsonSchema<'a> },
}

/// [`ResponseJsonSchema`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/response-json-schema.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseJsonSchema<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_strict: Option<bool>,
}

/// [`StaticContent`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/static-content.ts)
#[derive(Serialize)]
struct Prediction<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    content: Vec<ChatContent<'a>>,
}

/// [`WebSearchOptions`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/web-search-options.ts)
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebSearchOptions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    search_context_size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_location: Option<ApproximateLocation<'a>>,
}

/// [`ApproximateLocation`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/approximate-location.ts)
#[derive(Serialize)]
struct ApproximateLocation<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<&'a str>,
}

#[inline(never)]
pub(super) fn build(request: &ChatRequest, target: &Candidate, stream: bool) -> Result<Vec<u8>> {
    let chat = request.chat()?;
    let family = ModelFamily::of(target.route.model());
    let messages = messages(chat)?;
    let messages = match family {
        ModelFamily::Google => gemini::reorder(messages),
        ModelFamily::OpenAi | ModelFamily::Other => messages,
    };
    let fields = FORMAT.fields(chat)?;
    // `oci.max_completion_tokens` is explicit.
    let limit = chat
        .max_tokens
        .filter(|_| !fields.contains_key("maxCompletionTokens"));
    let (max_tokens, max_completion_tokens) = match family {
        ModelFamily::OpenAi => (None, limit),
        ModelFamily::Google | ModelFamily::Other => (chat.max_tokens, None),
    };
    let body = GenericChatRequest {
        api_format: ApiFormat::Generic.name(),
        streaming: Streaming::new(stream),
        messages,
        fields,
        max_tokens,
        max_completion_tokens,
        stop: chat.stop.as_deref(),
        log_probs: log_probs(chat)?,
        prediction: prediction(chat)?,
        web_search_options: web_search_options(chat)?,
        tools: tools(chat, family),
        tool_choice: chat.tool_choice.as_ref().map(tool_choice),
        response_format: chat.response_format.as_ref().map(response_format),
    };
    envelope::body(&body, target)
}

fn tools(chat: &Chat, family: ModelFamily) -> Vec<FunctionDefinition<'_>> {
    let schema = |schema: &Value| match family {
        ModelFamily::Google => without_references_and_exclusive_bounds(schema),
        ModelFamily::OpenAi | ModelFamily::Other => schema.clone(),
    };
    let tools = chat.tools.iter().map(|tool| FunctionDefinition {
        kind: "FUNCTION",
        name: &tool.name,
        description: tool.description.as_deref(),
        parameters: tool.parameters.as_ref().map(schema),
    });
    tools.collect()
}

fn tool_choice(choice: &ToolChoice) -> GenericToolChoice<'_> {
    match choice {
        ToolChoice::Auto => GenericToolChoice::Auto,
        ToolChoice::None => GenericToolChoice::None,
        ToolChoice::Required => GenericToolChoice::Required,
        ToolChoice::Named(name) => GenericToolChoice::Function { name },
    }
}

fn response_format(format: &ResponseFormat) -> GenericResponseFormat<'_> {
    match format {
        ResponseFormat::Text => GenericResponseFormat::Text,
        ResponseFormat::JsonObject => GenericResponseFormat::JsonObject,
        ResponseFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        } => {
            let json_schema = ResponseJsonSchema {
                name,
                description: description.as_deref(),
                schema: schema.as_ref(),
                is_strict: *strict,
            };
            GenericResponseFormat::JsonSchema { json_schema }
        }
    }
}

fn log_probs(chat: &Chat) -> Result<Option<u64>> {
    let top = chat.param("top_logprobs");
    let Some(requested) = chat.param("logprobs") else {
        return match top {
            Some(top) if top.value.as_u64() != Some(0) => {
                Err(top.error("top_logprobs needs logprobs: true".into()))
            }
            _ => Ok(None),
        };
    };
    let wanted = requested.boolean()?;
    let top = top.map_or(Ok(0), |top| top.count())?;
    Ok(wanted.then_some(top.max(1)))
}

fn prediction(chat: &Chat) -> Result<Option<Prediction<'_>>> {
    let Some(prediction) = chat.param("prediction") else {
        return Ok(None);
    };
    let content = prediction.require("content")?;
    let content = match content.value.as_str() {
        Some(text) => vec![ChatContent::Text { text }],
        None => content
            .items()?
            .map(|part| {
                Ok(ChatContent::Text {
                    text: part.require("text")?.string()?,
                })
            })
            .collect::<Result<_>>()?,
    };
    Ok(Some(Prediction {
        kind: "CONTENT",
        content,
    }))
}

fn web_search_options(chat: &Chat) -> Result<Option<WebSearchOptions<'_>>> {
    let Some(options) = chat.param("web_search_options") else {
        return Ok(None);
    };
    options.object()?;
    let size = options.get("search_context_size");
    let search_context_size = size
        .map(|size| size.one_of(&["HIGH", "MEDIUM", "LOW"]))
        .transpose()?;
    let location = match options.get("user_location") {
        None => None,
        Some(location) => {
            // OpenAI nests the location under `approximate`.
            let nested = location.get("approximate");
            let inner = nested.as_ref().unwrap_or(&location);
            inner.object()?;
            Some(ApproximateLocation {
                city: inner.get_string("city")?,
                region: inner.get_string("region")?,
                country: inner.get_string("country")?,
                timezone: inner.get_string("timezone")?,
            })
        }
    };
    Ok(Some(WebSearchOptions {
        search_context_size,
        user_location: location,
    }))
}
