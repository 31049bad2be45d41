//! Separates the pixels of a picture file from everything else in it, for PNG, JPEG and WebP alike.
//!
//! Decoders get a file with nothing but pixels: no text, profile, thumbnail or later frame is copied or unpacked with
//! them, however many there are. The needed rest (the colour space, the orientation) is read here, within limits. A
//! file that ends too early is refused before anything is decoded.

mod jpeg;
mod png;
mod webp;

use image::ImageFormat;

use super::colour_space::ColourSpace;

/// The most bytes of an unpacked colour profile. Printer profiles have up to 3 MB, all others far less.
const MAX_PROFILE_BYTES: usize = 4 * 1_024 * 1_024;

/// The parts of a file that we use.
pub(super) struct Parts {
    /// A file of the same format with the pixels only.
    pub pixels: Vec<u8>,
    pub colour_space: ColourSpace,
    /// The EXIF data, starting with its TIFF header.
    pub exif: Option<Vec<u8>>,
}

/// Splits a file into its parts. `None` if it ends before its end marker, or before the end of a part it announces.
pub(super) fn split(bytes: &[u8], format: ImageFormat) -> Option<Parts> {
    match format {
        ImageFormat::Png => png::split(bytes),
        ImageFormat::Jpeg => jpeg::split(bytes),
        _ => webp::split(bytes),
    }
}

/// Takes `count` bytes off the front, if there are enough.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}

/// Returns a profile as it is in the file, unless it is too large: then the picture counts as sRGB.
fn profile(icc: Vec<u8>) -> ColourSpace {
    if icc.len() <= MAX_PROFILE_BYTES { ColourSpace::Icc(icc) } else { ColourSpace::Srgb }
}
