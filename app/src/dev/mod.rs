//! Pages for developers only: the mailbox, and the page by hand that the bench compares with.

#[cfg(feature = "bench")]
pub mod bench_page;
#[cfg(feature = "dev")]
pub mod mail;
