//! Random text with tool calls between its words.

use super::expected::{Arguments, ToolCall};
use super::text::{random_words, units, Units};
use crate::support::Random;

/// Text with tool calls between its words: what the model writes, the text without the calls, the
/// calls.
pub fn text_with_tool_calls(random: &mut Random) -> (Units, String, Vec<ToolCall>) {
    let (mut written, mut visible, mut calls) = (String::new(), String::new(), Vec::new());
    // White space after a call belongs to the text only if text follows.
    let mut pending_space = String::new();
    let mut after_call = false;
    for _ in 0..=random.below(4) {
        match random.below(4) {
            0 | 1 => {
                let (tags, contents) = *random.pick(&TOOL_CALL_TEXTS);
                written.push_str(tags);
                pending_space.clear();
                after_call = true;
                let tool_call = |&(name, arguments)| ToolCall {
                    id: None,
                    name,
                    arguments: Arguments::Equivalent(arguments),
                };
                calls.extend(contents.iter().map(tool_call));
                if random.chance(2) {
                    pending_space.push_str(*random.pick(&["\n", " ", "\n\n \t"]));
                    written.push_str(&pending_space);
                }
            }
            kind => {
                let text = if kind == 2 {
                    (*random.pick(&NOT_TOOL_CALLS)).to_owned()
                } else {
                    random_words(random, 4)
                };
                written.push_str(&text);
                let blank = text.len() - text.trim_start().len();
                if after_call && blank == text.len() {
                    pending_space.push_str(&text);
                } else {
                    visible.push_str(&std::mem::take(&mut pending_space));
                    visible.push_str(&text);
                    after_call = false;
                }
            }
        }
    }
    match random.below(16) {
        // At the end of the text, a tag that is not closed is a call if its JSON is complete.
        0 => {
            written.push_str(r#"<tool_call>{"name":"f","arguments":{"x":9}}"#);
            calls.push(ToolCall {
                id: None,
                name: "f",
                arguments: Arguments::Equivalent(r#"{"x":9}"#),
            });
            pending_space.clear();
        }
        // An incomplete tag is text.
        1 => {
            let open = random.pick(&[
                r#"<tool_call>{"name":"f""#,
                "<tool_call",
                "<tool_calling>",
                "<",
            ]);
            written.push_str(open);
            visible.push_str(&std::mem::take(&mut pending_space));
            visible.push_str(open);
        }
        _ => {}
    }
    (units(&written), visible, calls)
}

/// Tool calls as models write them, and the name and arguments of each call.
const TOOL_CALL_TEXTS: [(&str, &[(&str, &str)]); 12] = [
    (
        r#"<tool_call>{"name":"f","arguments":{"x":1}}</tool_call>"#,
        &[("f", r#"{"x":1}"#)],
    ),
    (
        "<tool_call>\n{\"name\": \"g\", \"arguments\": {\"city\": \"São 😀\"}}\n</tool_call>",
        &[("g", r#"{"city":"São 😀"}"#)],
    ),
    (
        r#"<tool_calling>{"name":"f","arguments":"{}"}</tool_calling>"#,
        &[("f", "{}")],
    ),
    (
        r#"<tool_calling> {"arguments":{"b":[1,{}]},"name":"h"} </tool_calling>"#,
        &[("h", r#"{"b":[1,{}]}"#)],
    ),
    (r#"<tool_call>{"name":"f"}</tool_call>"#, &[("f", "{}")]),
    (
        r#"<tool_call>{"name":"f","arguments":null}</tool_call>"#,
        &[("f", "{}")],
    ),
    (
        r#"<tool_call>{"name":"g","parameters":{"x":"y"}}</tool_call>"#,
        &[("g", r#"{"x":"y"}"#)],
    ),
    (
        concat!(
            r#"<tool_call>{"type":"function","#,
            r#""function":{"name":"f","arguments":{"x":2}}}</tool_call>"#
        ),
        &[("f", r#"{"x":2}"#)],
    ),
    (
        r#"<tool_call>[{"name":"f"},{"name":"g","arguments":{"x":3}}]</tool_call>"#,
        &[("f", "{}"), ("g", r#"{"x":3}"#)],
    ),
    (
        r#"<tool_call>{"name":"f","arguments":{"x":"</tool_call>"}}</tool_call>"#,
        &[("f", r#"{"x":"</tool_call>"}"#)],
    ),
    (
        r#"<tool_call>{"name":"f","arguments":{"x":"<tool_call>"}}</tool_call>"#,
        &[("f", r#"{"x":"<tool_call>"}"#)],
    ),
    (
        r#"<tool_call>{"name":"f","arguments":"{\"x\":1}"}</tool_call>"#,
        &[("f", r#"{"x":1}"#)],
    ),
];

/// Text that resembles tool calls, and stays text.
const NOT_TOOL_CALLS: [&str; 12] = [
    "<tool_call>not json</tool_call>",
    r#"<tool_call>{"name": }</tool_call>"#,
    r#"<tool_call>{"no":"name"}</tool_call>"#,
    "<tool_calling>[]</tool_calling>",
    r#"<tool_call>{"name":""}</tool_call>"#,
    "<tool_box>",
    "<tool",
    "<tool_cal ",
    "the <tool_call> tag",
    "<<b>bold</b>",
    // A missing brace: neither a call by itself nor the start of the next one.
    r#"<tool_call>{"name":"f","arguments":{"x":1}</tool_call>"#,
    r#"<tool_calling>{"name":"f"</tool_calling>"#,
];
