//! The verification code of a sign-up.

use super::{Step, finish};
use crate::{
    base::error::Result,
    identity::{
        auth::code::{self, TRIES, Tried},
        sessions::{SignInMethod, request::Request},
    },
};

/// Checks a code. The right one creates the account, unless the username was taken in the meantime: then the address
/// stays verified and the user picks another username.
///
/// [`Error::Invalid`] on `code` when it is wrong, expired or used up; [`Error::NotFound`] without a registration.
pub async fn verify(cx: &Request, code: &str) -> Result<Step> {
    let Some(flow) = cx.flow() else { return code::lost(cx).await };
    let typed = code::typed(code)?;
    // Counted before the comparison, so that parallel requests do not get more tries than allowed.
    let row = sqlx::query!(
        r#"
        update registrations set code_attempts = least(code_attempts + 1, $2 + 1)
        where flow_hash = $1 and expires_at > now() and verified_at is null
        returning id, code_hash, code_attempts, coalesce(code_expires_at > now(), false) as "in_time!"
        "#,
        &flow.hash()[..],
        i32::from(TRIES),
    )
    .fetch_optional(cx.server.db())
    .await?;
    let Some(row) = row else { return code::lost(cx).await };
    let attempt = Tried { in_time: row.in_time, attempts: row.code_attempts, stored: row.code_hash.as_deref() };
    attempt.count(cx).await?;
    code::judge(flow, &typed, &attempt)?;
    finish::create(cx, row.id, SignInMethod::SignUp).await
}
