//! What some models want that others do not. All such rules stand here, each with its evidence.

use crate::gather::each;
use crate::json::{object, Map, Value};

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
pub(super) const COHERE_MAX_TOKENS: u64 = 4000;

/// A tool's schema as Gemini takes it: every local `$ref` replaced by what it names, with what stands beside it; definitions and
/// exclusive bounds left out. A schema that refers to itself is cut where it does, and one whose references multiply where it
/// grows too large: to any object.
pub(super) fn plain_schema(schema: &Value) -> Value {
    Inliner {
        root: schema,
        left_out: &LEFT_OUT,
        open: Vec::new(),
        room: MOST_OBJECTS,
    }
    .schema(schema)
}

/// The same schema without references, for a wire that has no place for definitions.
pub(super) fn inlined_schema(schema: &Value) -> Value {
    Inliner {
        root: schema,
        left_out: &DEFINITIONS,
        open: Vec::new(),
        room: MOST_OBJECTS,
    }
    .schema(schema)
}

/// How many objects a schema may come to. A tool's own has dozens.
const MOST_OBJECTS: usize = 1000;

const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];
const LEFT_OUT: [&str; 5] = [
    "$defs",
    "definitions",
    "$schema",
    "exclusiveMinimum",
    "exclusiveMaximum",
];

struct Inliner<'a> {
    root: &'a Value,
    left_out: &'static [&'static str],
    /// The references that are being followed.
    open: Vec<&'a str>,
    room: usize,
}

impl<'a> Inliner<'a> {
    fn schema(&mut self, value: &'a Value) -> Value {
        match value {
            Value::Object(members) => {
                let Some(room) = self.room.checked_sub(1) else {
                    return object([("type", "object".into())]);
                };
                self.room = room;
                let mut plain = self.target(members);
                let left_out = self.left_out;
                for (key, member) in members
                    .iter()
                    .filter(|(key, _)| *key != "$ref" && !left_out.contains(key))
                {
                    plain.insert(
                        key,
                        if key == "properties" {
                            self.named(member)
                        } else {
                            self.schema(member)
                        },
                    );
                }
                plain.into()
            }
            Value::Array(items) => each(items.iter(), |item| self.schema(item)).into(),
            other => other.clone(),
        }
    }

    /// What a `$ref` names.
    fn target(&mut self, members: &'a Map) -> Map {
        let Some(pointer) = members.get("$ref").and_then(Value::as_str) else {
            return Map::new();
        };
        let root = self.root;
        let target = pointer
            .strip_prefix('#')
            .and_then(|pointer| root.pointer(pointer));
        let inlined = match target {
            Some(target) if !self.open.contains(&pointer) => {
                self.open.push(pointer);
                let inlined = self.schema(target);
                self.open.pop();
                inlined
            }
            _ => object([("type", "object".into())]),
        };
        match inlined {
            Value::Object(inlined) => inlined,
            _ => Map::new(),
        }
    }

    /// Schemas by names of the caller's own, which may be those of keywords.
    fn named(&mut self, schemas: &'a Value) -> Value {
        match schemas.as_object() {
            Some(schemas) => {
                let plain: Map = schemas
                    .iter()
                    .map(|(name, one)| (name.to_owned(), self.schema(one)))
                    .collect();
                plain.into()
            }
            None => self.schema(schemas),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn families() {
        assert_eq!(Family::of("openai.gpt-5.4"), Family::OpenAi);
        assert_eq!(Family::of("OpenAI.o3"), Family::OpenAi);
        assert_eq!(Family::of("openai.gpt-oss-120b"), Family::Other);
        assert_eq!(Family::of("google.gemini-2.5-pro"), Family::Google);
        assert_eq!(
            Family::of("ocid1.generativeaiendpoint.oc1.iad.x"),
            Family::Other
        );
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
