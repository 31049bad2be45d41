//! Databases, mail servers, processes, and the operator's commands.

pub mod database;
pub mod faults;
pub mod lock_order;
pub mod operator;
pub mod schema;
pub mod serve;
pub mod smtp;
pub mod storms;
pub mod sweep;
