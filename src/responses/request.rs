//! A request of the Responses API -> that of a chat.
//!
//! It is written as the body of a chat, because that is what the openai transport sends; the native
//! wires read the same typed model from it as from any chat. Errors name the parameters that the
//! caller sent.

use serde_json::Value;

use super::conversation::Conversation;
use super::event_writer::EventWriter;
use super::refusal::refusal;
use super::settings::Settings;
use super::text::{fill, push, push_member, push_name};
use crate::error::{Error, Result};
use crate::json::append;
use crate::openai::parameters::{Neutral, ValueKind};
use crate::openai::{parse_body, take_model, ChatRequest, Param, ParamNames};

/// What the chat calls otherwise.
const NAMES: &[(&str, &str)] = &[
    ("messages", "input"),
    ("max_completion_tokens", "max_output_tokens"),
    ("reasoning_effort", "reasoning.effort"),
    ("verbosity", "text.verbosity"),
    ("response_format", "text.format"),
];

/// The same in a chat, by these names or those of [`NAMES`].
const PASSED: &[&str] = &[
    "max_output_tokens",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "parallel_tool_calls",
    "service_tier",
    "stream",
    "oci",
];

/// Read by code of their own, or of no effect: who calls, what OpenAI keeps, and what only its own
/// tools need.
const OTHERS: &[&str] = &[
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "text",
    "reasoning",
    "include",
    "top_logprobs",
    "truncation",
    "metadata",
    "store",
    "stream_options",
    "max_tool_calls",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "client_metadata",
];

/// What can't be done, unless it asks for what happens anyway.
const REFUSED: &[(&str, Neutral, &str)] = &[
    ("previous_response_id", Neutral::Never, STATELESS),
    ("conversation", Neutral::Never, STATELESS),
    (
        "background",
        Neutral::Boolean(false),
        "omit it: a response is computed while its caller waits",
    ),
    (
        "prompt",
        Neutral::Never,
        "send the text of the prompt as instructions and input",
    ),
    (
        "context_management",
        Neutral::Empty,
        "omit it, and shorten the input instead",
    ),
];

const STATELESS: &str = "nothing is stored: send the whole conversation as input items";

/// What `include` may ask for. Most of it is about tools that OCI does not have.
const INCLUDABLE: &[&str] = &[
    LOGPROBS,
    "reasoning.encrypted_content",
    "message.input_image.image_url",
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
];

const LOGPROBS: &str = "message.output_text.logprobs";

/// The members of a function tool beside its name.
const FUNCTION: &[(&str, ValueKind)] = &[
    ("description", ValueKind::String),
    ("parameters", ValueKind::Object),
    ("strict", ValueKind::Boolean),
];

/// Reads a request from JSON text: the chat that it asks for, and what writes its answer.
///
/// # Errors
///
/// `invalid_request`, with the parameter at fault.
pub fn parse(json: &str) -> Result<(ChatRequest, EventWriter)> {
    let mut request = parse_body(json)?;
    let model = take_model(&mut request)?;
    for (name, value) in &request {
        check_name(name, value)?;
    }
    let param = |name: &'static str| request.get(name).map(|value| Param::new(name, value));

    let mut conversation = Conversation::default();
    if let Some(instructions) = param("instructions") {
        conversation.push_instructions(&instructions)?;
    }
    let input = param("input");
    conversation.push_input(&input.ok_or_else(|| Error::param("input", "input is missing"))?)?;
    let (messages, paths) = conversation.finish();

    let mut chat = b"{\"messages\":[".to_vec();
    chat.extend_from_slice(&messages);
    push(&mut chat, "]");
    for name in PASSED {
        if let Some(value) = request.get(*name) {
            let row = NAMES.iter().find(|(_, own)| own == name);
            push_member(&mut chat, row.map_or(*name, |(chat, _)| chat), value);
        }
    }
    if let Some(truncation) = param("truncation") {
        // Nothing truncates the input: one that is too long is rejected either way.
        truncation.one_of(&["DISABLED", "AUTO"])?;
    }
    if let Some(text) = param("text") {
        read_text(&text, &mut chat)?;
    }
    if let Some(reasoning) = param("reasoning") {
        reasoning.object()?;
        if let Some(effort) = reasoning.get("effort") {
            push_member(&mut chat, "reasoning_effort", effort.value);
        }
    }
    read_logprobs(param("include"), param("top_logprobs"), &mut chat)?;
    let choice = param("tool_choice");
    let allowed = match &choice {
        Some(choice) => read_tool_choice(choice, &mut chat)?,
        None => None,
    };
    if let Some(tools) = param("tools") {
        read_tools(&tools, allowed.as_ref(), &mut chat)?;
    }
    push(&mut chat, "}");
    let body = parse_body(&String::from_utf8(chat).unwrap_or_default())?;
    let names = ParamNames::new(NAMES, paths);
    let writer = EventWriter::new(Settings::of(&request));
    Ok((ChatRequest::translated(model, body, names), writer))
}

