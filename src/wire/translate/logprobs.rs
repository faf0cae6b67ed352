//! OCI's `Logprobs` (parallel arrays), in OpenAI's shape (a list of tokens).

use crate::gather::each;
use crate::json::{object, Map, Value};

use crate::json::parse;

/// Translates `{tokens, tokenLogprobs, topLogprobs, textOffset}`; nothing where the service sent an empty object.
pub(crate) fn to_openai(oci: &Value) -> Option<Value> {
    let tokens = oci.get("tokens")?.as_array()?;
    let at = |key: &str, index: usize| {
        oci.get(key)
            .and_then(|list| list.as_array()?.get(index))
            .cloned()
    };
    let one = |(index, token): (usize, &Value)| {
        let token = token.as_str().unwrap_or_default();
        let top = at("topLogprobs", index);
        let top = top
            .as_ref()
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::iter);
        let top = each(top, |(token, logprob)| {
            entry(token, Some(logprob.clone()), None)
        });
        entry(token, at("tokenLogprobs", index), Some(top))
    };
    let content = each(tokens.iter().enumerate(), one);
    (!content.is_empty()).then(|| whole(content))
}

/// OpenAI's object around the tokens. Its other list, of a refusal's tokens, has no counterpart at OCI.
pub(crate) fn whole(content: Vec<Value>) -> Value {
    object([("content", content.into()), ("refusal", Value::Null)])
}

fn entry(token: &str, logprob: Option<Value>, top: Option<Vec<Value>>) -> Value {
    // The model of the SDK types these numbers as strings inside `topLogprobs`.
    let number = match logprob {
        Some(Value::String(text)) => parse(text.as_bytes())
            .ok()
            .filter(Value::is_number)
            .unwrap_or_default(),
        other => other.unwrap_or(Value::Null),
    };
    let mut entry = Map::new();
    entry.insert("token", token.into());
    entry.insert("logprob", number);
    entry.insert(
        "bytes",
        each(token.bytes(), |byte| Value::from(u64::from(byte))).into(),
    );
    if let Some(top) = top {
        entry.insert("top_logprobs", top.into());
    }
    Value::Object(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn arrays_become_a_list() {
        let oci = json!({"tokens": ["a", "b"], "tokenLogprobs": [-0.5, -1], "topLogprobs": [{"a": "-0.5", "x": -2}], "textOffset": [0, 1]});
        let wanted = json!({"content": [
            {"token": "a", "logprob": -0.5, "bytes": [97],
             "top_logprobs": [{"token": "a", "logprob": -0.5, "bytes": [97]}, {"token": "x", "logprob": -2, "bytes": [120]}]},
            {"token": "b", "logprob": -1, "bytes": [98], "top_logprobs": []},
        ], "refusal": null});
        assert_eq!(to_openai(&oci), Some(wanted));
        assert_eq!(to_openai(&json!({})), None);
        assert_eq!(to_openai(&json!({"tokens": []})), None);
    }
}
