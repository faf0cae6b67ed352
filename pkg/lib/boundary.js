// Printed from src/js/boundary.rs by tests/it/generated.rs (UPDATE=1 cargo test --test it generated).
// Do not edit.

/** The call gives the whole answer at once. */
export const MODE_WHOLE = 0;
/** The call gives chunks. */
export const MODE_CHUNKS = 1;
/** The call gives server-sent events. */
export const MODE_EVENTS = 2;
/** The call gives events if the request says `stream: true`, otherwise the whole answer. */
export const MODE_AS_REQUESTED = 3;

/** Flag of a step: the answer is complete. */
export const STEP_DONE = 1;
/** Flag of a step: the call failed. */
export const STEP_FAILED = 2;
/** Flag of a step: there is output to read. */
export const STEP_OUTPUT = 4;

/** Header word: the address of the output. */
export const HEADER_OUTPUT = 0;
/** Header word: the length of the output, in bytes. */
export const HEADER_OUTPUT_LENGTH = 1;
/** Header word: the address of the chunk words. */
export const HEADER_WORDS = 2;
/** Header word: the number of chunk words. */
export const HEADER_WORD_COUNT = 3;
/** Header word: 1 if any chunk is something other than plain text. */
export const HEADER_IS_MIXED = 4;

/** Position of the kind in a chunk word: its two highest bits. */
export const KIND_SHIFT = 30;
/** Kind of chunk: plain text of the first choice. */
export const KIND_TEXT = 0;
/** Kind of chunk: reasoning text of the first choice. */
export const KIND_REASONING = 1;
/** Kind of chunk: a fragment of a tool call's arguments; the next word is the index of the tool call. */
export const KIND_ARGUMENTS = 2;
/** Kind of chunk: a whole chunk as JSON text. */
export const KIND_JSON = 3;
/** The part of a chunk word that holds the length, in UTF-16 code units. */
export const LENGTH_MASK = 0x3fffffff;
