//! What every contender makes: a piece of an answer, borrowed from what was received.

use std::hint::black_box;

/// What is new in one choice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'a> {
    /// Which of the answers.
    pub(crate) index: u32,
    pub(crate) delta: Delta<'a>,
    /// OpenAI's finish reason.
    pub(crate) finish: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Delta<'a> {
    Nothing,
    Text(&'a str),
    Call(Call<'a>),
}

/// A tool call that begins, with id and name, or continues.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) index: usize,
    pub(crate) id: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) arguments: &'a str,
}

/// Receives the chunks.
pub(crate) type Take<'t> = &'t mut dyn FnMut(Chunk<'_>);

/// A chunk, owned, to be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) index: u32,
    pub(crate) text: Option<String>,
    pub(crate) call: Option<(usize, Option<String>, Option<String>, String)>,
    pub(crate) finish: Option<String>,
}

/// Every chunk, for the comparison before the clock starts.
pub(crate) fn collect(decode: impl FnOnce(Take<'_>)) -> Vec<Kept> {
    let mut chunks = Vec::new();
    decode(&mut |chunk| {
        let mut kept = Kept {
            index: chunk.index,
            finish: chunk.finish.map(str::to_owned),
            ..Kept::default()
        };
        match chunk.delta {
            Delta::Nothing => {}
            Delta::Text(text) => kept.text = Some(text.to_owned()),
            Delta::Call(call) => {
                kept.call = Some((
                    call.index,
                    call.id.map(str::to_owned),
                    call.name.map(str::to_owned),
                    call.arguments.to_owned(),
                ));
            }
        }
        chunks.push(kept);
    });
    chunks
}

/// Reads every chunk and keeps none, for the clock: what a reader does with them costs all
/// contenders the same.
pub(crate) fn weight(decode: impl FnOnce(Take<'_>)) -> usize {
    let mut weight = 0;
    decode(&mut |chunk| {
        weight += match black_box(chunk).delta {
            Delta::Nothing => 1,
            Delta::Text(text) => text.len(),
            Delta::Call(call) => call.arguments.len(),
        };
    });
    weight
}
