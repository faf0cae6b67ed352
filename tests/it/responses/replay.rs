//! The events of a response, read by the rules of the Open Responses specification: an independent
//! reader, which knows each response from its events alone.

use serde_json::{json, Value};

/// What the events of a stream make.
#[derive(Debug)]
pub struct Replayed {
    /// The response of the last event.
    pub response: Value,
    /// How many deltas there were.
    pub deltas: usize,
}

/// Reads the events of a stream that has ended, and checks every rule.
pub fn replay(stream: &str) -> Replayed {
    let events = stream.strip_suffix("data: [DONE]\n\n").expect("the end");
    let mut reader = Reader::default();
    for (number, event) in events.split_terminator("\n\n").enumerate() {
        let (name, data) = event.split_once('\n').expect("two lines");
        let name = name.strip_prefix("event: ").expect("a name");
        let data = data.strip_prefix("data: ").expect("data");
        let data: Value =
            serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"));
        assert_eq!(data["type"], name);
        assert_eq!(data["sequence_number"], number);
        assert!(reader.response.is_null(), "{name} follows the end");
        reader.read(
            name.strip_prefix("response.").expect("a response's event"),
            &data,
        );
    }
    assert!(!reader.response.is_null(), "no end");
    Replayed {
        response: reader.response,
        deltas: reader.deltas,
    }
}

#[derive(Default)]
struct Reader {
    /// How many events there were.
    count: usize,
    /// The response as it began.
    created: Value,
    items: Vec<Item>,
    deltas: usize,
    /// Of the last event.
    response: Value,
}

struct Item {
    json: Value,
    is_done: bool,
    /// The events that the last part still needs.
    pending: Pending,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pending {
    Nothing,
    /// Deltas, and the event of the whole text.
    Text,
    /// The event of the whole part.
    Part,
}

const PARTS: [(&str, &str, &str, &str); 4] = [
    ("output_text", "output_text", "text", "message"),
    ("refusal", "refusal", "refusal", "message"),
    ("reasoning_text", "reasoning_text", "text", "reasoning"),
    (
        "reasoning_summary_text",
        "summary_text",
        "text",
        "reasoning",
    ),
];

impl Reader {
    fn read(&mut self, name: &str, event: &Value) {
        self.count += 1;
        match self.count {
            1 => assert_eq!(name, "created"),
            2 => assert_eq!(name, "in_progress"),
            _ => assert!(!matches!(name, "created" | "in_progress")),
        }
        match name {
            "created" => {
                let response = &event["response"];
                assert_eq!(response["status"], "in_progress");
                assert_eq!(response["output"], json!([]));
                self.created = response.clone();
            }
            "in_progress" => assert_eq!(event["response"], self.created),
            "completed" | "incomplete" | "failed" => self.end(name, &event["response"]),
            "output_item.added" => self.add_item(event),
            "output_item.done" => self.end_item(event),
            "content_part.added" | "reasoning_summary_part.added" => self.add_part(name, event),
            "content_part.done" | "reasoning_summary_part.done" => {
                let (item, at) = self.part(name, event);
                assert_eq!(item.pending, Pending::Part);
                item.pending = Pending::Nothing;
                assert_eq!(list(&mut item.json, name)[at], event["part"]);
            }
            "output_text.annotation.added" => {
                let (item, at) = self.part(name, event);
                assert_eq!(item.pending, Pending::Text);
                let annotations = list(&mut item.json, name)[at]["annotations"].as_array_mut();
                let annotations = annotations.expect("a text");
                assert_eq!(event["annotation_index"], annotations.len());
                annotations.push(event["annotation"].clone());
            }
            "function_call_arguments.delta" => {
                self.deltas += 1;
                let item = self.item(event);
                append(&mut item.json["arguments"], &event["delta"]);
            }
            "function_call_arguments.done" => {
                let item = self.item(event);
                assert_eq!(item.json["type"], "function_call");
                assert_eq!(item.json["arguments"], event["arguments"]);
                assert_eq!(item.pending, Pending::Text);
                item.pending = Pending::Nothing;
            }
            _ => self.read_text(name, event),
        }
    }

    fn read_text(&mut self, name: &str, event: &Value) {
        let (kind, what) = name.rsplit_once('.').expect("a kind");
        let row = PARTS.iter().find(|(known, ..)| *known == kind);
        let (_, part_type, member, item_type) = row.unwrap_or_else(|| panic!("{name}"));
        self.deltas += usize::from(what == "delta");
        let (item, at) = self.part(name, event);
        assert_eq!(item.json["type"], *item_type);
        assert_eq!(item.pending, Pending::Text, "{name}");
        let part = &mut list(&mut item.json, name)[at];
        assert_eq!(part["type"], *part_type);
        if kind == "output_text" {
            assert!(event["logprobs"].is_array(), "{event}");
        }
        match what {
            "delta" => {
                assert_ne!(event["delta"], "");
                append(&mut part[*member], &event["delta"]);
            }
            "done" => {
                assert_eq!(part[*member], event[*member]);
                if kind == "output_text" {
                    part["logprobs"] = event["logprobs"].clone();
                }
                item.pending = Pending::Part;
            }
            _ => panic!("{name}"),
        }
    }

