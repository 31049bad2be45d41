//! What one may see and change about one's own account.

pub mod devices;
