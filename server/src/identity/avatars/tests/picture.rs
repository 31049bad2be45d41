use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use super::samples::{file, flag, jpeg_with_exif, noise, photograph};
use crate::identity::avatars::picture::{Picture, Rendition, render};

fn open(rendition: &Rendition) -> DynamicImage {
    let format = ImageFormat::from_mime_type(&rendition.content_type).unwrap();
    image::load_from_memory_with_format(&rendition.bytes, format).unwrap()
}

/// Returns the strongest colour at a point of the large size, given by shares of its width and height.
fn colour(picture: &Picture, x: f64, y: f64) -> char {
    let image = open(&picture.large).into_rgb8();
    let at = |share: f64, size: u32| (share * f64::from(size)) as u32;
    let [r, g, b] = image.get_pixel(at(x, image.width()), at(y, image.height())).0;
    if r > g && r > b {
        'r'
    } else if g > b {
        'g'
    } else {
        'b'
    }
}

#[test]
fn renders_each_format_as_two_square_sizes() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let picture = render(&file(&flag(900, 600), format)).unwrap();
        let (small, large) = (open(&picture.small), open(&picture.large));
        assert_eq!((small.width(), small.height(), large.width(), large.height()), (96, 96, 400, 400), "{format:?}");
        assert_eq!([0.1, 0.5, 0.9].map(|x| colour(&picture, x, 0.5)), ['r', 'g', 'b'], "{format:?}");
    }
}

#[test]
fn crops_to_the_centre() {
    let wide = render(&file(&flag(1_200, 200), ImageFormat::Png)).unwrap();
    assert_eq!([0.05, 0.5, 0.95].map(|x| colour(&wide, x, 0.5)), ['g'; 3]);
    assert_eq!(open(&wide.large).width(), 200, "not blown up");
    let tall = render(&file(&flag(300, 900), ImageFormat::Png)).unwrap();
    assert_eq!([0.1, 0.5, 0.9].map(|x| colour(&tall, x, 0.9)), ['r', 'g', 'b']);
}

#[test]
fn applies_exif_orientation_and_removes_metadata() {
    let sides = |orientation| {
        let picture = render(&jpeg_with_exif(&flag(600, 600), orientation)).unwrap();
        for rendition in [&picture.small, &picture.large] {
            let text = String::from_utf8_lossy(&rendition.bytes).into_owned();
            assert!(!text.contains("GPS") && !text.contains("Exif") && !text.contains("Secret"), "{orientation}");
        }
        [(0.1, 0.5), (0.5, 0.1), (0.9, 0.5), (0.5, 0.9)].map(|(x, y)| colour(&picture, x, y))
    };
    // Left, top, right, bottom.
    assert_eq!(sides(1), ['r', 'g', 'b', 'g']);
    assert_eq!(sides(3), ['b', 'g', 'r', 'g']);
    assert_eq!(sides(6), ['g', 'r', 'g', 'b'], "a telephone held upright");
    assert_eq!(sides(8), ['g', 'b', 'g', 'r']);
    assert_eq!(sides(99), ['r', 'g', 'b', 'g'], "nonsense turns nothing");
}

#[test]
fn transparent_pixels_become_white() {
    let clear = RgbaImage::from_fn(200, 200, |x, _| Rgba([0, 0, 0, if x < 100 { 0 } else { 255 }]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let picture = render(&file(&clear.clone().into(), format)).unwrap();
        let image = open(&picture.large).into_rgb8();
        assert!(image.get_pixel(20, 100).0.iter().all(|c| *c > 250), "{format:?}");
        assert!(image.get_pixel(180, 100).0.iter().all(|c| *c < 5), "{format:?}");
    }
}

#[test]
fn accepts_every_pixel_format() {
    let flag = flag(300, 300);
    for image in [
        DynamicImage::from(flag.to_luma8()),
        flag.to_luma_alpha8().into(),
        flag.to_luma16().into(),
        flag.to_rgba8().into(),
        flag.to_rgb16().into(),
        flag.to_rgba16().into(),
    ] {
        assert_eq!(open(&render(&file(&image, ImageFormat::Png)).unwrap().large).width(), 300);
    }
}

#[test]
fn identical_images_share_an_id_and_different_ones_do_not() {
    let png = file(&flag(500, 500), ImageFormat::Png);
    let first = render(&png).unwrap();
    assert_eq!(first, render(&png).unwrap());
    assert_eq!(first.id.len(), 16);
    assert_ne!(first.id, render(&file(&flag(500, 400), ImageFormat::Png)).unwrap().id);
    // Converted again it stays small.
    assert!(render(&first.large.bytes).is_ok());
}

#[test]
fn chooses_the_smaller_output_format() {
    let drawing = render(&file(&flag(800, 800), ImageFormat::Png)).unwrap();
    assert_eq!(drawing.large.content_type, "image/webp");
    let photograph = render(&file(&photograph(800), ImageFormat::Png)).unwrap();
    assert_eq!(photograph.large.content_type, "image/jpeg");
    let noise = render(&file(&noise(800), ImageFormat::Png)).unwrap();
    let sizes = [&drawing, &photograph, &noise].map(|p| (p.small.bytes.len(), p.large.bytes.len()));
    println!("{sizes:?}");
    assert!(sizes.iter().all(|(small, large)| *small < 10_000 && *large < 200_000), "{sizes:?}");
}
