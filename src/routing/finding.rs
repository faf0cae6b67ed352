//! What clients in different places tell each other of a target.
//!
//! Times travel as ages, so that no two clocks have to agree. Findings and records
//! ([`super::shared`]) cross the boundary as a few numbers: they are stored, and read by other
//! versions of this code, so what a number means never changes.

use super::serving::ApiFormat;

/// What one side knows of a target, and the other may not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    /// Whether the target failed.
    pub verdict: Option<Verdict>,
    /// Of a client: it would probe the target, which failed long enough ago. Of the answer: it
    /// shall, and no other.
    pub probes: bool,
    /// The format that its model accepts on the native transport, where that was not the one that
    /// had been assumed.
    pub api_format: Option<ApiFormat>,
}

/// The outcome of the last call to a target that had one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Whether the target failed, and other calls would probably fail there too.
    pub has_failed: bool,
    /// How long ago, in milliseconds.
    pub age_ms: f64,
}

/// The numbers of a finding, and of a record.
pub type Words = [f64; 4];

impl Finding {
    /// The finding as it is sent.
    pub fn to_words(&self) -> Words {
        let age_ms = self.verdict.map_or(0.0, |verdict| verdict.age_ms);
        let has_failed = self.verdict.map(|verdict| verdict.has_failed);
        encode(has_failed, age_ms, f64::from(self.probes), self.api_format)
    }

    /// A finding that was sent. What can't be read is not known.
    pub fn from_words(words: &[f64]) -> Finding {
        let (has_failed, age_ms, probes, api_format) = decode(words);
        Finding {
            verdict: has_failed.map(|has_failed| Verdict {
                has_failed,
                age_ms: age_ms.max(0.0),
            }),
            probes: probes as u32 == 1,
            api_format,
        }
    }
}

/// The words of a verdict, of two times or flags, and of a format.
pub(super) fn encode(
    has_failed: Option<bool>,
    first: f64,
    second: f64,
    api_format: Option<ApiFormat>,
) -> Words {
    let verdict = match has_failed {
        None => 0.0,
        Some(false) => 1.0,
        Some(true) => 2.0,
    };
    let format = match api_format {
        None => 0.0,
        Some(ApiFormat::Generic) => 1.0,
        Some(ApiFormat::Cohere) => 2.0,
        Some(ApiFormat::CohereV2) => 3.0,
    };
    [verdict, first, second, format]
}

// SIZE: records and findings are read by one function.
#[inline(never)]
pub(super) fn decode(words: &[f64]) -> (Option<bool>, f64, f64, Option<ApiFormat>) {
    let word = |index| {
        let word = words.get(index).copied();
        word.filter(|word: &f64| word.is_finite())
            .unwrap_or_default()
    };
    let has_failed = match word(0) as u32 {
        1 => Some(false),
        2 => Some(true),
        _ => None,
    };
    let api_format = match word(3) as u32 {
        1 => Some(ApiFormat::Generic),
        2 => Some(ApiFormat::Cohere),
        3 => Some(ApiFormat::CohereV2),
        _ => None,
    };
    (has_failed, word(1), word(2), api_format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_nonsense_is_unknown() {
        for api_format in [None, Some(ApiFormat::Cohere), Some(ApiFormat::CohereV2)] {
            let finding = Finding {
                verdict: Some(Verdict {
                    has_failed: true,
                    age_ms: 5.0,
                }),
                probes: true,
                api_format,
            };
            assert_eq!(Finding::from_words(&finding.to_words()), finding);
        }
        let nonsense: [&[f64]; 4] = [
            &[],
            &[9.0],
            &[f64::NAN, f64::INFINITY, 2.0, -1.0],
            &[0.5, -1.0, 0.0, 17.0],
        ];
        for words in nonsense {
            assert_eq!(Finding::from_words(words), Finding::default(), "{words:?}");
        }
    }
}
