//! HTTP that is not pages: what is checked and set around every route.

pub mod cookies;
mod facts;
mod headers;
mod host;
mod origin;
mod next;

pub use facts::{Peer, Shown, facts};
pub use headers::{CSP, private_answers, security_headers};
pub use host::host;
pub use next::safe_next;
pub use origin::same_origin;
