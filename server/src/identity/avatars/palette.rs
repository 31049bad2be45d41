//! The colours of a generated avatar.

use super::colour::{Rgb, oklch};
use crate::base::seeded_rng::SeededRng;

/// The least contrast between the letter and everything below it (WCAG 2.2, 1.4.3 for large text).
pub(super) const LEGIBLE: f64 = 3.0;

/// Three colours for the drawing and one for the letter.
pub(super) struct Palette {
    pub ground: Rgb,
    pub a: Rgb,
    pub b: Rgb,
    pub ink: Rgb,
}

/// Three lightnesses and chromas that match, and those of the letter.
type Mood = [(f64, f64); 4];

/// Pale with a dark letter, full with a dark letter, deep with a pale one.
const MOODS: [Mood; 3] = [
    [(0.91, 0.05), (0.83, 0.10), (0.76, 0.13), (0.33, 0.09)],
    [(0.80, 0.13), (0.88, 0.09), (0.72, 0.15), (0.28, 0.08)],
    [(0.44, 0.12), (0.51, 0.14), (0.59, 0.14), (0.97, 0.03)],
];

/// Hues (degrees) that match: ground, large shape, small shape.
const HARMONIES: [[i32; 3]; 24] = [
    [70, 40, 195],
    [85, 60, 25],
    [25, 350, 70],
    [350, 15, 80],
    [10, 45, 285],
    [155, 175, 70],
    [140, 110, 40],
    [195, 215, 45],
    [215, 240, 80],
    [250, 275, 60],
    [270, 300, 20],
    [300, 330, 75],
    [325, 350, 190],
    [180, 155, 350],
    [230, 200, 350],
    [60, 85, 265],
    [40, 15, 165],
    [285, 255, 170],
    [165, 140, 290],
    [20, 50, 220],
    [95, 70, 330],
    [240, 215, 30],
    [330, 300, 140],
    [200, 170, 90],
];

impl Palette {
    pub fn new(rng: &mut SeededRng) -> Self {
        let hues = HARMONIES[rng.below(HARMONIES.len() as u64) as usize];
        let mood = MOODS[rng.below(MOODS.len() as u64) as usize];
        let [ground, a, b] = std::array::from_fn(|i| {
            let (lightness, chroma) = mood[i];
            oklch(lightness, chroma, clean(lightness, hues[i]))
        });
        let (lightness, chroma) = mood[3];
        let mut palette = Self { ground, a, b, ink: oklch(lightness, chroma, hues[0]) };
        if palette.contrast() < LEGIBLE {
            palette.ink = if lightness > 0.5 { Rgb(255, 255, 255) } else { Rgb(0, 0, 0) };
        }
        palette
    }

    /// Returns the least contrast of the letter to anything below it.
    pub fn contrast(&self) -> f64 {
        [self.ground, self.a, self.b].into_iter().map(|c| c.contrast(self.ink)).fold(f64::INFINITY, f64::min)
    }
}

/// Replaces dark yellows, which look muddy, by plum, red or green.
fn clean(lightness: f64, hue: i32) -> i32 {
    match hue {
        50..=75 if lightness < 0.65 => 310,
        76..=95 if lightness < 0.65 => 25,
        96..=130 if lightness < 0.65 => 160,
        _ => hue,
    }
}
