//! Converts OKLCH to sRGB, so that SVG viewers without `oklch()` show these colours too.

use std::fmt;

/// An sRGB colour, written as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub(super) u8, pub(super) u8, pub(super) u8);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl Rgb {
    /// Returns the relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Returns the contrast between two colours, from 1 to 21 (WCAG 2.2).
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

/// Returns the sRGB colour of a lightness (0–1), chroma and hue (degrees). Reduces the chroma where the colour is
/// outside sRGB.
///
/// The cosines and roots may differ in their last bit between platforms; rounding to 8 bits hides that.
pub(super) fn oklch(lightness: f64, chroma: f64, hue: i32) -> Rgb {
    let (sin, cos) = f64::from(hue).to_radians().sin_cos();
    let mut chroma = chroma;
    loop {
        let rgb = linear_srgb(lightness, chroma * cos, chroma * sin);
        if chroma < 0.005 || rgb.iter().all(|v| (-0.000_5..=1.000_5).contains(v)) {
            let [r, g, b] = rgb.map(gamma);
            return Rgb(r, g, b);
        }
        chroma *= 0.96;
    }
}

/// Converts Björn Ottosson's OKLab to linear sRGB.
fn linear_srgb(lightness: f64, a: f64, b: f64) -> [f64; 3] {
    let cube = |v: f64| v * v * v;
    let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b);
    let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b);
    let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

fn gamma(v: f64) -> u8 {
    let v = v.clamp(0.0, 1.0);
    let v = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
    (v * 255.0).round() as u8
}
