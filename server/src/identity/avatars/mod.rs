//! Avatars. Every user has one from the start, [`drawn`] from the username alone. A [`picture`] that the user uploads,
//! or copies from a provider, replaces it; it is [stored](store) in the database or in a [`bucket`], so that every
//! instance of the server has it.
//!
//! We never serve the uploaded bytes: a picture is decoded within limits, turned upright, cut square and encoded again
//! in two small sizes. Nothing else of the file survives. Only files that start like a PNG, JPEG or WebP are accepted;
//! SVG, GIF and all others are refused. Of an animation the first frame is kept.
//!
//! Link previews accept no SVG: for them the generated avatar is [`painted`] as pixels.

mod bucket;
mod choose;
mod colour;
mod colour_space;
mod decode;
mod drawn;
mod moving;
mod painted;
mod palette;
mod parts;
mod picture;
mod places;
mod provider_copy;
mod shapes;
mod store;
#[cfg(test)]
mod tests;
mod to_srgb;

pub use bucket::Bucket;
pub use choose::{Turn, choose, remove, turn};
pub use drawn::{generated, generated_file};
pub use moving::{Moved, places, tidy, to_bucket, to_database};
pub(crate) use painted::queue;
pub use painted::{SIDE, is_painted, paint, painted_file};
pub use picture::{MAX_BYTES, Picture, Rendition, Size, TOO_MANY_BYTES, make};
pub(crate) use provider_copy::preview;
pub use provider_copy::{AvatarCopy, Intake, import, wish};
pub(crate) use store::sweep;
pub use store::{Found, Kept, clear, file, find, forget, is_file, keep, look, release, set};

use crate::identity::users::UserSummary;

impl UserSummary {
    /// Returns the file name of the avatar below `/avatars/`: the uploaded one, or the one generated from the username.
    pub fn avatar_file(&self, size: Size) -> String {
        match &self.avatar {
            Some(id) => file(id, size),
            None => generated_file(&self.username),
        }
    }
}
