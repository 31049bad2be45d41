//! Sample pictures, generated here so that each states its content.

use std::io::{Cursor, Write};

use flate2::{Compression, write::ZlibEncoder};
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage, codecs::webp::WebPEncoder};

/// Red on the left, green in the middle, blue on the right.
pub fn flag(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| match x * 3 / width {
        0 => Rgb([200, 0, 0]),
        1 => Rgb([0, 160, 0]),
        _ => Rgb([0, 0, 200]),
    })
    .into()
}

/// No two neighbours are alike, so it hardly compresses.
pub fn noise(side: u32) -> DynamicImage {
    let mut state = 1_u32;
    RgbImage::from_fn(side, side, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    })
    .into()
}

/// Smooth, with some grain, like a photograph.
pub fn photograph(side: u32) -> DynamicImage {
    let mut state = 1_u32;
    RgbImage::from_fn(side, side, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (state >> 29) as u8;
        let wave = |a: u32, b: u32| (((x * a + y * b) as f64 / f64::from(side) * 2.0).sin() * 90.0 + 120.0) as u8;
        Rgb([wave(3, 1) + grain, wave(2, 3) + grain, wave(1, 5) + grain])
    })
    .into()
}

pub fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Returns a JPEG with EXIF data: the orientation, the location and the camera.
pub fn jpeg_with_exif(image: &DynamicImage, orientation: u8) -> Vec<u8> {
    let place = b"GPS 59.3293 N 18.0686 E, Secret Camera 3000\0";
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    // Orientation: a short, in place. Image description: text, after the table of two entries.
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    tiff.extend([0x01, 0x0e, 0, 2, 0, 0, 0, place.len() as u8, 0, 0, 0, 38, 0, 0, 0, 0]);
    tiff.extend(place);
    let content = [b"Exif\0\0".as_slice(), &tiff].concat();
    let length = (content.len() as u16 + 2).to_be_bytes();
    let plain = file(image, ImageFormat::Jpeg);
    [&plain[..2], &[0xff, 0xe1], &length, &content, &plain[2..]].concat()
}

/// Returns a chunk of a PNG: length, name, content, CRC-32.
pub fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let body = [name.as_slice(), content].concat();
    let crc = body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 })
    });
    [&(content.len() as u32).to_be_bytes(), body.as_slice(), &(!crc).to_be_bytes()].concat()
}

/// Returns a picture of one colour.
pub fn plain(colour: [u8; 3]) -> DynamicImage {
    RgbImage::from_pixel(64, 64, Rgb(colour)).into()
}

/// Returns a PNG with more chunks after its head.
pub fn png_with(image: &DynamicImage, chunks: &[Vec<u8>]) -> Vec<u8> {
    let png = file(image, ImageFormat::Png);
    [&png[..33], &chunks.concat(), &png[33..]].concat()
}

/// Returns the content of an iCCP chunk.
pub fn packed_profile(icc: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(b"A profile\0\0".to_vec(), Compression::fast());
    packed.write_all(icc).unwrap();
    packed.finish().unwrap()
}

/// Returns a JPEG with more segments after its first marker; each has its marker before its content.
pub fn jpeg_with(jpeg: &[u8], segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut with = jpeg[..2].to_vec();
    for (marker, content) in segments {
        with.extend([0xff, *marker]);
        with.extend((content.len() as u16 + 2).to_be_bytes());
        with.extend(content);
    }
    [with.as_slice(), &jpeg[2..]].concat()
}

/// Returns a piece of a profile for a JPEG.
pub fn icc_piece(number: u8, count: u8, data: &[u8]) -> (u8, Vec<u8>) {
    (0xe2, [b"ICC_PROFILE\0".as_slice(), &[number, count], data].concat())
}

/// Returns a lossless WebP, with a profile and EXIF data.
pub fn webp_with(image: &DynamicImage, icc: &[u8], exif: &[u8]) -> Vec<u8> {
    let mut webp = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut webp);
    encoder.set_icc_profile(icc.to_vec()).unwrap();
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    encoder.write_image(image.as_bytes(), image.width(), image.height(), image.color().into()).unwrap();
    webp
}
