use std::collections::HashSet;

use crate::{
    base::seeded_rng::SeededRng,
    identity::avatars::{
        drawn::{generated, generated_file},
        palette::{LEGIBLE, Palette},
    },
};

fn picture(username: &str) -> String {
    generated(&generated_file(username)).unwrap_or_default()
}

/// Returns a thousand plausible usernames.
fn names() -> impl Iterator<Item = String> {
    let starts = ["ada", "mia", "jo_n", "li4", "anna_b", "kwame", "zoe", "tom", "priya", "sven"];
    let ends = ["", "_k", "7", "88", "_reads", "x", "lee", "_tan", "2", "son"];
    starts.into_iter().flat_map(move |a| ends.into_iter().flat_map(move |b| (0..10).map(move |n| format!("{a}{b}{n}"))))
}

#[test]
fn drawn_avatars_never_change() {
    let ada = [
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">"##,
        r##"<path fill="#fba962" d="M0 0h96v96H0z"/>"##,
        r##"<circle cx="28" cy="68" r="41" fill="#f3d392"/>"##,
        r##"<circle cx="66" cy="18" r="27" fill="#78a1ff"/>"##,
        r##"<text x="48" y="64" fill="#402000" font-family="ui-rounded,system-ui,sans-serif" font-weight="800" font-size="45" text-anchor="middle">A</text>"##,
        r##"</svg>"##,
    ];
    assert_eq!(picture("ada"), ada.concat());
    let digest = names().fold(0_u64, |sum, name| sum.rotate_left(1) ^ SeededRng::of(&picture(&name)).next());
    assert_eq!(digest, 1_897_444_075_151_055_915, "raise VERSION when a picture changes on purpose");
}

#[test]
fn drawn_avatars_are_small_well_formed_and_mostly_distinct() {
    let mut seen = HashSet::new();
    for name in names() {
        let svg = picture(&name);
        assert!((200..=900).contains(&svg.len()), "{name}: {} bytes", svg.len());
        well_formed(&svg);
        seen.insert(svg);
    }
    assert!(seen.len() >= 990, "{} of 1,000", seen.len());
}

/// Checks that every tag is closed by its own name, every attribute is quoted, and nothing in between needs escaping.
fn well_formed(svg: &str) {
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else { panic!("an open tag in {svg}") };
        assert!(!text.contains('&') && tag.matches('"').count() % 2 == 0, "{svg}");
        let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{svg}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        let attributes = tag.split('"').step_by(2).map(str::trim).filter(|word| word.contains('='));
        assert!(attributes.clone().all(|word| word.ends_with('=')), "{svg}");
    }
    assert!(open.is_empty(), "{svg}");
}

#[test]
fn every_palette_has_legible_contrast() {
    for n in 0..5_000 {
        let palette = Palette::new(&mut SeededRng::nth("palette", n));
        assert!(palette.contrast() >= LEGIBLE, "{:.2}", palette.contrast());
    }
}

#[test]
fn recognises_only_generated_avatar_file_names() {
    for name in ["ada", "a_1", "abcdefghijklmnopqrstuvwx"] {
        assert!(generated(&generated_file(name)).is_some(), "{name}");
    }
    let long = format!("{}-1.svg", "a".repeat(300));
    let wrong = [
        "",
        "-1.svg",
        ".svg",
        "ada",
        "ada-1",
        "ada.svg",
        "ada-2.svg",
        "ada-11.svg",
        "ada-1.svg.svg",
        "ada-1.SVG",
        "Ada-1.svg",
        "../x",
        "../ada-1.svg",
        "a/b-1.svg",
        "ab-1.svg",
        "1ada-1.svg",
        "_ada-1.svg",
        "ada-b-1.svg",
        "ada\0-1.svg",
        "ädä-1.svg",
        "ada%20-1.svg",
        "abcdefghijklmnopqrstuvwxy-1.svg",
        &long,
    ];
    for file in wrong {
        assert_eq!(generated(file), None, "{file}");
    }
}
