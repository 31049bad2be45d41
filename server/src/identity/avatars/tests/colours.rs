//! Colours of pictures whose files declare another colour space than sRGB. The values were computed from the
//! definitions of the colour spaces, with another program.

use image::{DynamicImage, GrayImage, ImageFormat, Luma, RgbImage, Rgba, RgbaImage};
use moxcms::ColorProfile;

use super::samples::{chunk, icc_piece, jpeg_with, packed_profile, plain, png_with, webp_with};
use crate::{base::seeded_rng::SeededRng, identity::avatars::picture::render};

const COLOUR: [u8; 3] = [180, 90, 60];
const OTHER: [u8; 3] = [110, 150, 100];

fn shown(bytes: &[u8]) -> [u8; 3] {
    let large = render(bytes).unwrap().large;
    let format = ImageFormat::from_mime_type(&large.content_type).unwrap();
    let image = image::load_from_memory_with_format(&large.bytes, format).unwrap().into_rgb8();
    image.get_pixel(image.width() / 2, image.height() / 2).0
}

#[track_caller]
fn assert_shows(bytes: &[u8], expected: [u8; 3], what: &str) {
    let shown = shown(bytes);
    assert!(shown.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 2), "{what}: {shown:?}, not {expected:?}");
}

fn jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 100)).unwrap();
    bytes
}

fn with_profile(image: &DynamicImage, icc: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    [
        ("PNG", png_with(image, &[chunk(b"iCCP", &packed_profile(icc))])),
        ("JPEG", jpeg_with(&jpeg(image), &[icc_piece(1, 1, icc)])),
        ("WebP", webp_with(image, icc, &[])),
    ]
}

#[test]
fn profiles_are_converted_in_every_format() {
    for (name, profile, first, second) in [
        ("sRGB", ColorProfile::new_srgb(), COLOUR, OTHER),
        ("Display P3", ColorProfile::new_display_p3(), [193, 83, 51], [98, 151, 94]),
        ("Adobe RGB", ColorProfile::new_adobe_rgb(), [205, 90, 56], [87, 151, 97]),
        ("ProPhoto RGB", ColorProfile::new_pro_photo_rgb(), [250, 73, 68], [94, 174, 110]),
    ] {
        let icc = profile.encode().unwrap();
        for (colour, expected) in [(COLOUR, first), (OTHER, second), ([255; 3], [255; 3]), ([0; 3], [0; 3])] {
            for (format, bytes) in with_profile(&plain(colour), &icc) {
                assert_shows(&bytes, expected, &format!("{name} {format} {colour:?}"));
            }
        }
    }
}

fn numbers(name: &[u8; 4], list: &[u32]) -> Vec<u8> {
    chunk(name, &list.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>())
}

fn gamma(n: u32) -> Vec<u8> {
    numbers(b"gAMA", &[n])
}

fn cicp(list: [u8; 4]) -> Vec<u8> {
    chunk(b"cICP", &list)
}

/// Returns the chromaticities of a space that shares white and blue with sRGB.
fn chrm(red: [u32; 2], green: [u32; 2]) -> Vec<u8> {
    numbers(b"cHRM", &[31_270, 32_900, red[0], red[1], green[0], green[1], 15_000, 6_000])
}

fn p3() -> Vec<u8> {
    chrm([68_000, 32_000], [26_500, 69_000])
}

const IN_P3: [u8; 3] = [193, 83, 51];
const IN_ADOBE: [u8; 3] = [205, 90, 56];

#[test]
fn applies_png_colour_chunks_in_order_of_precedence() {
    let adobe = chrm([64_000, 33_000], [21_000, 71_000]);
    let usual = chrm([64_000, 33_000], [30_000, 60_000]);
    let srgb = chunk(b"sRGB", &[0]);
    let icc = chunk(b"iCCP", &packed_profile(&ColorProfile::new_adobe_rgb().encode().unwrap()));
    for (what, chunks, expected) in [
        ("nothing", vec![], COLOUR),
        ("gAMA of sRGB", vec![gamma(45_455)], COLOUR),
        ("gAMA and cHRM of sRGB", vec![gamma(45_455), usual], COLOUR),
        ("linear gAMA", vec![gamma(100_000)], [219, 160, 133]),
        ("gAMA 1.8", vec![gamma(55_556)], [193, 109, 77]),
        ("cHRM alone", vec![p3()], IN_P3),
        ("gAMA and cHRM of Adobe RGB", vec![gamma(45_471), adobe], IN_ADOBE),
        ("sRGB before gAMA and cHRM", vec![gamma(100_000), p3(), srgb.clone()], COLOUR),
        ("iCCP before sRGB and gAMA", vec![gamma(100_000), srgb, icc.clone()], IN_ADOBE),
        ("cICP of Display P3 before iCCP", vec![cicp([12, 13, 0, 1]), icc], IN_P3),
        ("cICP of sRGB", vec![cicp([1, 13, 0, 1]), gamma(100_000)], COLOUR),
        ("linear cICP of BT.2020", vec![cicp([9, 8, 0, 1])], [249, 151, 128]),
    ] {
        assert_shows(&png_with(&plain(COLOUR), &chunks), expected, what);
    }
}

