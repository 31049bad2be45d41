//! Reads a WebP chunk by chunk (RFC 9649).

use super::{Parts, profile, take};
use crate::identity::avatars::colour_space::ColourSpace;

/// The bits of VP8X that announce the chunks we leave out: ICCP, EXIF and XMP.
const REMOVED_FLAGS: u8 = 0x20 | 0x08 | 0x04;
const EXIF: &[u8] = b"Exif\0\0";

pub(super) fn split(bytes: &[u8]) -> Option<Parts> {
    let mut rest = bytes;
    take(&mut rest, 4).filter(|name| name == b"RIFF")?;
    let size = take_size(&mut rest)?;
    let mut rest = take(&mut rest, size)?;
    take(&mut rest, 4).filter(|name| name == b"WEBP")?;
    let mut pixels = b"RIFF\0\0\0\0WEBP".to_vec();
    let (mut icc, mut exif, mut seen) = (None, None, Vec::new());
    while !rest.is_empty() {
        let name = take(&mut rest, 4)?;
        let size = take_size(&mut rest)?;
        let content = take(&mut rest, size)?;
        // Chunks are padded to an even length. The padding of the last one may be missing.
        take(&mut rest, size % 2);
        match name {
            b"ICCP" => icc = icc.or_else(|| Some(content.to_vec())),
            // Some programs write the prefix that belongs to JPEG.
            b"EXIF" => exif = exif.or_else(|| Some(content.strip_prefix(EXIF).unwrap_or(content).to_vec())),
            // Only the first counts, also for the frames of an animation.
            b"VP8X" | b"ANIM" | b"ANMF" | b"ALPH" | b"VP8 " | b"VP8L" if !seen.contains(&name) => {
                seen.push(name);
                add(&mut pixels, name, content);
            }
            _ => {}
        }
    }
    let size = u32::try_from(pixels.len() - 8).ok()?;
    pixels[4..8].copy_from_slice(&size.to_le_bytes());
    Some(Parts { pixels, colour_space: icc.map_or(ColourSpace::Srgb, profile), exif })
}

fn take_size(rest: &mut &[u8]) -> Option<usize> {
    let size = take(rest, 4)?.first_chunk().map(|size| u32::from_le_bytes(*size))?;
    usize::try_from(size).ok()
}

fn add(pixels: &mut Vec<u8>, name: &[u8], content: &[u8]) {
    pixels.extend_from_slice(name);
    pixels.extend((content.len() as u32).to_le_bytes());
    let start = pixels.len();
    pixels.extend_from_slice(content);
    if name == b"VP8X" && !content.is_empty() {
        pixels[start] &= !REMOVED_FLAGS;
    }
    if content.len() % 2 == 1 {
        pixels.push(0);
    }
}
