// Printed from src/js/boundary.rs by tests/it/generated.rs (UPDATE=1 cargo test --test it generated).
// Do not edit.

/** A call is to give the whole answer. */
export const MODE_WHOLE = 0;

/** A call is to give chunks. */
export const MODE_CHUNKS = 1;

/** A call is to give the bytes of OpenAI's events. */
export const MODE_EVENTS = 2;

/** A call is to give events or the whole answer, as the body of the request asks. */
export const MODE_AS_REQUESTED = 3;

/** Calls are to give embeddings. */
export const MODE_EMBED = 4;

/** A call is to give documents by their relevance. */
export const MODE_RERANK = 5;

/** Calls are to give moderations. */
export const MODE_MODERATE = 6;

/** A call is to give the events of a response, or a whole one, as the body of the request asks. */
export const MODE_RESPONSES = 7;

/** Flag of a mode: the caller is an HTTP client, which may repeat its request by itself. */
export const MODE_OVER_HTTP = 16;

/** Flag of a step: the answer is complete. */
export const STEP_DONE = 1;

/** Flag of a step: the call failed. */
export const STEP_FAILED = 2;

/** Flag of a step: there is output to take. */
export const STEP_OUTPUT = 4;

/** Flag of a step: there is a request to take and to send. */
export const STEP_SEND = 8;

/** Flag of a step: wait, then ask for the next step. */
export const STEP_WAIT = 16;

/** Flag of a step: read on in the body. */
export const STEP_READ = 32;

/** Flag of a step to read: what there is of the body may be all. A stall is to be reported. */
export const STEP_BOUNDED = 64;

/** Word of the header: the address of the output. */
export const HEADER_OUTPUT = 0;

/** Word of the header: the length of the output, in bytes. */
export const HEADER_OUTPUT_LENGTH = 1;

/** Word of the header: the address of the words of the chunks. */
export const HEADER_WORDS = 2;

/** Word of the header: how many words there are. */
export const HEADER_WORD_COUNT = 3;

/** Word of the header: whether any chunk is more than plain text. */
export const HEADER_IS_MIXED = 4;

/** How many words the header has. */
export const HEADER_LENGTH = 5;

/** A chunk's word is its kind, shifted so far, and the length of its text in UTF-16 units. */
export const KIND_SHIFT = 30;

/** The bits of the length. */
export const LENGTH_MASK = 1073741823;

/** Kind of a chunk: text. */
export const KIND_TEXT = 0;

/** Kind of a chunk: reasoning. */
export const KIND_REASONING = 1;

/** Kind of a chunk: arguments of a tool call; the next word is the index of the call. */
export const KIND_ARGUMENTS = 2;

/** Kind of a chunk: a whole chunk as JSON text. */
export const KIND_JSON = 3;
