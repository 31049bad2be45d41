//! The code from the mail.

use super::{CODE_TRIES, Step, code_fits, finish, flow};
use crate::{
    error::{Error, Invalid, Result},
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
    let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Invalid::one("code", "The code is six digits. Please check the mail.").into());
    }
    // Counted before it is compared, so that many at once are not more tries than allowed.
    let tried = sqlx::query!(
        r#"
        update registrations set code_tries = least(code_tries + 1, $2 + 1)
        where flow_hash = $1 and expires_at > now() and proved_at is null
        returning id, code_hash, code_tries, coalesce(code_expires_at > now(), false) as "in_time!"
        "#,
        &flow.hash()[..],
        i32::from(CODE_TRIES),
    )
    .fetch_optional(cx.server.db())
    .await?
    .ok_or(Error::NotFound)?;
    if !tried.in_time {
        return Err(Invalid::one("code", "That code has expired. We can send a new one.").into());
    }
    let left = CODE_TRIES - tried.code_tries;
    if left < 0 {
        return Err(Invalid::one("code", "Too many tries for this code. We can send a new one.").into());
    }
    if !tried.code_hash.is_some_and(|stored| code_fits(flow, &code, &stored)) {
        return Err(Invalid::one("code", wrong_code(left)).into());
    }
    finish::create(cx, tried.id, How::SignUp).await
}

fn wrong_code(left: i16) -> String {
    match left {
        0 => "That code isn't right, and it was the last try. We can send a new one.".to_owned(),
        1 => "That code isn't right. You have 1 try left.".to_owned(),
        n => format!("That code isn't right. You have {n} tries left."),
    }
}
