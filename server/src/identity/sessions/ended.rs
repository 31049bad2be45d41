//! Recently ended sessions. They grant no access; a form their browser sends is still read, to give its text back.

use crate::{base::error::Result, identity::sessions::request::Request};

/// Returns true if the request's cookie names a session that ended within the hour. An unavailable database is an
/// error.
pub(crate) async fn ended_lately(cx: &Request) -> Result<bool> {
    let Some(key) = cx.cookie() else { return Ok(false) };
    // The row of an expired one exists until it is swept.
    Ok(sqlx::query_scalar!(
        r#"
        select exists (select from ended_sessions where id = $1 and ended_at > now() - interval '1 hour')
            or exists (
                select from sessions where id = $1 and user_id is not null and expires_at > now() - interval '1 hour'
            ) as "ended!"
        "#,
        key.as_str(),
    )
    .fetch_one(cx.server.db())
    .await?)
}
