//! Mutations of inputs, of the kinds that fuzzers make.

use crate::support::Random;

/// Text that the readers know.
const TOKENS: &[&str] = &[
    "data: ",
    "data:",
    "\n\n",
    "\r\n",
    "\r",
    "\n",
    "event: error\n",
    "event: ping\n",
    ": \n",
    "[DONE]",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\u",
    "\\ud83d",
    "\\ude00",
    "\\\"",
    "null",
    "true",
    "1e400",
    "-0.0",
    "\"index\":1",
    "\"text\":\"",
    "\"content\":[",
    "\"finishReason\":\"stop\"",
    "\"finish_reason\":\"stop\"",
    "\"toolCalls\":[",
    "\"usage\":{",
    "\"message\":{",
    "\"code\":\"400\"",
    "\"chatResponse\":{",
    "\"choices\":[",
    "<tool_call>",
    "</tool_call>",
    "<tool_calling>",
    "{\"name\":\"f\",\"arguments\":{}}",
    "<think>",
    "</think>",
    "ocid1.generativeaiendpoint.oc1.iad.x",
    "\u{FEFF}",
    "😀",
    "\0",
];

/// One of the inputs, changed in one to four places.
pub fn mutate(random: &mut Random, inputs: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = random.pick(inputs).1.clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(24)).min(bytes.len());
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = random.next() as u8,
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].repeat(1 + random.below(4));
                bytes.splice(at..at, piece);
            }
            4 => bytes.truncate(at),
            5 => {
                // The beginning of one input and the end of another.
                let other = &random.pick(inputs).1;
                let from = random.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => drop(bytes.splice(at..at, random.pick(TOKENS).bytes())),
        }
    }
    bytes
}
