//! What some models want that others do not. All such rules stand here, each with its evidence.

use serde_json::{Map, Value};

/// A model's maker, as far as it changes what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// OpenAI's own: they refuse `maxTokens` ("use max_completion_tokens") and want `maxCompletionTokens`. gpt-oss, an open
    /// model that OCI serves by other means, is not one of them (litellm `oci/chat`, langchain-oracle, Portkey, for gpt-5, o1
    /// and o3 on OCI).
    OpenAi,
    /// Gemini: refuses standalone system messages and a system message that is not first, wants each turn's calls answered
    /// in the next turn, one for one, and knows neither `$ref` nor exclusive bounds in a tool's schema (wayflow
    /// `ocigenaimodel.py`, langchain-oracle `GeminiProvider`).
    Google,
    /// Everything else, and every endpoint of a Dedicated AI Cluster: its OCID does not say what it serves.
    Other,
}

impl Family {
    pub(super) fn of(model: &str) -> Family {
        let model = model.to_ascii_lowercase();
        if model.starts_with("openai.") && !model.starts_with("openai.gpt-oss") {
            Family::OpenAi
        } else if model.starts_with("google.") {
            Family::Google
        } else {
            Family::Other
        }
    }
}

/// The limit that is sent to Cohere when the caller gives none. Without one the service stops after 20 tokens (wayflow:
/// "default max_tokens for OCI Cohere is 20"; litellm says the same); 4,000 is the longest on-demand answer that the
/// documentation allows.
pub(super) const COHERE_MAX_TOKENS: u32 = 4000;

/// A tool's schema as Gemini takes it: every local `$ref` replaced by what it names, definitions and exclusive bounds left
/// out. A schema that refers to itself is cut where it does: to any object.
pub(super) fn plain_schema(schema: &Value) -> Value {
    inline(schema, schema, &mut Vec::new())
}

fn inline<'a>(value: &'a Value, root: &'a Value, open: &mut Vec<&'a str>) -> Value {
    match value {
        Value::Object(members) => {
            if let Some(pointer) = members.get("$ref").and_then(Value::as_str) {
                let target = pointer.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
                return match target {
                    Some(target) if !open.contains(&pointer) && open.len() < 16 => {
                        open.push(pointer);
                        let inlined = inline(target, root, open);
                        open.pop();
                        inlined
                    }
                    _ => serde_json::json!({"type": "object"}),
                };
            }
            let kept = members.iter().filter(|(key, _)| !LEFT_OUT.contains(&key.as_str()));
            let kept: Map<String, Value> = kept.map(|(key, member)| (key.clone(), inline(member, root, open))).collect();
            Value::Object(kept)
        }
        Value::Array(items) => items.iter().map(|item| inline(item, root, open)).collect(),
        other => other.clone(),
    }
}

const LEFT_OUT: &[&str] = &["$defs", "definitions", "$schema", "exclusiveMinimum", "exclusiveMaximum"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn families() {
        assert_eq!(Family::of("openai.gpt-5.4"), Family::OpenAi);
        assert_eq!(Family::of("OpenAI.o3"), Family::OpenAi);
        assert_eq!(Family::of("openai.gpt-oss-120b"), Family::Other);
        assert_eq!(Family::of("google.gemini-2.5-pro"), Family::Google);
        assert_eq!(Family::of("ocid1.generativeaiendpoint.oc1.iad.x"), Family::Other);
    }

    #[test]
    fn references_are_inlined() {
        let schema = json!({"$defs": {"City": {"type": "string"}, "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
            "type": "object", "properties": {"city": {"$ref": "#/$defs/City"}, "n": {"type": "integer", "exclusiveMinimum": 0},
            "node": {"$ref": "#/$defs/Node"}, "gone": {"$ref": "#/$defs/Gone"}}});
        let plain = json!({"type": "object", "properties": {"city": {"type": "string"}, "n": {"type": "integer"},
            "node": {"type": "object", "properties": {"next": {"type": "object"}}}, "gone": {"type": "object"}}});
        assert_eq!(plain_schema(&schema), plain);
    }
}
