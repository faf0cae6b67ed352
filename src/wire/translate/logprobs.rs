//! OCI's `Logprobs` (parallel arrays), in OpenAI's shape (a list of tokens).

use serde_json::Value;

/// Translates `{tokens, tokenLogprobs, topLogprobs, textOffset}`; `None` where the service sent an
/// empty object.
pub(in crate::wire) fn logprobs(oci: &Value) -> Option<Value> {
    let tokens = oci.get("tokens")?.as_array()?;
    let at = |key: &str, index: usize| oci.get(key)?.as_array()?.get(index);
    let content = tokens.iter().enumerate().map(|(index, token)| {
        let mut entry = entry(
            token.as_str().unwrap_or_default(),
            at("tokenLogprobs", index),
        );
        let top = at("topLogprobs", index)
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        let top: Vec<Value> = top
            .map(|(token, logprob)| self::entry(token, Some(logprob)))
            .collect();
        if let Value::Object(members) = &mut entry {
            members.insert("top_logprobs".into(), top.into());
        }
        entry
    });
    let content: Vec<Value> = content.collect();
    (!content.is_empty()).then(|| crate::openai::logprobs(content))
}

fn entry(token: &str, logprob: Option<&Value>) -> Value {
    // The SDK's model types the numbers inside `topLogprobs` as strings.
    let logprob = match logprob {
        Some(Value::String(text)) => crate::json::parse_lenient(text.as_bytes())
            .ok()
            .filter(Value::is_number),
        other => other.cloned(),
    };
    crate::json::object(vec![
        ("token", token.into()),
        ("logprob", logprob.unwrap_or_default()),
        ("bytes", token.as_bytes().into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parallel_arrays_become_a_list() {
        let oci = json!({"tokens": ["a", "b"], "tokenLogprobs": [-0.5, -1],
            "topLogprobs": [{"a": "-0.5", "x": -2}], "textOffset": [0, 1]});
        let openai = json!({"content": [
            {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [
                {"token": "a", "logprob": -0.5, "bytes": [97]},
                {"token": "x", "logprob": -2, "bytes": [120]}]},
            {"token": "b", "logprob": -1, "bytes": [98], "top_logprobs": []},
        ], "refusal": null});
        assert_eq!(logprobs(&oci), Some(openai));
        assert_eq!(logprobs(&json!({})), None);
        assert_eq!(logprobs(&json!({"tokens": []})), None);
    }
}
