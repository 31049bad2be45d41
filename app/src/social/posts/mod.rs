//! Posts: the card in every list, a post's own page in its conversation, writing, editing and deleting.
//!
//! A plain form posts to the noun it changes and is answered 303; a refused text returns with its message and is never
//! lost. The island uses [`crate::islands::api`], which shares the verbs and the guard.

pub mod composer;
pub mod edit;
pub mod forms;
pub mod page;
mod thread;

pub use self::{
    edit::{change, edit, history},
    forms::{create, delete, reply},
    page::{new, show},
};
