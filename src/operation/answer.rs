//! The requests and the answers of operations other than a chat, as JSON text.

use serde_json::Value;

use crate::json::{append, RawJson};

/// An object while it is written.
///
/// SPEED: embeddings are copied as the service wrote them. As values they would take ten times the
/// memory, and their numbers would be parsed and printed again.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectWriter(Vec<u8>);

impl ObjectWriter {
    /// Begins a member, whose value is to be written.
    #[inline(never)]
    pub(super) fn begin(&mut self, name: &str) -> &mut Vec<u8> {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        append(&mut self.0, &name);
        self.0.push(b':');
        &mut self.0
    }

    /// A member.
    #[inline(never)]
    pub(super) fn push(&mut self, name: &str, value: &Value) {
        append(self.begin(name), value);
    }

    /// A member that is a string.
    #[inline(never)]
    pub(super) fn push_str(&mut self, name: &str, text: &str) {
        append(self.begin(name), &text);
    }

    /// A member that is JSON text.
    #[inline(never)]
    pub(super) fn push_text(&mut self, name: &str, json: &[u8]) {
        self.begin(name).extend_from_slice(json);
    }

    /// Whether it has no member.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A member, unless it is empty.
    #[inline(never)]
    pub(super) fn push_object(&mut self, name: &str, object: ObjectWriter) {
        if !object.is_empty() {
            self.push_text(name, &object.finish());
        }
    }

    /// A member that is a list of values as JSON text.
    #[inline(never)]
    pub(super) fn push_list(&mut self, name: &str, items: &[Vec<u8>]) {
        let out = self.begin(name);
        out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(item);
        }
        out.push(b']');
    }

    /// The object.
    #[inline(never)]
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        self.0
    }
}

/// Puts the answers of the operations of one request together, in order: JSON text that they wrote.
/// Lists become one list, counts are summed, and of anything else the first is taken.
pub fn merge(answers: &[String]) -> String {
    let answers = answers
        .iter()
        .map(|answer| RawJson::parse(answer.as_bytes()));
    let answers: Vec<_> = answers.flatten().collect();
    let mut merged = Vec::new();
    merge_into(&mut merged, &answers);
    String::from_utf8(merged).unwrap_or_default()
}

fn merge_into(out: &mut Vec<u8>, all: &[RawJson<'_>]) {
    let Some(first) = all.first() else {
        return;
    };
    if first.is_object() {
        let mut object = ObjectWriter::default();
        for (name, _) in members(*first) {
            let all: Vec<_> = all.iter().filter_map(|one| one.get(&name)).collect();
            merge_into(object.begin(&name), &all);
        }
        out.append(&mut object.finish());
    } else if first.is_array() {
        let mut separator = b'[';
        for list in all {
            for item in list.items() {
                out.push(separator);
                out.extend_from_slice(item.as_bytes());
                separator = b',';
            }
        }
        if separator == b'[' {
            out.push(separator);
        }
        out.push(b']');
    } else if first.as_u64().is_some() {
        append(
            out,
            &all.iter()
                .filter_map(|one| one.as_u64())
                .fold(0, u64::saturating_add),
        );
    } else {
        out.extend_from_slice(first.as_bytes());
    }
}

/// The members of an object; an answer has no more.
pub(super) fn members(json: RawJson<'_>) -> Vec<(String, RawJson<'_>)> {
    json.others(&[], 16)
}
