//! Everything that needs to know all about one user: the operator's commands, suspension, export, deletion.

pub mod deletion;
mod deletion_job;
pub mod export;
mod operator;
mod visibility;

pub(crate) use deletion_job::enqueue_missing;
pub use deletion_job::erase;
pub(crate) use operator::restore_due;
pub use operator::{
    INVITATION_HOURS, Listed, MAX_SUSPENSION_HOURS, Suspension, find, history, invite, list, restore, set_role, show,
    sign_out_everywhere, start_reset, suspend, withdraw_invitation,
};
pub(crate) use visibility::settle;
