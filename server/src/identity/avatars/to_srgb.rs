//! Converts pictures to sRGB, the colour space of everything that is served. A profile that is broken, or does not fit
//! the picture, is ignored: the picture counts as sRGB.

use image::{DynamicImage, ImageBuffer, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, RenderingIntent, TransformOptions};

use super::{colour_space::ColourSpace, decode::Ink};

/// Profiles with tables need not have one for each intent.
const INTENTS: [RenderingIntent; 3] =
    [RenderingIntent::Perceptual, RenderingIntent::RelativeColorimetric, RenderingIntent::Saturation];
/// The limit for a valid profile: white must not become darker than this, and black not lighter than 65,535 minus this.
const LIGHT: u16 = 40_000;

/// Converts a picture; `grey` if its file has no colours. If it has alpha, its colours are multiplied by it before and
/// after.
pub(super) fn to_srgb(image: DynamicImage, grey: bool, colour_space: &ColourSpace) -> DynamicImage {
    let Some(profile) = colour_space.profile() else { return image };
    let pixels = (image.width() * image.height()) as usize;
    let converted = match profile.color_space {
        DataColorSpace::Rgb => convert(&profile, Layout::Rgb, &straight(&image), pixels),
        DataColorSpace::Gray if grey => {
            let levels: Vec<u16> = straight(&image).chunks_exact(3).map(|pixel| pixel[0]).collect();
            convert(&profile, Layout::Gray, &levels, pixels)
        }
        _ => None,
    };
    let Some(colours) = converted.and_then(|samples| rgb8(&image, samples)) else { return image };
    if !image.color().has_alpha() {
        return colours.into();
    }
    let mut image = image.into_rgba8();
    for (Rgba([r, g, b, alpha]), Rgb(colours)) in image.pixels_mut().zip(colours.pixels()) {
        [*r, *g, *b] = colours.map(|colour| (u16::from(colour) * u16::from(*alpha) / 255) as u8);
    }
    image.into()
}

/// Converts a picture in printing inks, stored inverted (255: no ink), as every program reads such JPEGs.
pub(super) fn ink_to_srgb(mut image: RgbaImage, ink: Ink, colour_space: &ColourSpace) -> DynamicImage {
    if ink == Ink::Ycck {
        image.pixels_mut().for_each(|pixel| pixel.0 = cmyk(pixel.0));
    }
    let profile = colour_space.profile().filter(|profile| profile.color_space == DataColorSpace::Cmyk);
    let converted = profile.and_then(|profile| {
        let inks: Vec<u16> = image.as_raw().iter().map(|stored| 65_535 - u16::from(*stored) * 257).collect();
        convert(&profile, Layout::Rgba, &inks, inks.len() / 4)
    });
    let image = DynamicImage::from(image);
    if let Some(colours) = converted.and_then(|samples| rgb8(&image, samples)) {
        return colours.into();
    }
    let image = image.into_rgba8();
    let under_black = |n: u8, black: u8| (u16::from(n) * u16::from(black) / 255) as u8;
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [c, m, y, k] = image.get_pixel(x, y).0;
        Rgb([c, m, y].map(|n| under_black(n, k)))
    })
    .into()
}

/// Returns the inks of a YCCK pixel, both inverted: cyan, magenta and yellow are written as YCbCr of red, green and
/// blue.
fn cmyk([luma, blue, red, black]: [u8; 4]) -> [u8; 4] {
    let [luma, blue, red] = [f32::from(luma), f32::from(blue) - 128.0, f32::from(red) - 128.0];
    let rgb = [luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue];
    let [c, m, y] = rgb.map(|n| 255 - n.round() as u8);
    [c, m, y, black]
}

/// Returns red, green and blue of each pixel in 16 bits, not multiplied by alpha.
fn straight(image: &DynamicImage) -> Vec<u16> {
    if !image.color().has_alpha() {
        return image.to_rgb16().into_raw();
    }
    let straight = |colour: u8, alpha: u8| u32::from(colour) * 65_535 / u32::from(alpha.max(1));
    let image = image.to_rgba8();
    image.pixels().flat_map(|pixel| [0, 1, 2].map(|n| straight(pixel.0[n], pixel.0[3]).min(65_535) as u16)).collect()
}

/// Converts samples of sRGB to a picture of the size of `image`, in 8 bits.
fn rgb8(image: &DynamicImage, samples: Vec<u16>) -> Option<RgbImage> {
    let colours: ImageBuffer<Rgb<u16>, _> = ImageBuffer::from_raw(image.width(), image.height(), samples)?;
    Some(DynamicImage::from(colours).into_rgb8())
}

/// Converts so many pixels to sRGB, three samples each. `None` if the profile is unusable.
fn convert(profile: &ColorProfile, layout: Layout, samples: &[u16], pixels: usize) -> Option<Vec<u16>> {
    let srgb = ColorProfile::new_srgb();
    let transform = INTENTS.iter().find_map(|intent| {
        let options = TransformOptions { rendering_intent: *intent, ..TransformOptions::default() };
        profile.create_transform_16bit(layout, &srgb, Layout::Rgb, options).ok()
    })?;
    let (light, dark) = match profile.color_space {
        DataColorSpace::Cmyk => (0, 65_535),
        _ => (65_535, 0),
    };
    let ends = [vec![light; layout.channels()], vec![dark; layout.channels()]].concat();
    let mut shown = [0; 6];
    transform.transform(&ends, &mut shown).ok()?;
    let is_plausible = shown[..3].iter().all(|n| *n >= LIGHT) && shown[3..].iter().all(|n| *n <= 65_535 - LIGHT);
    let mut converted = vec![0; 3 * pixels];
    (is_plausible && transform.transform(samples, &mut converted).is_ok()).then_some(converted)
}
