//! Each behaviour that GitHub documents, and each way of failing, as a client on the wire meets it.

mod api;
mod authorize;
mod control;
mod modes;
mod token;
mod wire;
