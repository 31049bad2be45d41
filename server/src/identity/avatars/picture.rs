//! Converts an untrusted picture file into an avatar (OWASP ASVS 5.2 and 5.3).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use image::{
    DynamicImage, ExtendedColorType, ImageEncoder, ImageError, ImageFormat, Rgb, RgbImage, RgbaImage,
    codecs::{jpeg::JpegEncoder, webp::WebPEncoder},
    imageops::FilterType,
    metadata::Orientation,
};

use super::{
    decode::{Pixels, Unusable, decode},
    parts::{self, Parts},
    to_srgb::{ink_to_srgb, to_srgb},
};
use crate::{
    Server,
    base::{
        error::{Invalid, Result},
        random::hash,
    },
};

/// The most bytes of an uploaded file.
pub const MAX_BYTES: usize = 8 * 1_024 * 1_024;
/// The message for a larger one.
pub const TOO_MANY_BYTES: &str = "That picture is larger than 8 MB. Choose a smaller file.";
/// High enough that the difference is invisible at these sizes.
const JPEG_QUALITY: u8 = 85;
/// The bytes of the id: enough that no two pictures share one by accident, few enough to repeat it fifty times in a
/// feed.
const ID_BYTES: usize = 12;

/// The size of a stored picture, in pixels per side. A smaller one is not enlarged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Next to a post, on any screen.
    Small = 96,
    /// On a profile.
    Large = 400,
}

/// A picture, ready for storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Made from the bytes of both sizes, so the same picture is stored once and its address can be cached for ever.
    pub id: String,
    pub small: Rendition,
    pub large: Rendition,
}

/// One size of a picture, as it is served.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendition {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Rendition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} bytes", self.content_type, self.bytes.len())
    }
}

/// Converts `bytes` from any source into a picture.
///
/// # Errors
/// `Invalid` on `picture`, with the reason; `Busy` when too many wait.
pub async fn make(server: &Server, bytes: Vec<u8>) -> Result<Picture> {
    // Before it waits in the queue, so that no request holds more memory than allowed.
    if bytes.len() > MAX_BYTES {
        return Err(refused(TOO_MANY_BYTES).into());
    }
    Ok(server.pictures().queue.run(move || render(&bytes)).await??)
}

/// Converts a file into a picture. It takes a core for up to a second.
pub(super) fn render(bytes: &[u8]) -> Result<Picture, Invalid> {
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
        _ => return Err(refused("Choose a PNG, JPEG or WebP picture.")),
    };
    let Some(Parts { pixels, colour_space, exif }) = parts::split(bytes, format) else {
        return Err(refused("Part of that picture is missing. Send it again, or choose another one."));
    };
    let image = match decode(&pixels, format).map_err(why)? {
        Pixels::Light(image) => {
            let grey = !image.color().has_color();
            on_white(to_srgb(square(multiplied(image)), grey, &colour_space))
        }
        Pixels::Ink(inks, ink) => ink_to_srgb(square(inks.into()).into_rgba8(), ink, &colour_space),
    };
    let mut large = shrink(&image, Size::Large);
    large.apply_orientation(
        exif.and_then(|exif| Orientation::from_exif_chunk(&exif)).unwrap_or(Orientation::NoTransforms),
    );
    let small = shrink(&large, Size::Small);
    let (small, large) = (write(small)?, write(large)?);
    let digest = hash(&[large.bytes.as_slice(), &small.bytes].concat());
    Ok(Picture { id: BASE64_URL_SAFE_NO_PAD.encode(&digest[..ID_BYTES]), small, large })
}

/// Multiplies the colours by alpha, so that averages do not include the colours of invisible pixels.
fn multiplied(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image;
    }
    let mut image: RgbaImage = image.into_rgba8();
    for pixel in image.chunks_exact_mut(4) {
        let alpha = u16::from(pixel[3]);
        for channel in &mut pixel[..3] {
            *channel = (u16::from(*channel) * alpha / 255) as u8;
        }
    }
    image.into()
}

/// Replaces transparency by white: an avatar looks the same on a dark page. The colours are already multiplied by
/// alpha.
fn on_white(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image;
    }
    let image = image.into_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, alpha] = image.get_pixel(x, y).0;
        Rgb([r, g, b].map(|channel| channel.saturating_add(255 - alpha)))
    })
    .into()
}

/// Cuts out the central square. A rotated picture has the same centre. A far too large picture is first reduced by
/// averages: that takes no extra memory, and the difference is invisible afterwards.
fn square(image: DynamicImage) -> DynamicImage {
    let side = image.width().min(image.height());
    let min_side = 2 * Size::Large as u32;
    let scaled = |length: u32| (u64::from(length) * u64::from(min_side) / u64::from(side)) as u32;
    let image =
        if side > min_side { image.thumbnail_exact(scaled(image.width()), scaled(image.height())) } else { image };
    let (width, height) = (image.width(), image.height());
    let side = width.min(height);
    image.crop_imm((width - side) / 2, (height - side) / 2, side, side)
}

fn shrink(image: &DynamicImage, size: Size) -> DynamicImage {
    let pixels = image.width().min(size as u32);
    image.resize_exact(pixels, pixels, FilterType::Lanczos3)
}

/// Encodes as lossless WebP or as JPEG, whichever is smaller. Measured at 400 pixels: a photograph takes 210 KB as WebP
/// and 40 KB as JPEG, a drawing 1 KB and 12 KB.
fn write(image: DynamicImage) -> Result<Rendition, Invalid> {
    let image = image.into_rgb8();
    let (width, height) = image.dimensions();
    let (mut webp, mut jpeg) = (Vec::new(), Vec::new());
    let broken = |error: ImageError| why(error.into());
    WebPEncoder::new_lossless(&mut webp).encode(&image, width, height, ExtendedColorType::Rgb8).map_err(broken)?;
    JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)
        .write_image(&image, width, height, ExtendedColorType::Rgb8)
        .map_err(broken)?;
    let (content_type, bytes) = if webp.len() <= jpeg.len() { ("image/webp", webp) } else { ("image/jpeg", jpeg) };
    Ok(Rendition { content_type: content_type.to_owned(), bytes })
}

fn why(unusable: Unusable) -> Invalid {
    match unusable {
        Unusable::TooLarge => refused("That picture is too large: at most 4,096 pixels wide and high."),
        Unusable::Broken => refused("That picture cannot be read. Choose another one."),
    }
}

fn refused(why: &'static str) -> Invalid {
    Invalid::one("picture", why)
}
