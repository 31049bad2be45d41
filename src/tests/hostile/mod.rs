//! A hostile client, with many connections or none of its own: all other users are served as before.

mod bodies;
mod mails;
mod signing_in;

use super::{Answer, Browser, PASSWORD, Site, recovery::link_to, serve, site::as_served};
