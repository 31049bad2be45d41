//! Users and the ways to sign in: sessions, passwords, codes and links by e-mail, providers, avatars, the audit log.

pub mod audit;
pub mod auth;
pub mod avatars;
pub mod credentials;
pub mod email_links;
pub mod mails;
pub(crate) mod notices;
pub mod oauth;
pub mod sessions;
pub(crate) mod sign_in_methods;
pub mod users;
