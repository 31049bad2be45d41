//! `/avatars/u/{id}`: a picture of every person, and pictures that no app should accept unchanged. Tests of picture
//! uploads use the bytes as well.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::{Mode, world::World};

/// A kind of picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Picture {
    /// A small PNG, a different one for every person.
    #[default]
    Usual,
    /// A PNG of a few bytes that claims to be 60,000 pixels wide and high.
    HugeDimensions,
    /// An SVG with a script in it.
    Svg,
    /// A good PNG that is also a page with a script.
    Polyglot,
    /// The first half of a PNG.
    Truncated,
    /// A GIF of two frames.
    AnimatedGif,
    /// A WebP of two frames.
    AnimatedWebp,
    /// A good PNG, followed by ten megabytes of nothing.
    TenMegabytes,
}

impl Picture {
    pub const ALL: [Self; 8] = [
        Self::Usual,
        Self::HugeDimensions,
        Self::Svg,
        Self::Polyglot,
        Self::Truncated,
        Self::AnimatedGif,
        Self::AnimatedWebp,
        Self::TenMegabytes,
    ];

    /// Returns the media type it is sent as.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::AnimatedGif => "image/gif",
            Self::AnimatedWebp => "image/webp",
            _ => "image/png",
        }
    }

    /// Returns the bytes to send, for the person with this id.
    pub fn bytes(self, id: u64) -> Vec<u8> {
        match self {
            Self::Usual => usual(id),
            Self::HugeDimensions => huge_dimensions(),
            Self::Svg => br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#.to_vec(),
            Self::Polyglot => polyglot(id),
            Self::Truncated => half(usual(id)),
            Self::AnimatedGif => animated_gif(),
            Self::AnimatedWebp => animated_webp(),
            Self::TenMegabytes => [usual(id), vec![0; 10_000_000]].concat(),
        }
    }
}

pub(crate) async fn serve(
    State(world): State<Arc<World>>,
    Path(id): Path<u64>,
    mode: Option<Extension<Mode>>,
) -> Response {
    let Some(theirs) = world.lock().people.get(&id).map(|person| person.picture) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let picture = match mode {
        Some(Extension(Mode::Picture(picture))) => picture,
        _ => theirs,
    };
    let headers = [(header::CONTENT_TYPE, picture.content_type()), (header::CACHE_CONTROL, "max-age=300, public")];
    (headers, picture.bytes(id)).into_response()
}

/// Five by five fields, the right half mirroring the left.
fn usual(id: u64) -> Vec<u8> {
    const FIELD: usize = 24;
    const SIZE: usize = FIELD * 6;
    // Any mixing works, as long as neighbours differ.
    let bits = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let colour = [96 + (bits >> 40) as u8 % 128, 96 + (bits >> 48) as u8 % 128, 96 + (bits >> 56) as u8 % 128];
    let is_set = |x: usize, y: usize| bits >> (y * 3 + x.min(4 - x)) & 1 == 1;
    let mut pixels = Vec::with_capacity(SIZE * SIZE * 3);
    for y in 0..SIZE {
        for x in 0..SIZE {
            let inside = |at: usize| at.checked_sub(FIELD / 2).map(|at| at / FIELD).filter(|field| *field < 5);
            let set = inside(x).zip(inside(y)).is_some_and(|(x, y)| is_set(x, y));
            pixels.extend(if set { colour } else { [240; 3] });
        }
    }
    png(SIZE as u32, &pixels)
}

fn png(size: u32, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size, size);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels));
    debug_assert!(written.is_ok());
    file
}

fn half(mut file: Vec<u8>) -> Vec<u8> {
    file.truncate(file.len() / 2);
    file
}

fn huge_dimensions() -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(60_000_u32.to_be_bytes());
    header.extend(60_000_u32.to_be_bytes());
    // Eight bits each of red, green, blue and alpha; deflate, the usual filters, not interlaced.
    header.extend([8, 6, 0, 0, 0]);
    // An empty deflate block.
    let data = [0x78, 0x01, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &data), chunk(b"IEND", b"")].concat()
}

fn polyglot(id: u64) -> Vec<u8> {
    let script = b"Comment\0<script>alert(document.domain)</script>";
    let mut file = usual(id);
    // The signature and IHDR are 33 bytes.
    let rest = file.split_off(33);
    [file, chunk(b"tEXt", script), rest, b"<!doctype html><script>alert(document.domain)</script>".to_vec()].concat()
}

/// Returns a chunk of a PNG: length, name, content, CRC-32.
fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let body = [name.as_slice(), content].concat();
    let crc = body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 })
    });
    [&(content.len() as u32).to_be_bytes(), body.as_slice(), &(!crc).to_be_bytes()].concat()
}

fn animated_gif() -> Vec<u8> {
    let head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    let for_ever = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
    let frame = b"\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    [head.as_slice(), for_ever, frame, frame, b";"].concat()
}

fn animated_webp() -> Vec<u8> {
    // One pixel, lossless.
    let pixel = b"\x2f\0\0\0\0\x07\xd0\xff\xfe\xf7\xbf\xff\x81\x88\xe8\x7f\0\0";
    // At 0, 0; one by one; for 100 ms.
    let place = b"\0\0\0\0\0\0\0\0\0\0\0\0\x64\0\0\0";
    let frame = riff(b"ANMF", &[place.as_slice(), &riff(b"VP8L", pixel)].concat());
    let extended = riff(b"VP8X", b"\x02\0\0\0\0\0\0\0\0\0");
    let body = [b"WEBP".to_vec(), extended, riff(b"ANIM", b"\0\0\0\0\0\0"), frame.clone(), frame].concat();
    riff(b"RIFF", &body)
}

/// Returns a chunk of a RIFF file: name, length, content, and a padding byte if the length is odd.
fn riff(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let padding: &[u8] = if content.len() % 2 == 1 { b"\0" } else { b"" };
    [name.as_slice(), &(content.len() as u32).to_le_bytes(), content, padding].concat()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, io::Cursor};

    use super::*;

    fn decode(file: Vec<u8>) -> Result<(u32, u32), png::DecodingError> {
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info()?;
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels)?;
        Ok((reader.info().width, reader.info().height))
    }

    #[test]
    fn draws_a_distinct_small_png_avatar_for_each_user() {
        let files: HashSet<_> = (1_001..1_100).map(usual).collect();
        assert!(files.len() > 95, "{} of 99", files.len());
        for file in files {
            assert!(file.len() < 20_000);
            assert_eq!(decode(file).unwrap(), (144, 144));
        }
    }

    #[test]
    fn polyglot_is_a_valid_png_containing_a_web_page() {
        let file = polyglot(1);
        assert!(String::from_utf8_lossy(&file).contains("<!doctype html><script>"));
        assert_eq!(decode(file).unwrap(), (144, 144));
        assert!(decode(half(usual(1))).is_err());
    }

    #[test]
    fn huge_image_declares_its_dimensions_in_few_bytes() {
        let file = huge_dimensions();
        assert!(file.len() < 100);
        let reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (60_000, 60_000));
    }
}
