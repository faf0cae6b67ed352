//! The record of a target that clients in different places share: each sends what it finds out
//! ([`Finding`]), and learns what the others do.

use super::finding::{decode, encode, Finding, Verdict, Words};
use super::health::{is_within, FAILED_MS, PROBE_MS};
use super::serving::ApiFormat;

/// The record of a target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    has_failed: Option<bool>,
    /// When that was found out.
    at: f64,
    /// When a probe was granted.
    granted_at: f64,
    api_format: Option<ApiFormat>,
}

impl Shared {
    /// Merges what a client knows, and answers with what it has to know.
    pub fn merge(&mut self, finding: &Finding, now: f64) -> Finding {
        if let Some(verdict) = finding.verdict {
            let at = now - verdict.age_ms;
            if at >= self.at || self.at > now {
                self.has_failed = Some(verdict.has_failed);
                self.at = at;
                self.granted_at = 0.0;
            }
        }
        self.api_format = finding.api_format.or(self.api_format);
        let is_due = self.has_failed == Some(true) && !is_within(FAILED_MS, self.at, now);
        let probes = finding.probes && is_due && !is_within(PROBE_MS, self.granted_at, now);
        if probes {
            self.granted_at = now;
        }
        Finding {
            verdict: self.has_failed.map(|has_failed| Verdict {
                has_failed,
                age_ms: (now - self.at).max(0.0),
            }),
            probes,
            api_format: self.api_format,
        }
    }

    /// The record as it is stored.
    pub fn to_words(&self) -> Words {
        encode(self.has_failed, self.at, self.granted_at, self.api_format)
    }

