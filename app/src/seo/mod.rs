//! For search engines: a list of the pages, and of the paths to skip. The responses are the same for every client and
//! use no session. Every address is made from the configured origin, never from a request.

pub mod robots;
pub mod sitemap;
