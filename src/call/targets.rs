//! The targets of a call: which is tried now, which are left, and why.

use crate::error::{Code, Error, Fault};
use crate::routing::health::{Strategy, Trial};
use crate::routing::Candidate;

#[derive(Debug)]
pub(super) struct Targets {
    /// Those that were tried, and from `current + 1` on those that were not.
    candidates: Vec<Candidate>,
    current: usize,
    /// What the current target proves to be, until it is known.
    trial: Option<Trial>,
    /// Why each target that was left failed.
    failures: Vec<Error>,
}

impl Targets {
    pub(super) fn new(candidates: Vec<Candidate>) -> Targets {
        Targets {
            candidates,
            current: 0,
            trial: None,
            failures: Vec::new(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.candidates.len()
    }

    /// How many have not been tried, apart from the current one.
    pub(super) fn untried(&self) -> usize {
        self.candidates.len().saturating_sub(self.current + 1)
    }

    /// The target that is, or was last, tried.
    pub(super) fn current(&self) -> Option<&Candidate> {
        self.candidates.get(self.current)
    }

    pub(super) fn current_mut(&mut self) -> Option<&mut Candidate> {
        self.candidates.get_mut(self.current)
    }

    /// Makes the best of the targets that have not been tried the current one. `measures`: the call
    /// finds out how soon a target sends its first chunk.
    pub(super) fn choose(&mut self, strategy: Strategy, measures: bool, now: f64) {
        let rank = |target: &Candidate| {
            let health = target.health.as_ref();
            health.map_or(0.0, |health| health.rank(strategy, measures, now))
        };
        let untried = self.candidates.iter().enumerate().skip(self.current);
        let best = untried.min_by(|(_, a), (_, b)| rank(a).total_cmp(&rank(b)));
        let best = best.map_or(self.current, |(index, _)| index);
        // The others keep their order.
        for index in (self.current..best).rev() {
            self.candidates.swap(index, index + 1);
        }
        let health = self.current().and_then(|target| target.health.as_ref());
        self.trial = health.map(|health| health.start_trial(strategy, measures, now));
    }

    /// The current target answered, with a first chunk after so many milliseconds.
    pub(super) fn answered(&mut self, first_chunk_ms: Option<f64>, now: f64) {
        if let Some(trial) = self.trial.take() {
            trial.succeed(first_chunk_ms, now);
        }
    }

    /// The current target failed.
    pub(super) fn failed(&mut self, error: &Error, now: f64) {
        let trial = self.trial.take();
        if let Some(trial) = trial.filter(|_| error.fault() == Fault::Target) {
            trial.fail(now);
        }
    }

    /// The call ended without a verdict on the current target.
    pub(super) fn cancel_trial(&mut self) {
        self.trial = None;
    }

    /// Leaves the current target, which failed, for the next one, which is to be chosen.
    pub(super) fn leave(&mut self, error: Error, now: f64) {
        self.failed(&error, now);
        self.failures.push(error);
        if self.untried() > 0 {
            self.current += 1;
        }
    }

    /// What a call fails with that no target is left for.
    pub(super) fn all_failed(&self) -> Error {
        let Some(last) = self.failures.last() else {
            return Error::new(Code::Internal, "a call without a target");
        };
        let message = format!(
            "all {} targets failed; the last with {}: {}",
            self.failures.len(),
            last.code(),
            last.message()
        );
        // A later call succeeds as soon as one of the targets does.
        let retryable = self.failures.iter().filter(|error| error.is_retryable());
        let soonest = retryable.clone().map(Error::retry_after_ms).min();
        let error = Error::new(Code::AllTargetsFailed, message)
            .with_hint("`attempts` has the failure of each target")
            .with_retryable(retryable.count() > 0)
            .with_retry_after_ms(soonest.flatten())
            .with_service_message(last.service_message().map(str::to_owned))
            .with_opc_request_id(last.opc_request_id().map(str::to_owned));
        match last.status() {
            Some(status) => error.with_status(status),
            None => error,
        }
    }
}
