//! Pages for accounts: sign-up, sign-in, elevation, settings.

pub mod auth;
pub mod settings;
