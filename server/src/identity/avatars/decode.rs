//! Decodes the pixels of a picture within limits.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage, RgbaImage};
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::{JpegDecoder, errors::DecodeErrors};

/// The most pixels per side. The head of the file states the sides, so a small file that would grow to gigabytes is
/// never unpacked.
const MAX_SIDE: u32 = 4_096;
/// The most memory for the pixels of one file.
const MAX_MEMORY: u64 = 64 * 1_024 * 1_024;

/// The pixels of a picture.
pub(super) enum Pixels {
    /// Grey or red, green and blue, some with alpha.
    Light(DynamicImage),
    /// Printing inks.
    Ink(RgbaImage, Ink),
}

/// The way a JPEG stores printing inks in four channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Cmyk,
    Ycck,
}

/// The reasons why the pixels are unusable.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    TooLarge,
    Broken,
}

impl From<ImageError> for Unusable {
    fn from(error: ImageError) -> Self {
        if matches!(error, ImageError::Limits(_)) { Self::TooLarge } else { Self::Broken }
    }
}

impl From<DecodeErrors> for Unusable {
    fn from(error: DecodeErrors) -> Self {
        tracing::debug!(?error, "a JPEG cannot be decoded");
        Self::Broken
    }
}

/// Decodes a file of this format.
pub(super) fn decode(file: &[u8], format: ImageFormat) -> Result<Pixels, Unusable> {
    match format {
        ImageFormat::Jpeg => decode_jpeg(file),
        _ => decode_other(file, format).map(Pixels::Light),
    }
}

fn decode_other(file: &[u8], format: ImageFormat) -> Result<DynamicImage, Unusable> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits.clone());
    let decoder = reader.into_decoder()?;
    // Not every decoder counts the pixels it returns.
    limits.reserve(decoder.total_bytes())?;
    Ok(DynamicImage::from_decoder(decoder)?)
}

/// Decodes a JPEG with a decoder of its own: it returns inks as they are stored, and does not fill missing or broken
/// parts with grey. 4,096 pixels per side in four channels are 64 MB, so the limit of the sides is enough.
fn decode_jpeg(file: &[u8]) -> Result<Pixels, Unusable> {
    let unlimited = DecoderOptions::default().set_max_width(usize::MAX).set_max_height(usize::MAX);
    let options = unlimited.set_strict_mode(true);
    let mut head = JpegDecoder::new_with_options(ZCursor::new(file), options);
    head.decode_headers()?;
    let (width, height) = head.dimensions().ok_or(Unusable::Broken)?;
    let (width, height) = (width as u32, height as u32);
    if width.max(height) > MAX_SIDE {
        return Err(Unusable::TooLarge);
    }
    let stored = head.input_colorspace().ok_or(Unusable::Broken)?;
    let output_space = match stored {
        ColorSpace::Luma | ColorSpace::CMYK | ColorSpace::YCCK => stored,
        _ => ColorSpace::RGB,
    };
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options.jpeg_set_out_colorspace(output_space));
    let pixels = decoder.decode()?;
    let pixels = match output_space {
        ColorSpace::Luma => image::GrayImage::from_raw(width, height, pixels).map(|grey| Pixels::Light(grey.into())),
        ColorSpace::CMYK => RgbaImage::from_raw(width, height, pixels).map(|inks| Pixels::Ink(inks, Ink::Cmyk)),
        ColorSpace::YCCK => RgbaImage::from_raw(width, height, pixels).map(|inks| Pixels::Ink(inks, Ink::Ycck)),
        _ => RgbImage::from_raw(width, height, pixels).map(|rgb| Pixels::Light(rgb.into())),
    };
    pixels.ok_or(Unusable::Broken)
}
