//! The health of an alias's targets: which of them failed lately, and how soon each one answers.
//!
//! A target that failed is tried last for [`FAILED_MS`]. After that a single call tries it in its
//! place again (what circuit breakers call half-open); for all others it has failed until that call
//! knows more. The clock is the caller's: milliseconds since 1970.
//!
//! Where clients share what they find out ([`super::shared`]), the newer verdict holds, and one of
//! all of them is granted the probe.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::finding::{Finding, Verdict};

/// In which order the targets of an alias are tried, apart from those that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// As configured.
    #[default]
    Order,
    /// The one that has been the first to send a chunk comes first. One whose time is not known is
    /// tried before that, by one call, so that it becomes known.
    Fastest,
}

/// How long a target that failed is tried last, in milliseconds.
pub const FAILED_MS: f64 = 30_000.0;
/// How long a measured time counts, in milliseconds: a target that was slow once may recover.
pub const MEASURED_MS: f64 = 300_000.0;
/// How long what others said of a target holds, in milliseconds: then the client goes by what it
/// finds out itself. More than it takes to ask again.
pub const SHARED_MS: f64 = 15_000.0;
/// How long the one that was granted the probe of a target has for it, in milliseconds.
pub const PROBE_MS: f64 = 30_000.0;
/// The weight of a new time in the mean of all.
const NEW_WEIGHT: f64 = 0.3;

/// What the calls of a client found out about one target. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Findings>>);

#[derive(Debug, Default)]
struct Findings {
    failed_at: Option<f64>,
    /// When that was found out, or that it had not failed.
    known_at: f64,
    /// Whether others do not know that.
    is_news: bool,
    /// When others last said what they know.
    shared_at: Option<f64>,
    /// When they granted the probe.
    granted_at: Option<f64>,
    /// The weighted mean of the times to the first chunk, in milliseconds, and when it was
    /// measured.
    first_chunk: Option<(f64, f64)>,
    /// Whether a call is finding out more.
    on_trial: bool,
}

/// A call to a target, from its choice to the end of the attempts there. Dropped without a verdict,
/// it leaves the target as it was.
#[derive(Debug)]
pub struct Trial {
    health: Health,
    /// Whether other calls wait for its outcome.
    is_exclusive: bool,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Strategy; 2] = [Strategy::Order, Strategy::Fastest];

    /// The name in the options.
    pub const fn name(self) -> &'static str {
        match self {
            Strategy::Order => "order",
            Strategy::Fastest => "fastest",
        }
    }
}

impl Health {
    /// Where the target stands among the others: the least comes first. `measures`: whether the
    /// call is a stream, whose first chunk can be timed.
    pub fn rank(&self, strategy: Strategy, measures: bool, now: f64) -> f64 {
        let findings = self.lock();
        if findings.is_failed(now) {
            return f64::INFINITY;
        }
        match (strategy, findings.first_chunk_ms(now)) {
            (Strategy::Order, _) => 0.0,
            (Strategy::Fastest, Some(ms)) => ms,
            (Strategy::Fastest, None) if measures && !findings.on_trial => -1.0,
            (Strategy::Fastest, None) => f64::MAX,
        }
    }

    /// A call begins to try the target.
    pub fn start_trial(&self, strategy: Strategy, measures: bool, now: f64) -> Trial {
        let mut findings = self.lock();
        let has_failed = findings.failed_at.is_some();
        let is_unmeasured =
            strategy == Strategy::Fastest && measures && findings.first_chunk_ms(now).is_none();
        let is_exclusive = !findings.on_trial && !findings.is_failed(now);
        let is_exclusive = is_exclusive && (has_failed || is_unmeasured);
        findings.on_trial |= is_exclusive;
        Trial {
            health: self.clone(),
            is_exclusive,
        }
    }

    /// Whether there is something that others do not know.
    pub fn has_news(&self) -> bool {
        self.lock().is_news
    }

    /// What others have to know, once, and whether a probe is due.
    pub fn export(&self, now: f64) -> Finding {
        let mut findings = self.lock();
        let verdict = findings.is_news.then(|| Verdict {
            has_failed: findings.failed_at.is_some(),
            age_ms: (now - findings.known_at).max(0.0),
        });
        findings.is_news = false;
        let failed_at = findings.failed_at.filter(|_| !findings.on_trial);
        let is_due = failed_at.is_some_and(|at| !is_within(FAILED_MS, at, now));
        Finding {
            verdict,
            probes: is_due && !findings.is_granted(now),
            api_format: None,
        }
    }

