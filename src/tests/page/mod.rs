//! Rules of pages and forms that hold for every feature.

pub mod form_user;
pub mod preserved_input;
pub mod queries;
pub mod uploads;