#[test]
fn ignores_invalid_png_colour_chunks() {
    let mut damaged = p3();
    *damaged.last_mut().unwrap() ^= 1;
    for (what, chunks, expected) in [
        ("reserved cICP", vec![cicp([0, 13, 0, 1]), p3()], IN_P3),
        ("cICP that is not RGB", vec![cicp([12, 13, 1, 1])], COLOUR),
        ("short cICP", vec![chunk(b"cICP", &[12, 13])], COLOUR),
        ("gAMA 0", vec![gamma(0)], COLOUR),
        ("gAMA beyond all sense", vec![gamma(u32::MAX)], COLOUR),
        ("short gAMA", vec![chunk(b"gAMA", &[1, 2])], COLOUR),
        ("cHRM without colours", vec![numbers(b"cHRM", &[31_270; 8])], COLOUR),
        ("cHRM of zeros", vec![numbers(b"cHRM", &[0; 8])], COLOUR),
        ("cHRM with a wrong checksum", vec![damaged], COLOUR),
    ] {
        assert_shows(&png_with(&plain(COLOUR), &chunks), expected, what);
    }
}

#[test]
fn maps_hdr_white_to_white() {
    // 149 is the white of ordinary pictures in PQ, and 192, three quarters of the range, in HLG.
    for (what, transfer, level, expected) in
        [("PQ", 16, 149, 255), ("PQ", 16, 120, 157), ("PQ", 16, 80, 69), ("PQ", 16, 220, 255), ("HLG", 18, 192, 255)]
    {
        let bytes = png_with(&plain([level; 3]), &[chunk(b"cICP", &[1, transfer, 0, 1])]);
        assert_shows(&bytes, [expected; 3], &format!("{what} {level}"));
    }
}

#[test]
fn converts_every_pixel_format_with_its_profile() {
    let p3 = ColorProfile::new_display_p3().encode().unwrap();
    let iccp = |icc: &[u8]| chunk(b"iCCP", &packed_profile(icc));
    let grey = ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
    let [r, g, b] = COLOUR;
    let clear = |alpha| DynamicImage::from(RgbaImage::from_pixel(64, 64, Rgba([r, g, b, alpha])));
    let luma = DynamicImage::from(GrayImage::from_pixel(64, 64, Luma([128])));
    let deep = DynamicImage::from(plain(COLOUR).into_rgb16());
    let half = [193, 83, 51].map(|n| ((u16::from(n as u8) * 128 + 255 * 127) / 255) as u8);
    for (what, image, icc, expected) in [
        ("16 bits", &deep, &p3, [193, 83, 51]),
        ("opaque alpha", &clear(255), &p3, [193, 83, 51]),
        ("half transparent", &clear(128), &p3, half),
        ("transparent", &clear(0), &p3, [255; 3]),
        ("grey with a profile of colours", &luma, &p3, [128; 3]),
        ("grey with a profile of greys", &luma, &grey, [146; 3]),
        ("16 bits of grey", &luma.to_luma16().into(), &grey, [146; 3]),
        ("grey with alpha", &luma.to_luma_alpha8().into(), &grey, [146; 3]),
        ("colours with a profile of greys", &plain(COLOUR), &grey, COLOUR),
    ] {
        assert_shows(&png_with(image, &[iccp(icc)]), expected, what);
    }
    assert_shows(&jpeg_with(&jpeg(&luma), &[icc_piece(1, 1, &grey)]), [146; 3], "a grey JPEG");
}

#[test]
fn reassembles_jpeg_profile_pieces_and_ignores_incomplete_ones() {
    let icc = ColorProfile::new_display_p3().encode().unwrap();
    let (a, b) = icc.split_at(200);
    let (b, c) = b.split_at(100);
    let sent = |pieces: &[(u8, Vec<u8>)]| jpeg_with(&jpeg(&plain(COLOUR)), pieces);
    let whole = [icc_piece(2, 3, b), icc_piece(3, 3, c), icc_piece(1, 3, a)];
    assert_shows(&sent(&whole), [193, 83, 51], "in another order");
    for (what, pieces) in [
        ("one is missing", vec![icc_piece(1, 3, a), icc_piece(3, 3, c)]),
        ("one is there twice", vec![icc_piece(1, 3, a), icc_piece(2, 3, b), icc_piece(2, 3, b)]),
        ("counted from 0", vec![icc_piece(0, 1, &icc)]),
        ("without a number", vec![(0xe2, b"ICC_PROFILE\0".to_vec())]),
    ] {
        assert_shows(&sent(&pieces), COLOUR, what);
    }
}

