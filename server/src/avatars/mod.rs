//! Faces. Everybody has one from the start, [`drawn`] from the username alone. A [`picture`] of their own takes its
//! place when they send one, or bring one along from another service; it is [`kept`](store) in the database or in a
//! [`bucket`], so that every copy of the server has it.
//!
//! What is served is never what was sent: a picture is read within limits, turned upright, cut square and written anew
//! in two small sizes. Nothing else of the file survives. SVG, GIF and whatever else is no PNG, JPEG or WebP by its
//! first bytes is refused; of a moving picture the first frame is kept.
//!
//! Programs that show a link with a picture take no SVG: for them the drawn face is [`painted`].

mod bucket;
mod choose;
mod colour;
mod colour_space;
mod decode;
pub(crate) mod dice;
mod drawn;
mod elsewhere;
mod moving;
mod painted;
mod parts;
mod picture;
mod places;
mod shapes;
mod store;
#[cfg(test)]
mod tests;
mod to_srgb;

pub use bucket::Bucket;
pub use choose::{Turn, choose, remove, turn};
pub use drawn::{generated, generated_file};
pub(crate) use elsewhere::preview;
pub use elsewhere::{Intake, Wish, import, wish};
pub use moving::{Moved, places, tidy, to_bucket, to_database};
pub(crate) use painted::queue;
pub use painted::{SIDE, is_painted, paint, painted_file};
pub use picture::{MOST_BYTES, Picture, Rendition, Size, TOO_MANY_BYTES, make};
pub(crate) use store::sweep;
pub use store::{Found, Kept, clear, file, find, forget, is_file, keep, look, release, set};
