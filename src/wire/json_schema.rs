//! JSON schemas of tools, for wires and models that know less of the
//! [specification](https://json-schema.org/draft/2020-12/json-schema-core).

use serde_json::{Map, Value};

/// How many objects a schema may expand to. A tool's own schema has dozens.
const MAX_OBJECTS: usize = 1000;

const DEFINITIONS: &[&str] = &["$defs", "definitions"];
const DEFINITIONS_AND_BOUNDS: &[&str] = &[
    "$defs",
    "definitions",
    "$schema",
    "exclusiveMinimum",
    "exclusiveMaximum",
];

/// The schema with every local `$ref` replaced by its target, merged with the keywords beside it. A
/// schema that refers to itself is cut where it does, and one whose references multiply is cut
/// where it exceeds [`MAX_OBJECTS`]: to any object.
pub(super) fn without_references(schema: &Value) -> Value {
    Inliner::new(schema, DEFINITIONS).schema(schema)
}

/// The same, without exclusive bounds.
pub(super) fn without_references_and_exclusive_bounds(schema: &Value) -> Value {
    Inliner::new(schema, DEFINITIONS_AND_BOUNDS).schema(schema)
}

struct Inliner<'a> {
    root: &'a Value,
    omitted: &'static [&'static str],
    /// The references that are being followed.
    open: Vec<&'a str>,
    remaining: usize,
}

impl<'a> Inliner<'a> {
    fn new(root: &'a Value, omitted: &'static [&'static str]) -> Inliner<'a> {
        Inliner {
            root,
            omitted,
            open: Vec::new(),
            remaining: MAX_OBJECTS,
        }
    }

    fn schema(&mut self, value: &'a Value) -> Value {
        match value {
            Value::Object(members) => {
                let Some(remaining) = self.remaining.checked_sub(1) else {
                    return any_object();
                };
                self.remaining = remaining;
                let mut inlined = self.target(members);
                for (key, member) in members {
                    if key == "$ref" || self.omitted.contains(&key.as_str()) {
                        continue;
                    }
                    let member = match key.as_str() {
                        "properties" => self.properties(member),
                        _ => self.schema(member),
                    };
                    inlined.insert(key.clone(), member);
                }
                inlined.into()
            }
            Value::Array(items) => items.iter().map(|item| self.schema(item)).collect(),
            other => other.clone(),
        }
    }

    /// The target of a `$ref`.
    fn target(&mut self, members: &'a Map<String, Value>) -> Map<String, Value> {
        let Some(pointer) = members.get("$ref").and_then(Value::as_str) else {
            return Map::new();
        };
        let root = self.root;
        let target = pointer
            .strip_prefix('#')
            .and_then(|pointer| resolve(root, pointer));
        let inlined = match target {
            Some(target) if !self.open.contains(&pointer) => {
                self.open.push(pointer);
                let inlined = self.schema(target);
                self.open.pop();
                inlined
            }
            _ => any_object(),
        };
        match inlined {
            Value::Object(inlined) => inlined,
            _ => Map::new(),
        }
    }

    /// Schemas by the caller's own names, which may equal keywords.
    fn properties(&mut self, schemas: &'a Value) -> Value {
        match schemas.as_object() {
            Some(schemas) => {
                let inlined: Map<String, Value> = schemas
                    .iter()
                    .map(|(name, it)| (name.clone(), self.schema(it)))
                    .collect();
                inlined.into()
            }
            None => self.schema(schemas),
        }
    }
}

fn any_object() -> Value {
    crate::json::object(vec![("type", "object".into())])
}

/// What a [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901) names.
///
/// SIZE: `Value::pointer` brings `str::replace`.
fn resolve<'a>(root: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut names = pointer.split('/');
    if names.next() != Some("") {
        return None;
    }
    names.try_fold(root, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => value.get(unescape(name)),
    })
}

/// A name of a pointer: `~1` is a slash, `~0` a tilde.
fn unescape(name: &str) -> String {
    let mut parts = name.split('~');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let escaped = part.strip_prefix('1').map(|rest| ('/', rest));
        let escaped = escaped.or_else(|| part.strip_prefix('0').map(|rest| ('~', rest)));
        let (char, rest) = escaped.unwrap_or(('~', part));
        text.push(char);
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_inlined() {
        let schema = json!({
            "$defs": {
                "City": {"type": "string"},
                "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}},
            },
            "type": "object",
            "properties": {
                "city": {"$ref": "#/$defs/City"},
                "n": {"type": "integer", "exclusiveMinimum": 0},
                "node": {"$ref": "#/$defs/Node"},
                "gone": {"$ref": "#/$defs/Gone"},
            },
        });
        let node = json!({"type": "object", "properties": {"next": {"type": "object"}}});
        let inlined = json!({"type": "object", "properties": {
            "city": {"type": "string"}, "n": {"type": "integer"}, "node": node,
            "gone": {"type": "object"}}});
        assert_eq!(without_references_and_exclusive_bounds(&schema), inlined);
    }

    #[test]
    fn pointers_name_what_serde_json_finds() {
        let root = json!({"a": {"b/c": [1, {"": 2}], "~1": 3, "d~e": 4}, "": 5, "0": 6});
        for pointer in [
            "",
            "/",
            "/a",
            "/a/b~1c",
            "/a/b~1c/0",
            "/a/b~1c/1/",
            "/a/~01",
            "/a/d~0e",
            "/0",
            "a",
            "/a/b~1c/2",
            "/a/b~1c/x",
            "/x/y",
            "/a/d~e",
            "//",
        ] {
            assert_eq!(resolve(&root, pointer), root.pointer(pointer), "{pointer}");
        }
    }
}
