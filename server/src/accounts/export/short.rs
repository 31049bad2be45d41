//! The lists in an export that have an upper limit, such as the devices of a user. Each is read completely.

use sqlx::PgConnection;

use super::row::Row;
use crate::base::{error::Result, id::UserId};

pub(super) async fn former_usernames(db: &mut PgConnection, user: UserId) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select n.reserved_until as at, n.user_id as id, false as "nested!",
            jsonb_build_object('username', n.username, 'until', n.reserved_until) as "row!"
        from former_usernames n where n.user_id = $1 order by n.reserved_until
        "#,
        user.0,
    );
    Ok(rows.fetch_all(db).await?)
}

pub(super) async fn devices(db: &mut PgConnection, user: UserId) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select s.created_at as at, u.id, false as "nested!",
            jsonb_build_object('browser', s.user_agent, 'address', host(s.ip), 'how', s.sign_in_method,
                'signed_in_at', s.created_at, 'last_seen_at', s.last_seen_at, 'ends_at', s.ends_at) as "row!"
        from sessions s join users u on u.id = s.user_id where u.id = $1 order by s.created_at
        "#,
        user.0,
    );
    Ok(rows.fetch_all(db).await?)
}

pub(super) async fn known_browsers(db: &mut PgConnection, user: UserId) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select b.first_seen_at as at, b.user_id as id, false as "nested!",
            jsonb_build_object('first_seen_at', b.first_seen_at, 'last_seen_at', b.last_seen_at) as "row!"
        from known_browsers b where b.user_id = $1 order by b.first_seen_at
        "#,
        user.0,
    );
    Ok(rows.fetch_all(db).await?)
}

pub(super) async fn identities(db: &mut PgConnection, user: UserId) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select i.linked_at as at, i.id, false as "nested!",
            jsonb_build_object('provider', i.provider, 'issuer', i.issuer, 'subject', i.subject, 'login', i.login,
                'linked_at', i.linked_at, 'last_used_at', i.last_used_at) as "row!"
        from identities i where i.user_id = $1 order by i.id
        "#,
        user.0,
    );
    Ok(rows.fetch_all(db).await?)
}

/// Returns the codes and links that were sent by e-mail. The pending or former address of a change is among them.
pub(super) async fn mailed(db: &mut PgConnection, user: UserId) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select c.created_at as "at!", c.id as "id!", false as "nested!", jsonb_build_object('what', 'code',
            'for', c.purpose, 'email', c.email, 'mailed_at', c.created_at, 'until', c.expires_at) as "row!"
        from email_codes c where c.user_id = $1
        union all select l.created_at, l.id, false, jsonb_build_object('what', 'link', 'for', l.purpose, 'email', l.email,
            'mailed_at', l.created_at, 'until', l.expires_at, 'ended_at', l.used_at)
        from email_links l where l.user_id = $1
        "#,
        user.0,
    );
    Ok(rows.fetch_all(db).await?)
}
