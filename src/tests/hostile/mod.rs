//! One who means harm, with many connections or none of their own: everybody else goes on as before.

mod bodies;
mod mails;
mod signing_in;

use super::{Answer, Browser, PASSWORD, Site, recovery::link_to, serve, site::as_served};
