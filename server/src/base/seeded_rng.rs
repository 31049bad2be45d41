//! Repeatable choices, the same on every machine and in every year: FNV-1a makes the seed, SplitMix64 the sequence. For
//! avatars and demo data. The choices are predictable, so they must never be used for a secret.

/// A repeatable sequence of choices.
#[derive(Clone, Debug)]
pub(crate) struct SeededRng(u64);

impl SeededRng {
    /// Returns the sequence for `text`.
    pub(crate) fn of(text: &str) -> Self {
        let hash =
            text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Self(hash)
    }

    /// Returns the sequence for the `n`th item of this kind, independent of the other items.
    pub(crate) fn nth(kind: &str, n: u64) -> Self {
        let mut rng = Self::of(kind);
        rng.0 ^= n.wrapping_mul(0xd6e8_feb8_6659_fd93);
        rng.next();
        rng
    }

    /// Returns the next 64 bits (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a whole number from 0 up to, not including, `end` (0 when `end` is 0).
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // The high half of a wide product: no modulo, and a negligible bias.
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// Returns a whole number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        let width = u64::try_from(i64::from(high) - i64::from(low) + 1).unwrap_or(1);
        low.saturating_add(i32::try_from(self.below(width)).unwrap_or(0))
    }

    /// Returns true `percent` times in a hundred.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Returns a number in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns an element of `all`, which must not be empty.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len() as u64) as usize]
    }
}
