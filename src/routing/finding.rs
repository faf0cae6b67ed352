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
        let verdict = code_of(self.verdict.map(|verdict| verdict.has_failed));
        let age_ms = self.verdict.map_or(0.0, |verdict| verdict.age_ms);
        let probes = f64::from(u8::from(self.probes));
        [verdict, age_ms, probes, format_code(self.api_format)]
    }

    /// A finding that was sent. What can't be read is not known.
    pub fn from_words(words: &[f64]) -> Finding {
        let has_failed = verdict_of(word(words, 0));
        Finding {
            verdict: has_failed.map(|has_failed| Verdict {
                has_failed,
                age_ms: word(words, 1).max(0.0),
            }),
            probes: word(words, 2) == 1.0,
            api_format: format_of(word(words, 3)),
        }
    }
}

pub(super) fn word(words: &[f64], index: usize) -> f64 {
    let word = words.get(index).copied().filter(|word| word.is_finite());
    word.unwrap_or_default()
}

pub(super) fn code_of(has_failed: Option<bool>) -> f64 {
    has_failed.map_or(0.0, |has_failed| if has_failed { 2.0 } else { 1.0 })
}

pub(super) fn verdict_of(word: f64) -> Option<bool> {
    (word == 1.0 || word == 2.0).then_some(word == 2.0)
}

pub(super) fn format_code(api_format: Option<ApiFormat>) -> f64 {
    match api_format {
        None => 0.0,
        Some(ApiFormat::Generic) => 1.0,
        Some(ApiFormat::Cohere) => 2.0,
        Some(ApiFormat::CohereV2) => 3.0,
    }
}

pub(super) fn format_of(word: f64) -> Option<ApiFormat> {
    let mut all = ApiFormat::ALL.into_iter();
    all.find(|format| format_code(Some(*format)) == word)
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
