//! The core's own decoder against what a Rust developer would take instead: an event-stream crate
//! and typed serde_json.
//!
//! Every contender turns the same bytes, cut the same way, into the same [`chunk::Chunk`]s, which
//! is checked before anything is timed. A table goes to stderr, JSON lines to stdout. A run takes
//! less than a minute: `cargo run --release --locked --manifest-path benches/native/Cargo.toml`.

mod chunk;
mod clock;
mod contenders;
mod corpus;
mod cuts;
mod event_streams;
mod layer;
mod linear;
mod report;
mod typed;

use clock::interleaved;
use contenders::CONTENDERS;
use corpus::Corpus;
use cuts::CUTS;
use event_streams::EventStream;
use report::Table;

fn main() {
    eprintln!("Nanoseconds per event, the fastest of interleaved turns.");
    eprintln!("Ours also accumulates the completion.");
    let corpora = corpus::all();
    decoding(&corpora);
    eprintln!("\nThe bar: ours at least 5x as fast as sse-core on GENERIC text at 1400 B.");
    splitting(&event_streams::all(&corpora));
    linear();
}

/// Wire bytes -> chunks.
fn decoding(corpora: &[Corpus]) {
    for corpus in corpora {
        let mut table = Table::new("native", corpus.name);
        for cut in CUTS {
            let pieces = cut.of(&corpus.events);
            for contender in CONTENDERS {
                let chunks =
                    chunk::collect(|take| (contender.decode)(corpus.format, &pieces, take));
                assert_eq!(
                    chunks, corpus.expected,
                    "{} on {}, {}",
                    contender.name, corpus.name, cut.name
                );
            }
            let passes = CONTENDERS.iter().map(|contender| {
                let pieces = &pieces;
                move || chunk::weight(|take| (contender.decode)(corpus.format, pieces, take))
            });
            table.add(
                cut.name,
                CONTENDERS.iter().map(|contender| contender.name),
                &interleaved(passes, corpus.events.len()),
            );
        }
        table.print();
    }
}

/// Bytes -> events, without reading their JSON.
fn splitting(streams: &[EventStream]) {
    for stream in streams {
        let mut table = Table::new("sse", stream.name);
        for cut in CUTS {
            let pieces = cut.of(&stream.events);
            for splitter in layer::SPLITTERS {
                let mut seen = Vec::new();
                (splitter.split)(&pieces, &mut |data| seen.push(data.to_owned()));
                assert_eq!(
                    seen, stream.data,
                    "{} on {}, {}",
                    splitter.name, stream.name, cut.name
                );
            }
            let passes = layer::SPLITTERS.iter().map(|splitter| {
                let pieces = &pieces;
                move || {
                    let mut bytes = 0;
                    (splitter.split)(pieces, &mut |data| {
                        bytes += std::hint::black_box(data).len()
                    });
                    bytes
                }
            });
            table.add(
                cut.name,
                layer::SPLITTERS.iter().map(|splitter| splitter.name),
                &interleaved(passes, stream.events.len()),
            );
        }
        table.print();
    }
}

fn linear() {
    let (tiny, whole) = linear::ns_per_byte();
    report::linear(tiny, whole);
}
