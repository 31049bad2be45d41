//! Everything that needs to know all about one user: the operator's commands, suspension, export, deletion.

mod admin;
mod erase;
pub mod export;
pub mod leave;
mod visibility;

pub(crate) use admin::restore_due;
pub use admin::{
    INVITATION_HOURS, Listed, MAX_SUSPENSION_HOURS, Suspension, find, history, invite, list, restore, set_role, show,
    sign_out_everywhere, start_reset, suspend, withdraw_invitation,
};
pub(crate) use erase::enqueue_missing;
pub use erase::erase;
pub(crate) use visibility::settle;
