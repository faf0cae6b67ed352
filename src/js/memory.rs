//! Bytes cross between JavaScript and wasm through memory that is allocated once.
//!
//! JavaScript copies a network chunk to [`input_pointer`], calls `feed`, and reads the output
//! through the words at [`header_pointer`]. Nothing here is `unsafe`: addresses are handed out as
//! numbers, JavaScript writes only while no Rust code runs (decoding is synchronous), and what it
//! wrote is borrowed afterwards. For the same reason one pair of buffers serves all streams.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use wasm_bindgen::prelude::*;

use super::boundary::{
    HEADER_IS_MIXED, HEADER_LENGTH, HEADER_OUTPUT, HEADER_OUTPUT_LENGTH, HEADER_WORDS,
    HEADER_WORD_COUNT,
};

/// How many bytes are copied at once: as many as runtimes read at once. A longer chunk is copied in
/// pieces.
const INPUT_BYTES: usize = 64 * 1024;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = RefCell::new(vec![0; INPUT_BYTES]);
}

// SPEED: without threads a relaxed store is a plain one, and no closure of a thread-local is called
// for each network chunk.
static HEADER: [AtomicU32; HEADER_LENGTH as usize] =
    [const { AtomicU32::new(0) }; HEADER_LENGTH as usize];

/// The address that a chunk is copied to.
#[wasm_bindgen(js_name = inputPointer)]
pub fn input_pointer() -> u32 {
    INPUT.with_borrow_mut(|input| input.as_mut_ptr() as usize as u32)
}

/// How long a chunk may be, in bytes.
#[wasm_bindgen(js_name = inputCapacity)]
pub fn input_capacity() -> u32 {
    INPUT_BYTES as u32
}

/// The address of the words that describe the output: the `HEADER_…` of [`super::boundary`].
#[wasm_bindgen(js_name = headerPointer)]
pub fn header_pointer() -> u32 {
    HEADER.as_ptr() as usize as u32
}

/// The bytes that JavaScript copied. A length beyond the buffer is the length of the buffer.
#[inline]
pub(super) fn with_input<T>(length: u32, read: impl FnOnce(&[u8]) -> T) -> T {
    INPUT.with_borrow(|input| read(input.get(..length as usize).unwrap_or(input)))
}

/// Describes the output. It stays at its address until the same call is fed again, or freed.
#[inline]
pub(super) fn set_header(output: &[u8], words: &[u32], is_mixed: bool) {
    const {
        assert!(HEADER_OUTPUT == 0 && HEADER_OUTPUT_LENGTH == 1 && HEADER_WORDS == 2);
        assert!(HEADER_WORD_COUNT == 3 && HEADER_IS_MIXED == 4 && HEADER_LENGTH == 5);
    }
    let [output_at, output_length, words_at, word_count, mixed] = &HEADER;
    output_at.store(output.as_ptr() as usize as u32, Relaxed);
    output_length.store(output.len() as u32, Relaxed);
    words_at.store(words.as_ptr() as usize as u32, Relaxed);
    word_count.store(words.len() as u32, Relaxed);
    mixed.store(u32::from(is_mixed), Relaxed);
}