/// Whether a parameter is known, and asks for what can be done.
fn check_name(name: &str, value: &Value) -> Result<()> {
    if PASSED.contains(&name) || OTHERS.contains(&name) {
        return Ok(());
    }
    let given = Param::new(name, value);
    if let Some((_, neutral, hint)) = REFUSED.iter().find(|(refused, _, _)| *refused == name) {
        if neutral.matches(value) {
            return Ok(());
        }
        return Err(refusal(&given, "OCI has no counterpart of it", "", hint));
    }
    let chat = match name {
        "max_tokens" => "max_completion_tokens",
        name => name,
    };
    let own = NAMES.iter().find(|(known, _)| *known == chat);
    let hint = own.map_or(
        "omit it; parameters that only OCI has go under `oci`",
        |row| row.1,
    );
    Err(refusal(
        &given,
        "a response has no such parameter",
        "",
        hint,
    ))
}

/// `text`: format and verbosity.
fn read_text(text: &Param<'_, '_>, chat: &mut Vec<u8>) -> Result<()> {
    text.object()?;
    if let Some(verbosity) = text.get("verbosity") {
        push_member(chat, "verbosity", verbosity.value);
    }
    let Some(format) = text.get("format") else {
        return Ok(());
    };
    let members = format.object()?;
    let kind = format.require("type")?;
    match kind.string()? {
        "text" => {}
        "json_object" => push_member(chat, "response_format", format.value),
        "json_schema" => {
            push_name(chat, "response_format");
            let template = "{\"type\":$type,\"json_schema\":{\"name\":$name";
            fill(chat, template, &format)?;
            for (name, value) in members {
                if name != "type" && name != "name" {
                    push_member(chat, name, value);
                }
            }
            push(chat, "}}");
        }
        _ => return Err(kind.must_be("\"text\", \"json_object\" or \"json_schema\"")),
    }
    Ok(())
}

/// `include` and `top_logprobs`: log probabilities are wanted if either asks for them.
fn read_logprobs(
    include: Option<Param<'_, '_>>,
    top: Option<Param<'_, '_>>,
    chat: &mut Vec<u8>,
) -> Result<()> {
    let mut wanted = false;
    if let Some(include) = include {
        for item in include.items()? {
            let name = item.string()?;
            if !INCLUDABLE.contains(&name) {
                return Err(refusal(&item, "OCI has no", name, "omit it"));
            }
            wanted |= name == LOGPROBS;
        }
    }
    if let Some(top) = top {
        wanted |= top.count()? > 0;
        if wanted {
            push_member(chat, "top_logprobs", top.value);
        }
    }
    if wanted {
        push(chat, ",\"logprobs\":true");
    }
    Ok(())
}

/// The tools whose names are allowed.
fn read_tools(
    tools: &Param<'_, '_>,
    allowed: Option<&Vec<String>>,
    chat: &mut Vec<u8>,
) -> Result<()> {
    push_name(chat, "tools");
    let mut separator = "[";
    for tool in tools.items()? {
        let kind = tool.require("type")?.string()?;
        if kind != "function" {
            let what = "OCI has function tools only, and none of type";
            return Err(refusal(&tool, what, kind, "omit the tool"));
        }
        let name = tool.require("name")?.string()?;
        if allowed.is_some_and(|allowed| allowed.iter().all(|it| it != name)) {
            continue;
        }
        push(chat, separator);
        separator = ",";
        fill(chat, "{\"type\":$type,\"function\":{\"name\":$name", &tool)?;
        for (name, kind) in FUNCTION {
            if let Some(member) = tool.get(name) {
                kind.check(&member)?;
                push_member(chat, name, member.value);
            }
        }
        push(chat, "}}");
    }
    push(chat, if separator == "[" { "[]" } else { "]" });
    Ok(())
}

/// `tool_choice`, and the names of the functions that it leaves, if it lists them.
fn read_tool_choice(choice: &Param<'_, '_>, chat: &mut Vec<u8>) -> Result<Option<Vec<String>>> {
    push_name(chat, "tool_choice");
    let kind = choice.get_string("type").unwrap_or(None);
    if kind == Some("function") {
        fill(
            chat,
            "{\"type\":$type,\"function\":{\"name\":$name}}",
            choice,
        )?;
        return Ok(None);
    }
    let mut allowed = None;
    let mut mode = *choice;
    let member = choice.get("mode").filter(|_| kind == Some("allowed_tools"));
    if let Some(member) = &member {
        let mut names = Vec::new();
        for tool in choice.require("tools")?.items()? {
            names.push(tool.require("name")?.string()?.to_owned());
        }
        allowed = Some(names);
        mode = *member;
    }
    if !matches!(mode.value.as_str(), Some("auto" | "none" | "required")) {
        return Err(choice.must_be(
            "\"auto\", \"none\", \"required\", {type: \"function\", name} or {type: \
             \"allowed_tools\", mode, tools}",
        ));
    }
    append(chat, mode.value);
    Ok(allowed)
}
