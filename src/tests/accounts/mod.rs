//! Export and deletion of accounts.

pub mod account_deletion;
pub mod large_accounts;
pub mod personal_data;
