//! Files that end too early: all of them are refused, at any length.

use image::ImageFormat;
use stand_in_github::Picture as Sent;

use super::samples::{file, flag, jpeg_with, noise, webp_with};
use crate::identity::avatars::picture::render;

fn why(bytes: &[u8]) -> String {
    render(bytes).expect_err("it was taken").get("picture").unwrap().to_owned()
}

#[test]
fn refuses_a_file_that_ends_too_early() {
    let missing = "Part of that picture is missing. Send it again, or choose another one.";
    assert_eq!(why(&Sent::Truncated.bytes(1)), missing);
    let baseline = file(&noise(100), ImageFormat::Jpeg);
    let thumbnail = [b"Exif\0\0MM\0\x2a\0\0\0\x08\0\0", file(&flag(60, 60), ImageFormat::Jpeg).as_slice()].concat();
    for (kind, whole) in [
        ("PNG", file(&noise(100), ImageFormat::Png)),
        ("JPEG", baseline.clone()),
        ("JPEG with a whole thumbnail", jpeg_with(&baseline, &[(0xe1, thumbnail)])),
        ("progressive JPEG", include_bytes!("progressive.jpg").to_vec()),
        ("JPEG in inks", include_bytes!("cmyk.jpg").to_vec()),
        ("WebP", file(&noise(100), ImageFormat::WebP)),
        ("WebP with a profile", webp_with(&noise(100), &[1; 500], &[2; 51])),
        ("moving WebP", Sent::AnimatedWebp.bytes(1)),
    ] {
        assert!(render(&whole).is_ok(), "{kind}");
        let ends = [16, 20, 25, 40, whole.len() - 2, whole.len() - 1];
        for end in (1..100).map(|share| whole.len() * share / 100).filter(|end| *end > 16).chain(ends) {
            // The last byte of a WebP may be padding, which may be missing.
            let padding = end == whole.len() - 1 && whole[end] == 0;
            if !padding {
                assert_eq!(why(&whole[..end]), missing, "{kind}: {end} of {} bytes", whole.len());
            }
        }
        // Cut inside the pixels, with an end marker added.
        if kind.contains("JPEG") && !kind.contains("progressive") {
            for share in [50, 70, 90] {
                let closed = [&whole[..whole.len() * share / 100], b"\xff\xd9"].concat();
                assert!(render(&closed).is_err(), "{kind}: {share} % and an end");
            }
        }
        let tail = [whole.as_slice(), b"something else"].concat();
        assert_eq!(render(&tail).unwrap(), render(&whole).unwrap(), "{kind}: what follows does not count");
    }
}
