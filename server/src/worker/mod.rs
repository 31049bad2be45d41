//! Background work: the workers that run jobs, and the periodic clean-up. May call anything above.

mod job;
mod mail;
#[cfg(feature = "dev")]
mod mail_samples;
mod pool;
pub mod sweep;

pub use job::{LEASE, run_due};
#[cfg(feature = "dev")]
pub use mail::open_for_test;
#[cfg(feature = "dev")]
pub use mail_samples::mail_samples;
pub use pool::WorkerPool;
