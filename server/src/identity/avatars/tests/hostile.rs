//! H40, H42: files with a false type, files that grow when they are unpacked, and files with extra content.

use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, ImageFormat, RgbaImage, codecs::png};
use stand_in_github::Picture as Sent;

use super::samples::{chunk, file, flag, icc_piece, jpeg_with, noise, webp_with};
use crate::{
    base::seeded_rng::SeededRng,
    identity::avatars::picture::{MAX_BYTES, render},
};

fn why(bytes: &[u8]) -> String {
    render(bytes).expect_err("it was taken").get("picture").unwrap().to_owned()
}

// H40.
#[test]
fn accepts_only_png_jpeg_and_webp_by_content() {
    let bmp = [b"BM".as_slice(), &[0; 60]].concat();
    for (what, bytes) in [
        ("an SVG", Sent::Svg.bytes(1)),
        ("a GIF", Sent::AnimatedGif.bytes(1)),
        ("a page", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("a page that begins with white space", b"\n \t<svg/onload=alert(1)>".to_vec()),
        ("a program", b"\x7fELF\x02\x01\x01".to_vec()),
        ("a PDF", b"%PDF-1.7\n".to_vec()),
        ("a BMP", bmp),
        ("a TIFF", b"II*\0\x08\0\0\0".to_vec()),
        ("a sound in a RIFF", b"RIFF\x24\0\0\0WAVEfmt ".to_vec()),
        ("nothing", Vec::new()),
        ("a PNG that begins a byte late", [b"\0".as_slice(), &Sent::Usual.bytes(1)].concat()),
    ] {
        assert_eq!(why(&bytes), "Choose a PNG, JPEG or WebP picture.", "{what}");
    }
}

// H40.
#[test]
fn removes_scripts_from_polyglots() {
    let picture = render(&Sent::Polyglot.bytes(1_001)).unwrap();
    for rendition in [&picture.small, &picture.large] {
        assert!(!String::from_utf8_lossy(&rendition.bytes).contains("<script"));
    }
    assert_eq!(picture, render(&Sent::Usual.bytes(1_001)).unwrap(), "only its pixels count");
}

// H40.
#[test]
fn removes_appended_and_embedded_data_from_every_format() {
    let script = b"<script>alert(1)</script>";
    let tail = [b"PK\x03\x04".as_slice(), script, b"%PDF-1.7\nGIF89a*/=alert(1)"].concat();
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let plain = file(&flag(60, 60), format);
        let hung_on = [plain.as_slice(), &tail].concat();
        let said = match format {
            // COM: a comment.
            ImageFormat::Jpeg => [&plain[..2], &[0xff, 0xfe, 0, script.len() as u8 + 2], script, &plain[2..]].concat(),
            ImageFormat::Png => {
                [&plain[..33], &chunk(b"tEXt", &[b"Comment\0", script.as_slice()].concat()), &plain[33..]].concat()
            }
            // A chunk of an unknown type, padded to an even length.
            _ => {
                let mut webp = [plain.as_slice(), b"HTML", &26_u32.to_le_bytes(), script, b" "].concat();
                let length = (webp.len() as u32 - 8).to_le_bytes();
                webp[4..8].copy_from_slice(&length);
                webp
            }
        };
        for bytes in [hung_on, said] {
            let picture = render(&bytes).unwrap();
            assert_eq!(picture, render(&plain).unwrap(), "{format:?}: only its pixels count");
            for rendition in [&picture.small, &picture.large] {
                assert!(!String::from_utf8_lossy(&rendition.bytes).contains("alert"), "{format:?}");
            }
        }
    }
}

