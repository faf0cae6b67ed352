//! One event of 64 MiB in tiny chunks must cost about what it costs in one: no byte may be scanned
//! again and again.

use std::time::Instant;

use oci_genai_edge::decode::Decoder;
use oci_genai_edge::openai::{Chunk, Metadata, Sink};
use oci_genai_edge::options::Limits;
use oci_genai_edge::wire;

use crate::clock::median;

const TEXT: usize = 64 * 1024 * 1024;
const TINY: usize = 16;
const ROUNDS: usize = 3;

/// In 16-byte chunks, and in one.
pub(crate) fn ns_per_byte() -> (f64, f64) {
    let text = "the quick brown fox. ".repeat(TEXT / 21 + 1);
    let text = &text[..TEXT];
    let event = format!(
        "data: {{\"index\":0,\"message\":{{\"role\":\"ASSISTANT\",\"content\":\
         [{{\"type\":\"TEXT\",\"text\":\"{text}\"}}]}},\"pad\":\"aaaa\"}}\n\n"
    );
    decode(event.as_bytes(), event.len());
    let (mut tiny, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        tiny.push(decode(event.as_bytes(), TINY));
        whole.push(decode(event.as_bytes(), event.len()));
    }
    (median(tiny), median(whole))
}

fn decode(event: &[u8], chunk: usize) -> f64 {
    let limits = Limits {
        max_event_bytes: 2 * TEXT,
        max_response_bytes: 2 * TEXT,
        ..Limits::default()
    };
    let mut decoder = Decoder::new(&wire::GENERIC, Metadata::default(), limits, false);
    let mut length = Length(0);
    let started = Instant::now();
    for piece in event.chunks(chunk) {
        decoder
            .feed(piece, &mut length)
            .expect("an event below the limit");
    }
    let elapsed = started.elapsed();
    assert_eq!(length.0, TEXT, "the whole text was decoded");
    elapsed.as_nanos() as f64 / event.len() as f64
}

struct Length(usize);

impl Sink for Length {
    fn text(&mut self, _: &Metadata, text: &str) {
        self.0 += text.len();
    }

    fn chunk(&mut self, _: &Metadata, chunk: &Chunk<'_>) {
        self.0 += chunk
            .choices
            .iter()
            .filter_map(|choice| choice.delta.content)
            .map(str::len)
            .sum::<usize>();
    }

    fn verbatim(&mut self, json: &str) {
        self.0 += json.len();
    }
}
