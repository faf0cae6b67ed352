//! The event-stream layer by itself: bytes -> data of events.

use std::convert::Infallible;

use eventsource_stream::Eventsource;
use eventsource_stream2::EventStream;
use futures::executor::block_on;
use futures::{pin_mut, stream, StreamExt};
use oci_genai_edge::sse::Parser;
use sse_core::{SseDecoder, SseEvent};

/// Receives the data of each event.
type Take<'t> = &'t mut dyn FnMut(&str);

pub(crate) struct Splitter {
    pub(crate) name: &'static str,
    /// Splits a whole stream that comes in these pieces.
    pub(crate) split: fn(&[Vec<u8>], Take<'_>),
}

pub(crate) const SPLITTERS: &[Splitter] = &[
    Splitter {
        name: "ours",
        split: ours,
    },
    Splitter {
        name: "sse-core",
        split: sse_core,
    },
    Splitter {
        name: "eventsource-stream",
        split: eventsource_stream,
    },
    Splitter {
        name: "eventsource-stream2",
        split: eventsource_stream2,
    },
];

fn ours(pieces: &[Vec<u8>], take: Take<'_>) {
    let mut parser = Parser::new();
    for piece in pieces {
        parser
            .feed(piece, |event| take(event.data))
            .expect("an event below the limit");
    }
}

fn sse_core(pieces: &[Vec<u8>], take: Take<'_>) {
    let mut decoder = SseDecoder::new();
    for piece in pieces {
        let mut rest = piece.as_slice();
        while let Some(event) = decoder.next(&mut rest) {
            if let SseEvent::Message(message) = event.expect("an event below the limit") {
                take(&message.data);
            }
        }
    }
}

fn eventsource_stream(pieces: &[Vec<u8>], take: Take<'_>) {
    let events = stream::iter(pieces.iter().map(Ok::<_, Infallible>)).eventsource();
    block_on(async {
        pin_mut!(events);
        while let Some(event) = events.next().await {
            take(&event.expect("an event").data);
        }
    });
}

fn eventsource_stream2(pieces: &[Vec<u8>], take: Take<'_>) {
    let events = EventStream::new(stream::iter(pieces.iter().map(Ok::<_, Infallible>)));
    block_on(async {
        pin_mut!(events);
        while let Some(event) = events.next().await {
            take(&event.expect("an event").data);
        }
    });
}