    /// A record that was stored. What can't be read is not known.
    pub fn from_words(words: &[f64]) -> Shared {
        let (has_failed, at, granted_at, api_format) = decode(words);
        Shared {
            has_failed,
            at,
            granted_at,
            api_format,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::health::{Health, SHARED_MS};
    use crate::routing::Strategy::Order;

    /// A client in a place of its own, whose clock is off by so much.
    struct Client {
        health: Health,
        offset: f64,
    }

    impl Client {
        fn new(offset: f64) -> Client {
            let health = Health::default();
            Client { health, offset }
        }

        fn fail(&self, now: f64) {
            let now = now + self.offset;
            self.health.start_trial(Order, true, now).fail(now);
        }

        fn succeed(&self, now: f64) {
            let now = now + self.offset;
            self.health.start_trial(Order, true, now).succeed(None, now);
        }

        /// Sends what it knows, and learns what others do.
        fn exchange(&self, shared: &mut Shared, now: f64) {
            let finding = self.health.export(now + self.offset);
            let sent = Finding::from_words(&finding.to_words());
            let mut stored = Shared::from_words(&shared.to_words());
            let answer = stored.merge(&sent, now);
            *shared = stored;
            let answer = Finding::from_words(&answer.to_words());
            self.health.import(&answer, now + self.offset);
        }

        fn has_failed(&self, now: f64) -> bool {
            self.health.rank(Order, true, now + self.offset) == f64::INFINITY
        }
    }

    /// Two clients, and a record that both know.
    fn two() -> (Client, Client, Shared) {
        (
            Client::new(0.0),
            Client::new(7_000_000.0),
            Shared::default(),
        )
    }

    const T0: f64 = 1_800_000_000_000.0;

    #[test]
    fn a_failure_for_one_is_known_to_all() {
        let (one, other, mut shared) = two();
        other.exchange(&mut shared, T0);
        assert!(!other.has_failed(T0));
        one.fail(T0 + 100.0);
        assert!(one.health.has_news());
        one.exchange(&mut shared, T0 + 110.0);
        assert!(!one.health.has_news());
        other.exchange(&mut shared, T0 + 120.0);
        assert!(other.has_failed(T0 + 120.0));
        assert!(!other.health.has_news(), "what it was told is no news");
        assert!(other.has_failed(T0 + 30_000.0));
    }

    #[test]
    fn one_of_all_is_granted_the_probe() {
        let (one, other, mut shared) = two();
        one.fail(T0);
        one.exchange(&mut shared, T0);
        other.exchange(&mut shared, T0);
        let due = T0 + FAILED_MS;
        // Nobody probes without a grant.
        assert!(one.has_failed(due - 20_000.0));
        one.exchange(&mut shared, due - 1.0);
        other.exchange(&mut shared, due - 1.0);
        assert!(one.has_failed(due) && other.has_failed(due));
        other.exchange(&mut shared, due);
        one.exchange(&mut shared, due);
        assert!(!other.has_failed(due) && one.has_failed(due));
        // Its next call is the probe, the one after that is not.
        let now = due + other.offset;
        let probe = other.health.start_trial(Order, true, now);
        assert!(other.has_failed(due));
        probe.succeed(None, now + 50.0);
        other.exchange(&mut shared, due + 60.0);
        one.exchange(&mut shared, due + 70.0);
        assert!(!other.has_failed(due + 70.0) && !one.has_failed(due + 70.0));
        assert!(!one.health.has_news() && !other.health.has_news());
    }

    #[test]
    fn a_probe_that_fails_begins_the_wait_anew() {
        let (one, other, mut shared) = two();
        one.fail(T0);
        one.exchange(&mut shared, T0);
        let due = T0 + FAILED_MS;
        one.exchange(&mut shared, due);
        one.fail(due + 10.0);
        one.exchange(&mut shared, due + 10.0);
        other.exchange(&mut shared, due + 20.0);
        for client in [&one, &other] {
            client.exchange(&mut shared, due + 29_000.0);
            assert!(client.has_failed(due + 29_000.0));
        }
        other.exchange(&mut shared, due + 10.0 + FAILED_MS);
        assert!(!other.has_failed(due + 10.0 + FAILED_MS));
    }

    #[test]
    fn a_probe_that_nobody_makes_is_granted_again() {
        let (one, other, mut shared) = two();
        one.fail(T0);
        one.exchange(&mut shared, T0);
        let due = T0 + FAILED_MS;
        one.exchange(&mut shared, due);
        for wait in [0.0, 10_000.0, 20_000.0, PROBE_MS - 1.0] {
            other.exchange(&mut shared, due + wait);
            assert!(other.has_failed(due + wait), "{wait}");
        }
        other.exchange(&mut shared, due + PROBE_MS);
        assert!(!other.has_failed(due + PROBE_MS));
        // The first one's time for it is over.
        one.exchange(&mut shared, due + PROBE_MS);
        assert!(one.has_failed(due + PROBE_MS));
    }

    #[test]
    fn without_an_answer_a_client_goes_by_what_it_knows() {
        let (one, _, mut shared) = two();
        one.fail(T0);
        one.exchange(&mut shared, T0 + 20_000.0);
        let held = T0 + 20_000.0 + SHARED_MS;
        assert!(one.has_failed(held - 1.0));
        assert!(!one.has_failed(held));
        // Of one that was never answered.
        let alone = Client::new(0.0);
        alone.fail(T0);
        assert!(!alone.has_failed(T0 + FAILED_MS));
    }

    #[test]
    fn the_newer_verdict_holds() {
        let (one, other, mut shared) = two();
        one.fail(T0);
        other.succeed(T0 + 10.0);
        other.fail(T0 + 20.0);
        other.succeed(T0 + 30.0);
        one.exchange(&mut shared, T0 + 40.0);
        // It knows better, and they have to know.
        other.exchange(&mut shared, T0 + 50.0);
        assert!(!other.has_failed(T0 + 50.0));
        one.exchange(&mut shared, T0 + 60.0);
        assert!(!one.has_failed(T0 + 60.0));
        // An old finding that arrives late changes nothing.
        let late = Finding {
            verdict: Some(Verdict {
                has_failed: true,
                age_ms: 1000.0,
            }),
            ..Finding::default()
        };
        shared.merge(&late, T0 + 70.0);
        one.exchange(&mut shared, T0 + 80.0);
        assert!(!one.has_failed(T0 + 80.0));
    }

    #[test]
    fn what_was_lost_on_the_way_is_sent_again() {
        let (one, other, mut shared) = two();
        one.fail(T0);
        assert!(one.health.export(T0).verdict.is_some());
        assert!(one.health.export(T0).verdict.is_none(), "sent once");
        // The answer to another exchange shows that it did not arrive.
        one.exchange(&mut shared, T0 + 1000.0);
        assert!(one.health.has_news());
        one.exchange(&mut shared, T0 + 2000.0);
        other.exchange(&mut shared, T0 + 2000.0);
        assert!(other.has_failed(T0 + 2000.0));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_for_ever() {
        let mut shared = Shared {
            has_failed: Some(true),
            at: T0 + 1e9,
            granted_at: T0 + 1e9,
            api_format: None,
        };
        let asks = Finding {
            probes: true,
            ..Finding::default()
        };
        assert!(shared.merge(&asks, T0).probes);
        let fine = Finding {
            verdict: Some(Verdict {
                has_failed: false,
                age_ms: 0.0,
            }),
            ..Finding::default()
        };
        assert_eq!(shared.merge(&fine, T0).verdict, fine.verdict);
    }

    #[test]
    fn a_record_that_is_nonsense_is_unknown() {
        assert_eq!(Shared::from_words(&[f64::NAN; 9]), Shared::default());
        assert_eq!(Shared::from_words(&[]), Shared::default());
    }

    #[test]
    fn a_format_is_passed_on_and_replaced_by_a_newer_one() {
        let mut shared = Shared::default();
        for api_format in [ApiFormat::Cohere, ApiFormat::Generic] {
            let finding = Finding {
                api_format: Some(api_format),
                ..Finding::default()
            };
            shared.merge(&finding, T0);
            let answer = shared.merge(&Finding::default(), T0);
            assert_eq!(answer.api_format, Some(api_format));
        }
    }
}
