//! The colour information of a picture file, and the profile built from it.

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, MatrixCoefficients, ToneReprCurve,
    TransferCharacteristics,
};

/// The colour space of a picture, as far as its file states it in a form we understand.
#[derive(Debug, PartialEq)]
pub(super) enum ColourSpace {
    /// Also if the file states nothing, or nothing usable.
    Srgb,
    /// A profile of the International Color Consortium. It may be broken.
    Icc(Vec<u8>),
    Cicp(Cicp),
    Gamma(Gamma),
}

impl ColourSpace {
    /// Returns the profile to convert from; `None` for sRGB and for broken profiles.
    pub(super) fn profile(&self) -> Option<ColorProfile> {
        match self {
            Self::Srgb => None,
            Self::Icc(icc) => ColorProfile::new_from_slice(icc).ok(),
            Self::Cicp(cicp) => Some(cicp.profile()),
            Self::Gamma(gamma) => Some(gamma.profile()),
        }
    }
}

/// Code points of ITU-T H.273, as in PNG's cICP.
#[derive(Debug, PartialEq)]
pub(super) struct Cicp {
    primaries: CicpColorPrimaries,
    transfer: TransferCharacteristics,
}

impl Cicp {
    /// Parses primaries, transfer function, matrix and range. `None` if one is reserved or unspecified, or if the
    /// matrix is not that of RGB, as PNG demands.
    pub(super) fn parse([primaries, transfer, matrix, _range]: [u8; 4]) -> Option<Self> {
        let primaries = CicpColorPrimaries::try_from(primaries).ok()?;
        let transfer = TransferCharacteristics::try_from(transfer).ok()?;
        let known = !matches!(primaries, CicpColorPrimaries::Reserved | CicpColorPrimaries::Unspecified)
            && !matches!(transfer, TransferCharacteristics::Reserved | TransferCharacteristics::Unspecified);
        (known && matrix == 0).then_some(Self { primaries, transfer })
    }

    fn profile(&self) -> ColorProfile {
        let mut profile = ColorProfile::new_from_cicp(CicpProfile {
            color_primaries: self.primaries,
            transfer_characteristics: self.transfer,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        });
        match self.transfer {
            TransferCharacteristics::Smpte2084 => set_curve(&mut profile, sampled(perceptual_quantizer)),
            TransferCharacteristics::Hlg => set_curve(&mut profile, sampled(hybrid_log_gamma)),
            _ => {}
        }
        profile
    }
}

/// A transfer function and primaries, as in PNG's gAMA and cHRM, in units of 1/100,000.
#[derive(Debug, PartialEq)]
pub(super) struct Gamma {
    /// `None` for the curve of sRGB.
    encoding: Option<u32>,
    /// The chromaticities x and y of white, red, green and blue; `None` for those of sRGB.
    primaries: Option<[u32; 8]>,
}

impl Gamma {
    /// The value of sRGB in gAMA, although its real curve differs.
    const SRGB: u32 = 45_455;
    /// Differences up to 5 % are not intended and not visible (libpng has the same threshold).
    const TOLERANCE: u32 = Self::SRGB / 20;
    /// The plausible range, far beyond any gamma in use on both sides.
    const PLAUSIBLE_GAMMA: std::ops::RangeInclusive<u32> = 5_000..=500_000;
    const SRGB_PRIMARIES: [u32; 8] = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];
    /// Chromaticities are written with three to five digits.
    const ROUNDING: u32 = 100;

    /// Parses both values. `None` if both are those of sRGB, or neither makes sense.
    pub(super) fn parse(gamma: Option<&[u32]>, primaries: Option<&[u32]>) -> Option<Self> {
        let encoding =
            gamma.and_then(|gamma| gamma.first().copied()).filter(|gamma| Self::PLAUSIBLE_GAMMA.contains(gamma));
        let primaries = primaries.and_then(|list| <[u32; 8]>::try_from(list).ok()).filter(Self::span_colours);
        let primaries = primaries.filter(|list| {
            list.iter().zip(Self::SRGB_PRIMARIES).any(|(one, other)| one.abs_diff(other) > Self::ROUNDING)
        });
        let encoding = encoding.filter(|gamma| primaries.is_some() || gamma.abs_diff(Self::SRGB) > Self::TOLERANCE);
        (encoding.is_some() || primaries.is_some()).then_some(Self { encoding, primaries })
    }

    /// Returns true if red, green and blue are the corners of a triangle that contains white.
    fn span_colours(list: &[u32; 8]) -> bool {
        let point = |n: usize| (f64::from(list[2 * n]), f64::from(list[2 * n + 1]));
        let (white, corners) = (point(0), [point(1), point(2), point(3)]);
        let side = |a: (f64, f64), b: (f64, f64)| (b.0 - a.0) * (white.1 - a.1) - (b.1 - a.1) * (white.0 - a.0);
        let sides = [0, 1, 2].map(|n| side(corners[n], corners[(n + 1) % 3]));
        let inside = sides.iter().all(|side| *side > 0.0) || sides.iter().all(|side| *side < 0.0);
        inside && white.1 > 0.0 && list.iter().all(|n| *n <= 100_000)
    }

    fn profile(&self) -> ColorProfile {
        let mut profile = ColorProfile::new_srgb();
        profile.cicp = None;
        if let Some(encoding) = self.encoding {
            set_curve(&mut profile, ToneReprCurve::Parametric(vec![100_000.0 / encoding as f32]));
        }
        if let Some(list) = self.primaries {
            let point =
                |n: usize| Chromaticity::new(list[2 * n] as f32 / 100_000.0, list[2 * n + 1] as f32 / 100_000.0);
            let primaries = ColorPrimaries { red: point(1), green: point(2), blue: point(3) };
            profile.update_rgb_colorimetry(point(0).to_xyyb(), primaries);
        }
        profile
    }
}

fn set_curve(profile: &mut ColorProfile, curve: ToneReprCurve) {
    profile.cicp = None;
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve);
}

/// Returns a curve as a table. Values brighter than white become white: we store no more than sRGB has.
fn sampled(light: fn(f64) -> f64) -> ToneReprCurve {
    const MAX_INDEX: u16 = 4_095;
    let sample = |n: u16| (light(f64::from(n) / f64::from(MAX_INDEX)).clamp(0.0, 1.0) * 65_535.0).round() as u16;
    ToneReprCurve::Lut((0..=MAX_INDEX).map(sample).collect())
}

/// Returns the light of a PQ signal (SMPTE ST 2084), where 1 is the white of ordinary pictures: 203 cd/m² (ITU-R
/// BT.2408).
fn perceptual_quantizer(signal: f64) -> f64 {
    let root = signal.powf(1.0 / 78.843_75);
    let light = (root - 0.835_937_5).max(0.0) / (18.851_562_5 - 18.687_5 * root);
    10_000.0 / 203.0 * light.powf(1.0 / 0.159_301_757_812_5)
}

/// Returns the light of an HLG signal (ITU-R BT.2100) on a display of 1,000 cd/m², where 1 is 203 cd/m².
fn hybrid_log_gamma(signal: f64) -> f64 {
    let scene = match signal {
        ..=0.5 => signal * signal / 3.0,
        _ => (((signal - 0.559_910_73) / 0.178_832_77).exp() + 0.284_668_92) / 12.0,
    };
    1_000.0 / 203.0 * scene.powf(1.2)
}
