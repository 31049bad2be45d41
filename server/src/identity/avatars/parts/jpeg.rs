//! Reads a JPEG marker by marker (ITU-T T.81, annex B).

use super::{MAX_PROFILE_BYTES, Parts, profile, take};
use crate::identity::avatars::colour_space::ColourSpace;

const START: [u8; 2] = [0xff, 0xd8];
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
/// Adobe's segment: it says how to interpret the channels.
const APP14: u8 = 0xee;
const COMMENT: u8 = 0xfe;
const EXIF: &[u8] = b"Exif\0\0";
const ICC: &[u8] = b"ICC_PROFILE\0";

/// The frames whose scans the decoder reads to the end: baseline and extended sequential.
const SEQUENTIAL: [u8; 2] = [0xc0, 0xc1];

/// The parts found so far.
#[derive(Default)]
struct Segments<'a> {
    adobe: Option<&'a [u8]>,
    /// Everything else that decoding needs, from the first segment to the end marker.
    pixels: Vec<u8>,
    /// The pieces of the profile, each after its number and the total count.
    profile: Vec<&'a [u8]>,
    exif: Option<&'a [u8]>,
    is_sequential: bool,
}

pub(super) fn split(bytes: &[u8]) -> Option<Parts> {
    let mut rest = bytes.strip_prefix(&START)?;
    let mut found = Segments { pixels: Vec::with_capacity(bytes.len()), ..Segments::default() };
    loop {
        let marker = next_marker(&mut rest)?;
        if marker == END {
            // The decoder fills missing data before the end marker with grey. Without a marker it notices.
            if !found.is_sequential {
                found.pixels.extend([0xff, END]);
            }
            return Some(found.into_parts());
        }
        if is_alone(marker) {
            continue;
        }
        let length = rest.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length)))?;
        let segment = take(&mut rest, length.max(2))?;
        found.add(marker, segment);
        if marker == SCAN {
            found.pixels.extend_from_slice(scan(&mut rest)?);
        }
    }
}

/// Skips to the next marker and ignores bytes between segments.
fn next_marker(rest: &mut &[u8]) -> Option<u8> {
    loop {
        let start = rest.iter().position(|byte| *byte == 0xff)?;
        take(rest, start + 1)?;
        // A marker may be filled up with any number of these.
        while rest.first() == Some(&0xff) {
            take(rest, 1)?;
        }
        match take(rest, 1)?[0] {
            0 => {}
            marker => return Some(marker),
        }
    }
}

/// Returns true for the markers without a segment: TEM, RST0 to RST7 and SOI.
fn is_alone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xd0..=0xd8)
}

/// Returns the compressed data after a scan's header, with its restart markers, up to the next other marker.
fn scan<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let belongs = |next: u8| matches!(next, 0 | 0xd0..=0xd7 | 0xff);
    let end = rest.windows(2).position(|two| two[0] == 0xff && !belongs(two[1]))?;
    take(rest, end)
}

impl<'a> Segments<'a> {
    /// Adds a segment; `segment` starts with its length.
    fn add(&mut self, marker: u8, segment: &'a [u8]) {
        let content = &segment[2..];
        self.is_sequential |= SEQUENTIAL.contains(&marker);
        match marker {
            APP1 => self.exif = self.exif.or_else(|| content.strip_prefix(EXIF)),
            APP2 => self.profile.extend(content.strip_prefix(ICC)),
            APP14 => self.adobe = Some(segment),
            // All other APPn.
            0xe0..=0xef | COMMENT => {}
            _ => {
                self.pixels.extend([0xff, marker]);
                self.pixels.extend_from_slice(segment);
            }
        }
    }

    fn into_parts(self) -> Parts {
        // The decoder must know how to interpret the channels before it reads how many there are.
        let adobe = self.adobe.map(|segment| [&[0xff, APP14], segment].concat()).unwrap_or_default();
        let pixels = [&START, adobe.as_slice(), &self.pixels].concat();
        let colour_space = join_profile(self.profile).map_or(ColourSpace::Srgb, profile);
        Parts { pixels, colour_space, exif: self.exif.map(<[u8]>::to_vec) }
    }
}

/// Joins the pieces of a profile (ICC.1, annex B.4) in order of their numbers. Each number must occur once.
fn join_profile(mut pieces: Vec<&[u8]>) -> Option<Vec<u8>> {
    let count = pieces.len();
    pieces.sort_unstable_by_key(|piece| piece.first().copied());
    let mut profile = Vec::new();
    for (number, piece) in (1..).zip(&pieces) {
        let (numbering, data) = piece.split_first_chunk::<2>()?;
        if numbering.map(usize::from) != [number, count] || profile.len() > MAX_PROFILE_BYTES {
            return None;
        }
        profile.extend_from_slice(data);
    }
    (count > 0).then_some(profile)
}
