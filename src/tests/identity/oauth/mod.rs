//! OAuth sign-in, with a stand-in that answers, and fails, as GitHub does, and with an OpenID Connect issuer.

mod arriving;
mod elevating;
mod failing;
mod forged;
mod issuer;
mod lenient;
mod linking;
mod oidc;
mod one_time;
mod proving;
mod races;
mod recovering;
mod returning;
mod sessions;
mod starting;
mod unlinking;
mod user_info;
mod world;

pub use world::{World, come_back, path_of};
