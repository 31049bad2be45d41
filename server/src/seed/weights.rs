//! Weighted random choice. Only `+ - * /` and the square root, which IEEE 754 rounds alike everywhere: a logarithm or a
//! power would make different demo data on another machine.

use crate::base::seeded_rng::SeededRng;

/// The running sums of some weights.
pub(super) struct Weights(Vec<f64>);

impl Weights {
    pub(super) fn new(weights: impl Iterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        Self(
            weights
                .map(|w| {
                    sum += w;
                    sum
                })
                .collect(),
        )
    }

    /// Returns an index, heavier ones more often; `None` when there are no weights.
    pub(super) fn pick(&self, rng: &mut SeededRng) -> Option<usize> {
        let at = rng.unit() * self.0.last()?;
        Some(self.0.partition_point(|sum| *sum <= at).min(self.0.len() - 1))
    }
}

/// Returns a long-tailed factor with mean 1: mostly well below it, now and then ten or twenty.
pub(super) fn long_tail(rng: &mut SeededRng) -> f64 {
    rng.unit() / (rng.unit() + 1e-4).sqrt()
}
