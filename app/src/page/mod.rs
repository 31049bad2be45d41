//! The parts that every page needs: the data of its request, the document and its two shells, forms, messages, errors.

pub mod assets;
pub mod document;
pub mod error_page;
pub mod error_responses;
pub mod flash;
mod form_error;
pub mod form_user;
pub mod forms;
mod head;
mod layout;
pub mod nav;
pub mod page_query;
pub mod preserve_input;
pub mod public;
pub mod resume_form;
pub mod theme;
pub mod uploads;
pub mod visit;

pub use self::{
    document::{Page, Shell, card, fragment},
    form_error::FormError,
    nav::Tab,
    page_query::PageQuery,
    public::Public,
    visit::Visit,
};
