//! How the caller's dialect names what a request has, for errors: the wires know a chat's names.

use crate::error::Error;
use crate::text::split_once;

/// The names of a dialect; those of Chat Completions by default.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParamNames {
    /// The chat's name of a parameter or a member, and the dialect's.
    names: &'static [(&'static str, &'static str)],
    /// Of each message of the chat, the parameter that it was made of.
    messages: Vec<String>,
}

impl ParamNames {
    pub(crate) fn new(
        names: &'static [(&'static str, &'static str)],
        messages: Vec<String>,
    ) -> Self {
        ParamNames { names, messages }
    }

    /// The dialect's name of a parameter.
    pub(crate) fn of<'a>(&self, name: &'a str) -> &'a str {
        let row = self.names.iter().find(|(chat, _)| *chat == name);
        row.map_or(name, |(_, own)| own)
    }

    /// The path of a message.
    pub(crate) fn message(&self, index: usize) -> String {
        let path = self.messages.get(index).cloned();
        path.unwrap_or_else(|| format!("messages[{index}]"))
    }

    /// An error of a wire, whose parameter has the chat's name.
    #[cold]
    #[inline(never)]
    pub(crate) fn translate(&self, error: Error) -> Error {
        if self.names.is_empty() {
            return error;
        }
        let Some(param) = error.param_name() else {
            return error;
        };
        let param = self.path(param);
        error.with_param(param)
    }

    /// `messages[2].content[0]` -> `input[1].content[0]`
    fn path(&self, param: &str) -> String {
        let message = || {
            let (index, rest) = split_once(param.strip_prefix("messages[")?, "]")?;
            let path = self.message(index.parse().ok()?);
            // Other members have other names.
            Some(match rest.starts_with(".content") {
                true => path + rest,
                false => path,
            })
        };
        message().unwrap_or_else(|| self.of(param).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_parameters_of_the_dialect() {
        let names = ParamNames::new(
            &[("messages", "input")],
            vec!["instructions".into(), "input[3]".into()],
        );
        for (chat, own) in [
            ("messages", "input"),
            ("messages[0].content", "instructions.content"),
            ("messages[1]", "input[3]"),
            ("messages[1].tool_call_id", "input[3]"),
            ("messages[1].content[2]", "input[3].content[2]"),
            ("temperature", "temperature"),
        ] {
            let error = names.translate(Error::param(chat, "no"));
            assert_eq!(error.param_name(), Some(own));
            let error = ParamNames::default().translate(Error::param(chat, "no"));
            assert_eq!(error.param_name(), Some(chat));
        }
    }
}
