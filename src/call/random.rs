//! Numbers that look random and follow from the id of a call, so that a test can repeat them.

/// [SplitMix64](https://prng.di.unimi.it/splitmix64.c), seeded with a text.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The seed is the [FNV-1a](http://www.isthe.com/chongo/tech/comp/fnv/) hash of the text.
    pub(super) fn from_text(text: &str) -> Random {
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        Random(text.bytes().fold(0xCBF2_9CE4_8422_2325, hash))
    }

    /// A number of at least 0 and less than 1.
    pub(super) fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}
