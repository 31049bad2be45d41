//! Reads a PNG chunk by chunk (W3C, Portable Network Graphics, third edition).

use std::io::Read;

use flate2::{Crc, read::ZlibDecoder};

use super::{MAX_PROFILE_BYTES, Parts, profile, take};
use crate::identity::avatars::colour_space::{Cicp, ColourSpace, Gamma};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The raw colour chunks of the file.
#[derive(Default)]
struct Colours<'a> {
    cicp: Option<&'a [u8]>,
    icc: Option<&'a [u8]>,
    srgb: bool,
    gamma: Option<&'a [u8]>,
    primaries: Option<&'a [u8]>,
}

pub(super) fn split(bytes: &[u8]) -> Option<Parts> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut pixels = Vec::with_capacity(bytes.len());
    pixels.extend_from_slice(SIGNATURE);
    let (mut colours, mut exif) = (Colours::default(), None);
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk()?);
        // Length, name, content and checksum.
        let chunk = take(&mut rest, usize::try_from(length).ok()?.checked_add(12)?)?;
        let (name, content) = (&chunk[4..8], &chunk[8..chunk.len() - 4]);
        match name {
            // The names of critical chunks start with a capital; of the others only the transparency matters.
            _ if name[0].is_ascii_uppercase() || name == b"tRNS" => pixels.extend_from_slice(chunk),
            b"eXIf" if is_whole(chunk) => exif = exif.or_else(|| Some(content.to_vec())),
            _ if is_whole(chunk) => colours.add(name, content),
            _ => {}
        }
        if name == b"IEND" {
            return Some(Parts { pixels, colour_space: colours.colour_space(), exif });
        }
    }
}

/// Returns true if the checksum matches name and content.
fn is_whole(chunk: &[u8]) -> bool {
    let (covered, sum) = chunk[4..].split_at(chunk.len() - 8);
    let mut crc = Crc::new();
    crc.update(covered);
    crc.sum().to_be_bytes() == sum
}

impl<'a> Colours<'a> {
    fn add(&mut self, name: &[u8], content: &'a [u8]) {
        match name {
            b"cICP" => self.cicp = Some(content),
            b"iCCP" => self.icc = Some(content),
            b"sRGB" => self.srgb = true,
            b"gAMA" => self.gamma = Some(content),
            b"cHRM" => self.primaries = Some(content),
            _ => {}
        }
    }

    /// Returns the colour space. Of several chunks the first in this order counts (section 4.3 of the standard).
    fn colour_space(self) -> ColourSpace {
        if let Some(cicp) = self.cicp.and_then(|content| Cicp::parse(content.try_into().ok()?)) {
            return ColourSpace::Cicp(cicp);
        }
        if let Some(content) = self.icc {
            return unpack(content).map_or(ColourSpace::Srgb, profile);
        }
        let numbers = |content: &[u8]| {
            content.chunks_exact(4).map(|four| four.iter().fold(0, |n, byte| n << 8 | u32::from(*byte))).collect()
        };
        let gamma: Option<Vec<u32>> = self.gamma.map(numbers);
        let primaries: Option<Vec<u32>> = self.primaries.map(numbers);
        match Gamma::parse(gamma.as_deref(), primaries.as_deref()) {
            Some(gamma) if !self.srgb => ColourSpace::Gamma(gamma),
            _ => ColourSpace::Srgb,
        }
    }
}

/// Returns the profile in an iCCP chunk: a name that ends with NUL, the method (0: zlib) and the packed profile.
/// Unpacks no more than the largest profile we use.
fn unpack(content: &[u8]) -> Option<Vec<u8>> {
    let end = content.iter().position(|byte| *byte == 0)?;
    let packed = content[end + 1..].strip_prefix(&[0])?;
    let mut icc = Vec::new();
    ZlibDecoder::new(packed).take(MAX_PROFILE_BYTES as u64 + 1).read_to_end(&mut icc).ok()?;
    Some(icc)
}