    /// What others know. `probes`: this client is granted the probe.
    pub fn import(&self, shared: &Finding, now: f64) {
        let mut findings = self.lock();
        findings.shared_at = Some(now);
        if shared.probes {
            findings.granted_at = Some(now);
        }
        let has_failed = findings.failed_at.is_some();
        let at = shared.verdict.map(|verdict| now - verdict.age_ms);
        let others = shared.verdict.is_some_and(|verdict| verdict.has_failed);
        match at.filter(|at| *at > findings.known_at) {
            Some(at) => {
                findings.failed_at = others.then_some(at);
                findings.known_at = at;
                findings.is_news = false;
            }
            // They do not know yet, or what was sent to them is lost.
            None => findings.is_news |= has_failed != others,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Findings> {
        // What a panic left behind is a whole value.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Findings {
    fn is_failed(&self, now: f64) -> bool {
        self.failed_at
            .is_some_and(|at| self.on_trial || is_within(FAILED_MS, at, now) || self.is_held(now))
    }

    /// Whether the probe is another's to make.
    fn is_held(&self, now: f64) -> bool {
        let is_shared = self
            .shared_at
            .is_some_and(|at| is_within(SHARED_MS, at, now));
        is_shared && !self.is_granted(now)
    }

    fn is_granted(&self, now: f64) -> bool {
        self.granted_at
            .is_some_and(|at| is_within(PROBE_MS, at, now))
    }

    fn set(&mut self, failed_at: Option<f64>, now: f64) {
        self.is_news |= failed_at.is_some() || self.failed_at.is_some();
        self.failed_at = failed_at;
        self.known_at = now;
        self.granted_at = None;
    }

    fn first_chunk_ms(&self, now: f64) -> Option<f64> {
        let (ms, at) = self.first_chunk?;
        is_within(MEASURED_MS, at, now).then_some(ms)
    }
}

impl Trial {
    /// The target answered. `first_chunk_ms`: how long it took to its first chunk, if it streams.
    pub fn succeed(self, first_chunk_ms: Option<f64>, now: f64) {
        let mut findings = self.health.lock();
        findings.set(None, now);
        if let Some(new) = first_chunk_ms {
            let known = findings.first_chunk_ms(now);
            let mean = known.map_or(new, |known| known + NEW_WEIGHT * (new - known));
            findings.first_chunk = Some((mean, now));
        }
    }

    /// The target failed, and other calls would probably fail there too.
    pub fn fail(self, now: f64) {
        self.health.lock().set(Some(now), now);
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if self.is_exclusive {
            self.health.lock().on_trial = false;
        }
    }
}

/// A time in the future counts as long past: the clock was set back.
pub(super) fn is_within(ms: f64, at: f64, now: f64) -> bool {
    (0.0..ms).contains(&(now - at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Strategy::{Fastest, Order};

    /// A trial of a stream.
    fn trial(health: &Health, strategy: Strategy, now: f64) -> Trial {
        health.start_trial(strategy, true, now)
    }

    fn rank(health: &Health, strategy: Strategy, now: f64) -> f64 {
        health.rank(strategy, true, now)
    }

    #[test]
    fn a_failed_target_is_last_for_thirty_seconds() {
        let health = Health::default();
        assert_eq!(rank(&health, Order, 0.0), 0.0);
        trial(&health, Order, 0.0).fail(1000.0);
        for (now, expected) in [
            (1000.0, f64::INFINITY),
            (30_999.0, f64::INFINITY),
            (31_000.0, 0.0),
            // The clock was set back.
            (999.0, 0.0),
        ] {
            assert_eq!(rank(&health, Order, now), expected, "{now}");
        }
    }

    #[test]
    fn one_call_probes_a_failed_target() {
        let health = Health::default();
        trial(&health, Order, 0.0).fail(0.0);
        // One that is tried as the last resort is not the probe.
        let last_resort = trial(&health, Order, 10.0);
        assert_eq!(rank(&health, Order, 30_000.0), 0.0);
        let probe = trial(&health, Order, 30_000.0);
        assert_eq!(rank(&health, Order, 30_000.0), f64::INFINITY);
        drop(last_resort);
        assert_eq!(rank(&health, Order, 90_000.0), f64::INFINITY);
        // Without a verdict the next call probes.
        drop(probe);
        assert_eq!(rank(&health, Order, 90_000.0), 0.0);
        let probe = trial(&health, Order, 90_000.0);
        probe.fail(90_001.0);
        assert_eq!(rank(&health, Order, 120_000.0), f64::INFINITY);
        trial(&health, Order, 121_000.0).succeed(None, 121_500.0);
        assert_eq!(rank(&health, Order, 121_500.0), 0.0);
    }

    #[test]
    fn the_time_to_the_first_chunk_is_a_weighted_mean() {
        let health = Health::default();
        trial(&health, Fastest, 0.0).succeed(Some(100.0), 100.0);
        assert_eq!(rank(&health, Fastest, 200.0), 100.0);
        trial(&health, Fastest, 200.0).succeed(Some(200.0), 400.0);
        assert_eq!(rank(&health, Fastest, 400.0), 130.0);
        // A whole answer is not measured.
        trial(&health, Fastest, 500.0).succeed(None, 900.0);
        assert_eq!(rank(&health, Fastest, 900.0), 130.0);
        // What was measured long ago is measured anew.
        let later = 400.0 + MEASURED_MS;
        assert_eq!(rank(&health, Fastest, later), -1.0);
        trial(&health, Fastest, later).succeed(Some(50.0), later);
        assert_eq!(rank(&health, Fastest, later), 50.0);
    }

    #[test]
    fn one_call_measures_an_unmeasured_target() {
        let health = Health::default();
        assert_eq!(rank(&health, Fastest, 0.0), -1.0);
        let first = trial(&health, Fastest, 0.0);
        let second = trial(&health, Fastest, 0.0);
        assert_eq!(rank(&health, Fastest, 0.0), f64::MAX);
        drop(second);
        assert_eq!(rank(&health, Fastest, 0.0), f64::MAX);
        drop(first);
        assert_eq!(rank(&health, Fastest, 0.0), -1.0);
        // A whole answer measures nothing, so it has no reason to try an unmeasured target first.
        assert_eq!(health.rank(Fastest, false, 0.0), f64::MAX);
        let whole = health.start_trial(Fastest, false, 0.0);
        assert_eq!(rank(&health, Fastest, 0.0), -1.0);
        drop(whole);
    }
}
