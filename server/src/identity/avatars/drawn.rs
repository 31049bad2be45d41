//! The generated avatar of every user: an SVG that is a pure function of the username, so it needs no storage and its
//! address never changes. Its file name has the version of the drawing; a new drawing has a new name, so browsers can
//! cache the old one for ever.

use super::{colour::Rgb, palette::Palette, shapes};
use crate::base::seeded_rng::SeededRng;

/// The version of the drawing. Raise it whenever any avatar would change.
pub(super) const VERSION: &str = "1";

/// Returns the file name of the avatar generated from `username`. Usernames have no `-`, so the username can be read
/// back.
pub fn generated_file(username: &str) -> String {
    format!("{username}-{VERSION}.svg")
}

/// Returns the SVG with the name `file`; `None` unless [`generated_file`] gives this very name for a well-formed
/// username.
pub fn generated(file: &str) -> Option<String> {
    let username = file.strip_suffix(".svg")?.strip_suffix(VERSION)?.strip_suffix('-')?;
    well_formed(username).then(|| svg(username, letter))
}

/// Checks a username like the constraint `users_username_shape`.
pub(super) fn well_formed(username: &str) -> bool {
    (3..=24).contains(&username.len())
        && username.starts_with(|c: char| c.is_ascii_lowercase())
        && username.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Returns the composition for `username`; `letter` draws the letter with the rest of the sequence.
pub(super) fn svg(username: &str, letter: fn(&mut SeededRng, &str, Rgb) -> String) -> String {
    let mut rng = SeededRng::of(username);
    // FNV-1a alone barely moves its high bits for short names that differ at the end.
    rng.next();
    let palette = Palette::new(&mut rng);
    let shapes = shapes::draw(&mut rng, &palette);
    let letter = letter(&mut rng, username, palette.ink);
    let ground = format!(r#"<path fill="{}" d="M0 0h96v96H0z"/>"#, palette.ground);
    format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">{ground}{shapes}{letter}</svg>"#)
}

/// Draws the letter as text, in a font of the reader's system.
fn letter(rng: &mut SeededRng, username: &str, ink: Rgb) -> String {
    let (family, weight) = match rng.below(4) {
        0 => ("ui-serif,Georgia,serif", 700),
        1 => ("ui-rounded,system-ui,sans-serif", 600),
        _ => ("ui-rounded,system-ui,sans-serif", 800),
    };
    let initial = username.chars().next().unwrap_or('k').to_ascii_uppercase();
    let font = format!(r#"font-family="{family}" font-weight="{weight}" font-size="45""#);
    format!(r#"<text x="48" y="64" fill="{ink}" {font} text-anchor="middle">{initial}</text>"#)
}
