//! Each behaviour that GitHub documents, and each fault, as a client sees it on the wire.

mod api;
mod authorize;
mod control;
mod modes;
mod token;
mod wire;