// H42.
#[test]
#[cfg(target_os = "linux")]
fn false_dimensions_in_headers_use_little_memory() {
    let mut jpeg = file(&flag(60, 60), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    let mut webp = file(&flag(60, 60), ImageFormat::WebP);
    let lossless = webp.windows(4).position(|four| four == b"VP8L").unwrap();
    let before = most_memory();
    // Each declares the largest size of its kind.
    jpeg[frame + 5..frame + 9].fill(0xff);
    webp[lossless + 9..lossless + 12].fill(0xff);
    let large = "That picture is too large: at most 4,096 pixels wide and high.";
    assert_eq!(why(&jpeg), large);
    assert!(render(&webp).is_err());
    // The largest accepted sides, without the pixels for them.
    for side in [4_095_u16, 4_096] {
        jpeg[frame + 5..frame + 7].copy_from_slice(&side.to_be_bytes());
        jpeg[frame + 7..frame + 9].copy_from_slice(&side.to_be_bytes());
        if let Ok(picture) = render(&jpeg) {
            assert!(picture.large.bytes.len() < 200_000);
        }
    }
    let after = most_memory();
    assert!(after < before + 140, "{before} MB, then {after} MB");
}

// H42.
#[test]
fn refuses_oversized_images_by_their_header() {
    let large = "That picture is too large: at most 4,096 pixels wide and high.";
    assert_eq!(why(&Sent::HugeDimensions.bytes(1)), large);
    let line = |width, height| file(&DynamicImage::from(GrayImage::new(width, height)), ImageFormat::Png);
    assert_eq!(why(&line(4_097, 1)), large);
    assert_eq!(why(&line(1, 4_097)), large);
    assert!(render(&line(4_096, 1)).is_ok());
    let jpeg = file(&DynamicImage::new_rgb8(4_097, 8), ImageFormat::Jpeg);
    assert_eq!(why(&jpeg), large);
    let webp = file(&DynamicImage::new_rgb8(8, 4_097), ImageFormat::WebP);
    assert_eq!(why(&webp), large);
    // Allowed by its sides, but not by its sixteen bits per channel.
    let deep = file(&DynamicImage::new_rgba16(4_096, 2_100), ImageFormat::Png);
    assert!(deep.len() < 1_000_000, "a bomb is small: {}", deep.len());
    assert_eq!(why(&deep), large);
}

#[test]
fn reports_corrupted_files_as_unreadable() {
    let unreadable = "That picture cannot be read. Choose another one.";
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let mut whole = file(&noise(100), format);
        let middle = whole.len() / 2;
        whole[middle..middle + 40].fill(0x55);
        if let Err(invalid) = render(&whole) {
            assert_eq!(invalid.get("picture"), Some(unreadable), "{format:?}");
        }
    }
    assert_eq!(why(b"\xff\xd8\xff\xd9"), unreadable);
}

#[test]
fn renders_the_first_frame_of_animations() {
    assert_eq!(render(&Sent::AnimatedWebp.bytes(1)).unwrap().large.content_type, "image/webp");
    // acTL: this PNG is an animation of two frames, of which the image itself is the first.
    let plain = file(&flag(60, 60), ImageFormat::Png);
    let animation = b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0\xf3\x8d\x93\x70";
    let moving = [&plain[..33], animation, &plain[33..]].concat();
    assert_eq!(render(&moving).unwrap(), render(&plain).unwrap());
}

#[test]
fn survives_corrupted_and_truncated_files() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let whole = file(&flag(24, 24), format);
        let mut rng = SeededRng::of("a byte here and there");
        for _ in 0..400 {
            let mut bytes = whole.clone();
            for _ in 0..1 + rng.below(3) {
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] = rng.below(256) as u8;
            }
            bytes.truncate(1 + rng.below(2 * whole.len() as u64) as usize);
            if let Ok(picture) = render(&bytes) {
                assert!(picture.large.bytes.len() < 1_000_000);
            }
        }
    }
}

/// Returns the peak memory of this process, in megabytes. nextest runs every test in its own process.
#[cfg(target_os = "linux")]
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
}

/// Returns sixty-four megabytes of zeros, compressed by zlib: the pixels of a black picture.
fn packed() -> Vec<u8> {
    let black = file(&GrayImage::new(8_192, 8_192).into(), ImageFormat::Png);
    let (mut rest, mut data) = (&black[8..], Vec::new());
    while rest.len() >= 12 {
        let length = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        if &rest[4..8] == b"IDAT" {
            data.extend_from_slice(&rest[8..8 + length]);
        }
        rest = &rest[12 + length..];
    }
    assert!((20_000..2_000_000).contains(&data.len()), "a bomb is small: {}", data.len());
    data
}

