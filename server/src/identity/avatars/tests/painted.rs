use image::{GenericImageView, ImageFormat, load_from_memory_with_format};

use crate::identity::avatars::{
    drawn::svg,
    painted::{SIDE, is_painted, painted_file, png, raster},
};

#[test]
fn rasterises_the_drawn_avatar_with_its_initial() {
    let bytes = png("ada").unwrap();
    assert!(bytes.len() < 40_000, "{} bytes", bytes.len());
    let image = load_from_memory_with_format(&bytes, ImageFormat::Png).unwrap();
    assert_eq!(image.dimensions(), (SIDE, SIDE));
    let at = |x: u32, y: u32| image.get_pixel(x * SIDE / 96, y * SIDE / 96).0;
    assert_eq!(at(2, 2), [0xfb, 0xa9, 0x62, 255], "the ground");
    assert_eq!(at(10, 80), [0xf3, 0xd3, 0x92, 255], "the large disc");
    assert_eq!(at(66, 10), [0x78, 0xa1, 0xff, 255], "the small disc");
    assert_eq!(at(48, 36), [0x40, 0x20, 0x00, 255], "the point of the A");
    assert_ne!(at(48, 48), [0x40, 0x20, 0x00, 255], "and the ground within it");
}

#[test]
fn centres_every_initial_in_its_avatar() {
    for initial in 'a'..='z' {
        let name = format!("{initial}_x");
        let open = |png: Option<Vec<u8>>| load_from_memory_with_format(&png.unwrap(), ImageFormat::Png).unwrap();
        let (face, bare) = (open(png(&name)), open(raster(&svg(&name, |_, _, _| String::new()))));
        let ink: Vec<_> =
            face.pixels().zip(bare.pixels()).filter(|(a, b)| a.2 != b.2).map(|(a, _)| (a.0, a.1)).collect();
        let share = ink.len() * 100 / (SIDE * SIDE) as usize;
        assert!((1..=12).contains(&share), "{initial}: {share} % of the face");
        let unit = |pixels: u32| pixels * 96 / SIDE;
        let (left, right) = (ink.iter().map(|at| unit(at.0)).min(), ink.iter().map(|at| unit(at.0)).max());
        let (top, foot) = (ink.iter().map(|at| unit(at.1)).min(), ink.iter().map(|at| unit(at.1)).max());
        assert!(left >= Some(30) && right <= Some(66), "{initial}: from {left:?} to {right:?}");
        assert!(top >= Some(31) && foot <= Some(65), "{initial}: from {top:?} down to {foot:?}");
        assert!(left.unwrap().abs_diff(95 - right.unwrap()) <= 2, "{initial} is in the middle: {left:?} {right:?}");
    }
}

#[test]
fn recognises_only_generated_png_file_names() {
    assert_eq!(is_painted(&painted_file("ada_1")), Some("ada_1"));
    for file in [
        "",
        "ada.png",
        "ada-2.png",
        "ada-1.svg",
        "Ada-1.png",
        "../ada-1.png",
        "ab-1.png",
        "ada-1.png.png",
        "ada\0-1.png",
    ] {
        assert_eq!(is_painted(file), None, "{file}");
    }
}
