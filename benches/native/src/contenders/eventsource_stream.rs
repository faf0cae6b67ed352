//! eventsource-stream, the crate that most programs use.

use std::convert::Infallible;

use eventsource_stream::Eventsource;
use futures::executor::block_on;
use futures::{pin_mut, stream, StreamExt};

use crate::chunk::Take;
use crate::corpus::Format;
use crate::typed::Reader;

pub(super) fn decode(format: Format, pieces: &[Vec<u8>], take: Take<'_>) {
    let events = stream::iter(pieces.iter().map(Ok::<_, Infallible>)).eventsource();
    let mut reader = Reader::new(format);
    block_on(async {
        pin_mut!(events);
        while let Some(event) = events.next().await {
            if reader.read(&event.expect("an event").data, take) {
                return;
            }
        }
    });
}
