//! Pictures to take in, made here so that each says what it is about.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Red left, green in the middle, blue right.
pub fn flag(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| match x * 3 / width {
        0 => Rgb([200, 0, 0]),
        1 => Rgb([0, 160, 0]),
        _ => Rgb([0, 0, 200]),
    })
    .into()
}

/// No two neighbours alike, so that it can hardly be made smaller.
pub fn noise(side: u32) -> DynamicImage {
    let mut state = 1_u32;
    RgbImage::from_fn(side, side, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    })
    .into()
}

/// Smooth, with some grain: what a camera sees.
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

/// A JPEG that says which way up it is, where it was taken, and with what.
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
