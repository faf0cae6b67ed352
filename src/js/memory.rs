//! The bridge: bytes cross between JavaScript and wasm through memory that is already there.
//!
//! JavaScript copies a network chunk to [`input_pointer`], calls `feed`, and reads what came of it through the words at
//! [`header_pointer`]. Nothing here is `unsafe`: addresses are handed out as numbers, JavaScript writes only while no Rust code
//! runs (decoding is synchronous), and what it wrote is borrowed after that. For the same reason one pair of buffers serves all
//! streams.

use std::cell::{Cell, RefCell};

use wasm_bindgen::prelude::*;

/// How many bytes are handed over at once: as much as runtimes read at once. A longer chunk is handed over in pieces.
const INPUT_BYTES: usize = 64 * 1024;
/// Address of the output, its length, address of the words of its chunks, their number, whether they are not all plain text.
const HEADER_WORDS: usize = 5;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = RefCell::new(vec![0; INPUT_BYTES]);
    static HEADER: [Cell<u32>; HEADER_WORDS] = const { [const { Cell::new(0) }; HEADER_WORDS] };
}

/// Where a chunk is to be written.
#[wasm_bindgen(js_name = inputPointer)]
pub fn input_pointer() -> u32 {
    INPUT.with_borrow_mut(|input| input.as_mut_ptr() as usize as u32)
}

/// How long a chunk may be, in bytes.
#[wasm_bindgen(js_name = inputCapacity)]
pub fn input_capacity() -> u32 {
    INPUT_BYTES as u32
}

/// Where the words of the output stand.
#[wasm_bindgen(js_name = headerPointer)]
pub fn header_pointer() -> u32 {
    HEADER.with(|header| header.as_ptr() as usize as u32)
}

/// Lends the bytes that JavaScript wrote. Longer than the buffer is as long as the buffer.
pub(super) fn with_input<T>(length: u32, read: impl FnOnce(&[u8]) -> T) -> T {
    INPUT.with_borrow(|input| read(input.get(..length as usize).unwrap_or(input)))
}

/// Says where the output stands. It stays there until the same call is fed again, or freed.
pub(super) fn set_header(output: &[u8], words: &[u32], mixed: bool) {
    let (output_at, words_at) = (
        output.as_ptr() as usize as u32,
        words.as_ptr() as usize as u32,
    );
    let header_words = [
        output_at,
        output.len() as u32,
        words_at,
        words.len() as u32,
        u32::from(mixed),
    ];
    HEADER.with(|header| {
        header
            .iter()
            .zip(header_words)
            .for_each(|(cell, word)| cell.set(word))
    });
}
