//! A hostile client, with many connections or none of its own: all other users are served as before.

mod bodies;
mod mails;
mod signing_in;

use crate::tests::{
    Answer, Browser, PASSWORD, Site, identity::recovery::link_to, operations::serve, support::site::as_served,
};
