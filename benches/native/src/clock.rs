//! Time: contenders take short turns, so that other load on the machine affects all of them, and
//! the fastest of each contender's turns counts: load only ever adds to a turn.

use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 41;
/// How long a contender's turn is, about; at least one pass.
const TURN: Duration = Duration::from_millis(2);

/// The fastest turn of each, in nanoseconds per event.
pub(crate) fn interleaved<F: FnMut() -> usize>(
    passes: impl Iterator<Item = F>,
    events: usize,
) -> Vec<f64> {
    let mut turns: Vec<Turn<F>> = passes.map(Turn::warm).collect();
    for round in 0..ROUNDS {
        // No contender always follows the same one.
        for at in 0..turns.len() {
            let at = (at + round) % turns.len();
            turns[at].run();
        }
    }
    turns
        .into_iter()
        .map(|turn| turn.times.into_iter().fold(f64::INFINITY, f64::min) / events as f64)
        .collect()
}

pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

struct Turn<F> {
    pass: F,
    count: u32,
    times: Vec<f64>,
}

impl<F: FnMut() -> usize> Turn<F> {
    fn warm(mut pass: F) -> Self {
        let started = Instant::now();
        let mut done = 0;
        while started.elapsed() < TURN || done < 2 {
            black_box(pass());
            done += 1;
        }
        let each = started.elapsed() / done;
        let count = (TURN.as_nanos() / each.as_nanos().max(1)).max(1) as u32;
        Turn {
            pass,
            count,
            times: Vec::with_capacity(ROUNDS),
        }
    }

    fn run(&mut self) {
        let started = Instant::now();
        for _ in 0..self.count {
            black_box((self.pass)());
        }
        self.times
            .push(started.elapsed().as_nanos() as f64 / f64::from(self.count));
    }
}
