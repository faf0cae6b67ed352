//! The numbers that both sides of the wasm boundary know. `tests/it/generated.rs` prints them into
//! `pkg/lib/boundary.js`.

macro_rules! numbers {
    ($( $(#[doc = $doc:literal])* $name:ident = $value:expr; )*) => {
        $( $(#[doc = $doc])* pub const $name: u32 = $value; )*

        /// Every number: its documentation, its name and its value.
        pub const NUMBERS: &[(&str, &str, u32)] =
            &[ $( (concat!($($doc),*), stringify!($name), $name), )* ];
    };
}

numbers! {
    /// A call is to give the whole answer.
    MODE_WHOLE = 0;
    /// A call is to give chunks.
    MODE_CHUNKS = 1;
    /// A call is to give the bytes of OpenAI's events.
    MODE_EVENTS = 2;
    /// A call is to give events or the whole answer, as the body of the request asks.
    MODE_AS_REQUESTED = 3;
    /// Calls are to give embeddings.
    MODE_EMBED = 4;
    /// A call is to give documents by their relevance.
    MODE_RERANK = 5;
    /// Calls are to give moderations.
    MODE_MODERATE = 6;
    /// A call is to give the events of a response, or a whole one, as the body of the request asks.
    MODE_RESPONSES = 7;
    /// Flag of a mode: the caller is an HTTP client, which may repeat its request by itself.
    MODE_OVER_HTTP = 16;

    /// Flag of a step: the answer is complete.
    STEP_DONE = 1;
    /// Flag of a step: the call failed.
    STEP_FAILED = 2;
    /// Flag of a step: there is output to take.
    STEP_OUTPUT = 4;
    /// Flag of a step: there is a request to take and to send.
    STEP_SEND = 8;
    /// Flag of a step: wait, then ask for the next step.
    STEP_WAIT = 16;
    /// Flag of a step: read on in the body.
    STEP_READ = 32;
    /// Flag of a step to read: what there is of the body may be all. A stall is to be reported.
    STEP_BOUNDED = 64;

    /// Word of the header: the address of the output.
    HEADER_OUTPUT = 0;
    /// Word of the header: the length of the output, in bytes.
    HEADER_OUTPUT_LENGTH = 1;
    /// Word of the header: the address of the words of the chunks.
    HEADER_WORDS = 2;
    /// Word of the header: how many words there are.
    HEADER_WORD_COUNT = 3;
    /// Word of the header: whether any chunk is more than plain text.
    HEADER_IS_MIXED = 4;
    /// How many words the header has.
    HEADER_LENGTH = 5;

    /// A chunk's word is its kind, shifted so far, and the length of its text in UTF-16 units.
    KIND_SHIFT = 30;
    /// The bits of the length.
    LENGTH_MASK = (1 << 30) - 1;
    /// Kind of a chunk: text.
    KIND_TEXT = 0;
    /// Kind of a chunk: reasoning.
    KIND_REASONING = 1;
    /// Kind of a chunk: arguments of a tool call; the next word is the index of the call.
    KIND_ARGUMENTS = 2;
    /// Kind of a chunk: a whole chunk as JSON text.
    KIND_JSON = 3;
}
