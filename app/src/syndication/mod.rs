//! Syndication: Atom feeds for feed readers. The responses are the same for every client and use no session. Every
//! address is made from the configured origin, never from a request.

pub mod atom;
pub mod xml;