#[test]
fn treats_invalid_profiles_as_srgb() {
    let whole = ColorProfile::new_display_p3().encode().unwrap();
    let black = {
        let mut profile = ColorProfile::new_display_p3();
        for colorant in [&mut profile.red_colorant, &mut profile.green_colorant, &mut profile.blue_colorant] {
            (colorant.x, colorant.y, colorant.z) = (0.001, 0.001, 0.001);
        }
        profile.encode().unwrap()
    };
    let scanner = [&whole[..16], b"CMYK", &whole[20..]].concat();
    for (what, icc) in [
        ("empty", &[][..]),
        ("a word", b"profile"),
        ("zeros", &[0; 4_096]),
        ("cut in its head", &whole[..100]),
        ("cut in its tags", &whole[..whole.len() / 2]),
        ("all black", &black),
        ("of inks", &scanner),
        ("too large", &vec![1; 5_000_000]),
    ] {
        for (format, bytes) in with_profile(&plain(COLOUR), icc) {
            // In a JPEG the large one would need more than 255 pieces, and it is too large for one piece.
            if icc.len() < 60_000 || format != "JPEG" {
                assert_shows(&bytes, COLOUR, &format!("{what} {format}"));
            }
        }
    }
    let not_packed = chunk(b"iCCP", &[b"A profile\0\0", whole.as_slice()].concat());
    assert_shows(&png_with(&plain(COLOUR), &[not_packed]), COLOUR, "not packed");
}

#[test]
fn renders_images_with_corrupted_profiles() {
    let mut rng = SeededRng::of("a profile with a byte changed");
    for profile in [ColorProfile::new_display_p3().encode().unwrap(), ink_profile()] {
        for _ in 0..100 {
            let mut icc = profile.clone();
            for _ in 0..1 + rng.below(4) {
                let at = rng.below(icc.len() as u64) as usize;
                icc[at] = [0, 1, 0x7f, 0x80, 0xff, rng.below(256) as u8][rng.below(6) as usize];
            }
            render(&jpeg_with(include_bytes!("cmyk.jpg"), &[icc_piece(1, 1, &icc)])).unwrap();
            render(&webp_with(&RgbImage::new(2, 2).into(), &icc, &[])).unwrap();
        }
    }
}

/// Returns a printer profile in which only the amount of ink counts: every colour becomes grey.
fn ink_profile() -> Vec<u8> {
    let mut icc = vec![0; 128];
    icc[8..12].copy_from_slice(&[2, 0x40, 0, 0]);
    icc[12..24].copy_from_slice(b"prtrCMYKLab ");
    icc[36..40].copy_from_slice(b"acsp");
    icc[68..80].copy_from_slice(&[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    icc.extend([0, 0, 0, 1]);
    icc.extend(b"A2B0\0\0\0\x90\0\0\x07\x60");
    icc.extend(b"mft1\0\0\0\0\x04\x03\x02\0");
    icc.extend([1, 0, 0, 0, 1, 0, 0, 0, 1].map(|n: i32| n << 16).iter().flat_map(|n| n.to_be_bytes()));
    let straight = |tables: usize| (0..tables).flat_map(|_| 0..=255_u8);
    icc.extend(straight(4));
    icc.extend((0..16_u32).flat_map(|corner| [255 - 63 * corner.count_ones() as u8, 128, 128]));
    icc.extend(straight(3));
    let size = (icc.len() as u32).to_be_bytes();
    icc[..4].copy_from_slice(&size);
    icc
}

#[test]
fn converts_cmyk_and_ycck_to_rgb() {
    let cmyk = include_bytes!("cmyk.jpg");
    // The last byte of Adobe's segment.
    let adobe = cmyk.windows(5).position(|five| five == b"Adobe").unwrap();
    let mut ycck = cmyk.to_vec();
    ycck[adobe + 11] = 2;
    assert_shows(cmyk, [39, 78, 117], "CMYK without a profile");
    assert_shows(&ycck, [137, 166, 200], "YCCK without a profile");
    let broken = icc_piece(1, 1, &[0; 500]);
    assert_shows(&jpeg_with(cmyk, &[broken]), [39, 78, 117], "CMYK with a broken profile");
    let of_light = icc_piece(1, 1, &ColorProfile::new_display_p3().encode().unwrap());
    assert_shows(&jpeg_with(cmyk, &[of_light]), [39, 78, 117], "CMYK with a profile of light");
    let inks = icc_piece(1, 1, &ink_profile());
    // 520 of 1,020 parts of ink: L* is 255 − 63 × 4 × 0.51, of 255.
    assert_shows(&jpeg_with(cmyk, std::slice::from_ref(&inks)), [118; 3], "CMYK with a profile");
    let [r, g, b] = shown(&jpeg_with(&ycck, &[inks]));
    assert!(r.abs_diff(g) < 3 && g.abs_diff(b) < 3 && r > 140, "YCCK with a profile: {r} {g} {b}");
}
