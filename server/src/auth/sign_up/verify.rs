//! The code from the mail.

use super::{Step, finish, flow};
use crate::{
    auth::code::{self, TRIES, Tried},
    error::{Error, Result},
    limits,
    request::Request,
    sessions::How,
};

/// Tries a code. The right one makes the account, unless its username was taken meanwhile: then the address stays
/// proved and another username is to be chosen.
///
/// [`Error::Invalid`] on `code` when it is wrong, late or used up; [`Error::NotFound`] without a registration.
pub async fn verify(cx: &Request, code: &str) -> Result<Step> {
    limits::take(&cx.server, limits::CODE_CLIENT, cx.client().limit_key()).await?;
    let flow = flow(cx)?;
    let code = code::typed(code)?;
    // Counted before it is compared, so that many at once are not more tries than allowed.
    let row = sqlx::query!(
        r#"
        update registrations set code_tries = least(code_tries + 1, $2 + 1)
        where flow_hash = $1 and expires_at > now() and proved_at is null
        returning id, code_hash, code_tries, coalesce(code_expires_at > now(), false) as "in_time!"
        "#,
        &flow.hash()[..],
        i32::from(TRIES),
    )
    .fetch_optional(cx.server.db())
    .await?
    .ok_or(Error::NotFound)?;
    let tried = Tried { in_time: row.in_time, tries: row.code_tries, stored: row.code_hash.as_deref() };
    code::judge(flow, &code, &tried)?;
    finish::create(cx, row.id, How::SignUp).await
}
