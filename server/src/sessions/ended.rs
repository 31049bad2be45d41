//! Sessions that ended a moment ago. They open nothing; what their browser sends is still read, to be given back.

use crate::{error::Result, request::Request};

/// Returns whether the request's cookie names a session that ended within the hour. A database that is away is an error.
pub(crate) async fn ended_lately(cx: &Request) -> Result<bool> {
    let Some(key) = cx.cookie() else { return Ok(false) };
    // One that has expired is there until it is swept.
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
