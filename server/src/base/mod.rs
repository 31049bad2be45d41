//! Building blocks without a table and without HTTP: errors, ids, text, random values, queues for the CPU. Knows no
//! other group.

pub mod client;
pub mod clock;
pub mod cpu_pool;
pub mod error;
pub mod fair_queue;
pub mod id;
pub(crate) mod input;
pub mod paged;
pub mod random;
pub(crate) mod read_only;
pub mod redirect_target;
pub(crate) mod seeded_rng;
pub mod text;
pub mod time_cursor;
pub(crate) mod tokenizer;
