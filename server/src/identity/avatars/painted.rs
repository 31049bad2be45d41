//! The generated avatar in pixels, for link previews: none of them accepts SVG. It has the same composition, but the
//! letter is drawn here instead of set in a font of the reader's system.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};
use sqlx::PgConnection;

use super::{
    colour::Rgb,
    drawn::{VERSION, svg, well_formed},
    picture::Rendition,
};
use crate::{
    Server,
    base::{
        cpu_pool::CpuPool,
        error::{Error, Result},
        seeded_rng::SeededRng,
    },
};

/// The side length in pixels.
pub const SIDE: u32 = 512;
/// The side length of the drawing in units.
const UNITS: f32 = 96.0;
/// The most avatars that wait to be painted. Each waits for some milliseconds only.
const WAITING: usize = 32;

/// Returns the queue that paints avatars: one at a time, so that a client that requests all of them leaves the other
/// cores free.
pub(crate) fn queue() -> CpuPool {
    CpuPool::new(1, WAITING)
}

/// Returns the file name of the avatar painted from `username`.
pub fn painted_file(username: &str) -> String {
    format!("{username}-{VERSION}.png")
}

/// Returns the username that belongs to the painted file `file`, if the name is well-formed.
pub fn is_painted(file: &str) -> Option<&str> {
    let username = file.strip_suffix(".png")?.strip_suffix(VERSION)?.strip_suffix('-')?;
    well_formed(username).then_some(username)
}

/// Returns the avatar of `username` as a PNG. Only for existing users: a stranger can request any number of names, but
/// cannot cause a rendering for each.
///
/// # Errors
/// [`Error::NotFound`] when there is no such user; [`Error::Busy`] when too many wait.
pub async fn paint(server: &Server, username: &str) -> Result<Rendition> {
    check(&mut *server.db().acquire().await?, username).await?;
    let username = username.to_owned();
    let bytes = server.painting().run(move || png(&username)).await?;
    let bytes = bytes.ok_or_else(|| Error::internal("an avatar that cannot be painted"))?;
    Ok(Rendition { content_type: "image/png".to_owned(), bytes })
}

async fn check(db: &mut PgConnection, username: &str) -> Result<()> {
    sqlx::query_scalar!("select id from users where username = $1 and suspended_at is null", username)
        .fetch_optional(db)
        .await?
        .map(drop)
        .ok_or(Error::NotFound)
}

/// Renders the PNG: takes some milliseconds and a megabyte.
pub(super) fn png(username: &str) -> Option<Vec<u8>> {
    raster(&svg(username, letter))
}

pub(super) fn raster(svg: &str) -> Option<Vec<u8>> {
    let tree = Tree::from_str(svg, &Options::default()).ok()?;
    let mut pixmap = Pixmap::new(SIDE, SIDE)?;
    let scale = SIDE as f32 / UNITS;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    pixmap.encode_png().ok()
}

/// Draws the letter as strokes with round ends, as wide as the bold text.
fn letter(rng: &mut SeededRng, username: &str, ink: Rgb) -> String {
    let stroke = match rng.below(4) {
        0 => 6.0,
        1 => 5.5,
        _ => 7.0,
    };
    let initial = username.bytes().next().unwrap_or(b'k').to_ascii_lowercase();
    let (width, d) = LETTERS[usize::from(initial.saturating_sub(b'a')).min(25)];
    let x = 48.0 - width / 2.0;
    let round = r#"fill="none" stroke-linecap="round" stroke-linejoin="round""#;
    format!(r#"<path transform="translate({x} 36)" {round} stroke="{ink}" stroke-width="{stroke}" d="{d}"/>"#)
}

/// A to Z: the width of the middle of the stroke, and its path; from 0 at the top to 24 at the bottom.
const LETTERS: [(f32, &str); 26] = [
    (21.0, "M0 24L10.5 0L21 24M3.5 17.5H17.5"),
    (15.0, "M0 11.5H8.5a6.25 6.25 0 0 1 0 12.5H0V0H8a5.75 5.75 0 0 1 0 11.5"),
    (18.5, "M18.5 4.2A11 12 0 1 0 18.5 19.8"),
    (18.0, "M0 0V24H7a11 12 0 0 0 0-24z"),
    (13.5, "M13.5 0H0V24H13.5M0 12H12"),
    (13.5, "M13.5 0H0V24M0 12H12"),
    (20.5, "M18.5 4.2A11 12 0 1 0 20.5 18V12.5H13.5"),
    (17.0, "M0 0V24M17 0V24M0 12H17"),
    (0.0, "M0 0V24"),
    (12.5, "M12.5 0V17.5a6.25 6.5 0 0 1-12.5 0"),
    (16.5, "M0 0V24M16 0L0 14.5M6 9.5L16.5 24"),
    (13.0, "M0 0V24H13"),
    (22.0, "M0 24V0L11 16L22 0V24"),
    (17.5, "M0 24V0L17.5 24V0"),
    (22.0, "M11 0a11 12 0 0 1 0 24a11 12 0 0 1 0-24z"),
    (15.5, "M0 24V0H8.5a7 7 0 0 1 0 14H0"),
    (22.0, "M11 0a11 12 0 0 1 0 24a11 12 0 0 1 0-24zM14 16.5L21 24.5"),
    (16.0, "M0 24V0H8.5a7 7 0 0 1 0 14H0M8.5 14L16 24"),
    (
        16.0,
        "M15 4.4C13.8 1.6 11 0 7.8 0C3.6 0 .6 2.4 .6 6C.6 13.6 16 10.2 16 17.8C16 21.6 12.6 24 8.2 24C4.4 24 1.2 22.2 0 19",
    ),
    (18.0, "M0 0H18M9 0V24"),
    (17.0, "M0 0V15.5a8.5 8.5 0 0 0 17 0V0"),
    (18.5, "M0 0L9.25 24L18.5 0"),
    (26.0, "M0 0L6.5 24L13 4L19.5 24L26 0"),
    (17.0, "M0 0L17 24M17 0L0 24"),
    (18.0, "M0 0L9 12.5L18 0M9 12.5V24"),
    (17.0, "M.5 0H16.5L0 24H17"),
];
