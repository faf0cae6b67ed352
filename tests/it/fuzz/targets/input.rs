//! The input of a target: a body, and what decides how it is used.

use oci_genai_edge::options::Limits;

use crate::support::Random;

/// The bytes up to the last NUL are the body, those after it the settings. A file without a NUL,
/// such as a recording, is a body; its settings follow from its bytes.
pub struct Input<'a> {
    pub body: &'a [u8],
    pub settings: Settings<'a>,
}

/// A source of decisions: the bytes of the input, then random ones that follow from them. A byte
/// for each decision lets the fuzzer change one and keep the others.
pub struct Settings<'a> {
    bytes: std::slice::Iter<'a, u8>,
    pub random: Random,
}

impl<'a> Input<'a> {
    pub fn new(data: &'a [u8]) -> Input<'a> {
        let end = data.iter().rposition(|byte| *byte == 0);
        let (body, settings) = match end {
            Some(at) => (&data[..at], &data[at + 1..]),
            None => (data, &data[..0]),
        };
        let seed = hash(if end.is_some() { settings } else { body });
        Input {
            body,
            settings: Settings {
                bytes: settings.iter(),
                random: Random(seed),
            },
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }
}

impl Settings<'_> {
    /// A number below `bound`, which is at most 256.
    pub fn below(&mut self, bound: usize) -> usize {
        let random = &mut self.random;
        let byte = self.bytes.next().copied();
        usize::from(byte.unwrap_or_else(|| random.next() as u8)) % bound
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    pub fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Limits that short inputs reach.
    fn small_limits(&mut self) -> Limits {
        Limits {
            max_event_bytes: 1 + 2 * self.below(256),
            max_response_bytes: 1 + 8 * self.below(256),
            max_error_bytes: 1 + self.below(256),
            max_tool_calls: 1 + self.below(3),
        }
    }

    /// Limits that short inputs reach, or those that are the default.
    pub fn limits(&mut self) -> Limits {
        match self.flip() {
            true => self.small_limits(),
            false => Limits::default(),
        }
    }

    /// A body in pieces: single bytes, or at random.
    pub fn cut<'b>(&mut self, body: &'b [u8]) -> Vec<&'b [u8]> {
        match self.pick(&[0, 0, 2, 5, 16, 60, 200]) {
            0 => body.chunks(1).collect(),
            max => self.random.split(body, max),
        }
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3)
    })
}