    fn add_item(&mut self, event: &Value) {
        let item = &event["item"];
        assert_eq!(event["output_index"], self.items.len());
        assert!(self
            .items
            .iter()
            .all(|other| other.json["id"] != item["id"]));
        let (prefix, pending) = match item["type"].as_str().unwrap() {
            "message" => {
                assert_eq!(item["role"], "assistant");
                assert_eq!(item["content"], json!([]));
                ("msg_", Pending::Nothing)
            }
            "reasoning" => {
                assert_eq!(item["summary"], json!([]));
                ("rs_", Pending::Nothing)
            }
            "function_call" => {
                assert!(item["call_id"].is_string() && item["name"].is_string());
                assert_eq!(item["arguments"], "");
                ("fc_", Pending::Text)
            }
            other => panic!("{other}"),
        };
        assert!(item["id"].as_str().unwrap().starts_with(prefix));
        if prefix != "rs_" {
            assert_eq!(item["status"], "in_progress");
        }
        self.items.push(Item {
            json: item.clone(),
            is_done: false,
            pending,
        });
    }

    fn end_item(&mut self, event: &Value) {
        let at = event["output_index"].as_u64().unwrap() as usize;
        let item = &mut self.items[at];
        assert!(!item.is_done && item.pending == Pending::Nothing);
        item.is_done = true;
        if item.json.get("status").is_some() {
            let status = &event["item"]["status"];
            assert!(*status == "completed" || *status == "incomplete");
            item.json["status"] = status.clone();
        }
        assert_eq!(item.json, event["item"]);
    }

    fn add_part(&mut self, name: &str, event: &Value) {
        let item = self.item(event);
        assert_eq!(item.pending, Pending::Nothing, "{name}: a part is open");
        item.pending = Pending::Text;
        let parts = list(&mut item.json, name);
        assert_eq!(*index(name, event), parts.len());
        let part = &event["part"];
        let is_known = PARTS
            .iter()
            .any(|(_, kind, member, _)| part["type"] == *kind && part[*member] == "");
        assert!(is_known, "{part}");
        parts.push(part.clone());
    }

    fn end(&mut self, name: &str, response: &Value) {
        assert!(
            self.items.iter().all(|item| item.is_done),
            "an item is open"
        );
        let items: Vec<&Value> = self.items.iter().map(|item| &item.json).collect();
        assert_eq!(response["output"], json!(items));
        assert_eq!(response["status"], name);
        // What may change; everything else was known at the start.
        let mut same = response.clone();
        for member in [
            "output",
            "status",
            "completed_at",
            "incomplete_details",
            "usage",
            "oci",
        ] {
            let before = self.created.get(member).cloned();
            match before {
                Some(before) => same[member] = before,
                None => drop(same.as_object_mut().unwrap().shift_remove(member)),
            }
        }
        same["service_tier"] = self.created["service_tier"].clone();
        same["error"] = Value::Null;
        assert_eq!(same, self.created);
        assert_eq!(response["completed_at"].is_u64(), name == "completed");
        assert_eq!(
            response["incomplete_details"].is_object(),
            name == "incomplete"
        );
        assert_eq!(response["error"].is_null(), name != "failed");
        self.response = response.clone();
    }

    /// The item that an event is about.
    fn item(&mut self, event: &Value) -> &mut Item {
        let at = event["output_index"].as_u64().expect("an index") as usize;
        let item = &mut self.items[at];
        assert!(!item.is_done, "an event of an item that is done: {event}");
        assert_eq!(item.json["id"], event["item_id"]);
        item
    }

    /// The item, and the index of the part, which is its last.
    fn part(&mut self, name: &str, event: &Value) -> (&mut Item, usize) {
        let item = self.item(event);
        let at = index(name, event).as_u64().expect("an index of a part") as usize;
        assert_eq!(at + 1, list(&mut item.json, name).len());
        (item, at)
    }
}

fn is_summary(name: &str) -> bool {
    name.starts_with("reasoning_summary")
}

fn index<'a>(name: &str, event: &'a Value) -> &'a Value {
    match is_summary(name) {
        true => &event["summary_index"],
        false => &event["content_index"],
    }
}

fn list<'a>(item: &'a mut Value, name: &str) -> &'a mut Vec<Value> {
    let member = if is_summary(name) {
        "summary"
    } else {
        "content"
    };
    item[member].as_array_mut().expect("parts")
}

fn append(text: &mut Value, delta: &Value) {
    let delta = delta.as_str().expect("a delta");
    *text = json!(text.as_str().expect("a text").to_owned() + delta);
}
