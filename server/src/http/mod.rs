//! HTTP outside of pages: the layers around every route.

mod avatars;
mod bodies;
mod client_ip;
pub mod cookies;
mod drain;
mod error_response;
mod facts;
mod final_slash;
mod headers;
mod health;
mod host;
mod large_head;
mod origin;
mod reports;
mod shared;

pub use avatars::avatar;
pub use bodies::{BodyBudget, SMALL, large_bodies};
pub use drain::drain;
pub use error_response::Refused;
pub use facts::{PageCookies, Peer, facts};
pub use final_slash::final_slash;
pub use headers::{CSP, private_answers, security_headers};
pub use health::{healthz, readyz};
pub use host::host;
pub use large_head::{CLEAR_SITE_DATA, LargeHead, large_head};
pub use origin::same_origin;
pub use reports::csp as csp_report;
pub use shared::shared;