// F04, H42.
#[test]
#[cfg(target_os = "linux")]
fn compressed_metadata_is_not_decompressed() {
    let (packed, plain) = (packed(), file(&flag(60, 60), ImageFormat::Png));
    let before = most_memory();
    for (name, head) in [(b"zTXt", &b"Comment\0\0"[..]), (b"iTXt", b"Comment\0\x01\0\0\0"), (b"iCCP", b"sRGB\0\0")] {
        let bomb = chunk(name, &[head, &packed].concat());
        // Only one profile is allowed; texts may fill the file.
        let times = if name == b"iCCP" { 1 } else { 12 };
        let bytes = [&plain[..33], &bomb.repeat(times), &plain[33..]].concat();
        assert!(bytes.len() < MAX_BYTES, "{}", bytes.len());
        if let Ok(picture) = render(&bytes) {
            assert_eq!(picture, render(&plain).unwrap());
        }
    }
    let after = most_memory();
    assert!(after < before + 30, "{before} MB, then {after} MB");
}

// F04, H42.
#[test]
#[cfg(target_os = "linux")]
fn large_metadata_uses_little_memory_and_time() {
    let (jpeg, image) = (file(&flag(60, 60), ImageFormat::Jpeg), flag(60, 60));
    let pieces: Vec<_> = (1..=125).map(|n| icc_piece(n, 125, &[n; 60_000])).collect();
    // Pieces of one long text, each of which announces another.
    let text = |n: u32| {
        let head = b"http://ns.adobe.com/xmp/extension/\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x7f\xff\xff\xff";
        (0xe1, [head.as_slice(), &n.to_be_bytes(), b"x"].concat())
    };
    let texts: Vec<_> = (0..90_000).map(text).collect();
    let comments = vec![(0xfe, vec![b'x'; 60_000]); 125];
    let large = vec![7; 7_000_000];
    let png = [&large[..], b"x"].concat();
    let plain = file(&image, ImageFormat::Png);
    let files = [
        (jpeg_with(&jpeg, &pieces), &jpeg),
        (jpeg_with(&jpeg, &texts), &jpeg),
        (jpeg_with(&jpeg, &comments), &jpeg),
        (webp_with(&image, &large, &[]), &plain),
        (webp_with(&image, &[], &large), &plain),
        ([&plain[..33], &chunk(b"eXIf", &png), &plain[33..]].concat(), &plain),
    ];
    let before = most_memory();
    for (n, (bytes, without)) in files.iter().enumerate() {
        assert!(bytes.len() < MAX_BYTES, "{n}: {}", bytes.len());
        let begun = std::time::Instant::now();
        assert_eq!(render(bytes).unwrap(), render(without).unwrap(), "{n}");
        assert!(begun.elapsed().as_millis() < 1_000, "{n}: {:?}", begun.elapsed());
    }
    let after = most_memory();
    assert!(after < before + 60, "{before} MB, then {after} MB");
}

// H42.
#[test]
fn ten_thousand_frames_render_within_a_second() {
    let webp = Sent::AnimatedWebp.bytes(1);
    let at = webp.windows(4).position(|four| four == b"ANMF").unwrap();
    let half = at + (webp.len() - at) / 2;
    let mut many = [&webp[..at], &webp[at..half].repeat(10_000)].concat();
    let length = (many.len() as u32 - 8).to_le_bytes();
    many[4..8].copy_from_slice(&length);
    let begun = std::time::Instant::now();
    assert_eq!(render(&many).unwrap(), render(&webp).unwrap());
    assert!(begun.elapsed().as_millis() < 1_000, "{:?}", begun.elapsed());
}

// F04, H42.
#[test]
#[cfg(target_os = "linux")]
fn largest_accepted_image_stays_within_the_memory_limit() {
    let clear = RgbaImage::from_fn(4_096, 4_095, |x, y| image::Rgba([x as u8, y as u8, (x ^ y) as u8, x as u8]));
    let mut largest = Vec::new();
    png::PngEncoder::new_with_quality(&mut largest, png::CompressionType::Fast, png::FilterType::Sub)
        .write_image(&clear, 4_096, 4_095, ExtendedColorType::Rgba8)
        .unwrap();
    drop(clear);
    let before = most_memory();
    // The peak already includes creating the file; `render` must hardly raise it.
    render(&largest).unwrap();
    let after = most_memory();
    println!("{before} MB, then {after} MB");
    assert!(after < 160, "{before} MB, then {after} MB");
}

#[test]
fn file_limit_is_eight_megabytes() {
    assert_eq!(MAX_BYTES, 8_388_608);
}
