//! The lists in an export. Each is read in pages, ordered by a key with an index.

use serde_json::Value;
use sqlx::PgConnection;

use super::{
    row::{Cursor, Row},
    short,
};
use crate::base::{error::Result, id::UserId};

/// The most rows of one page. A post has at most a few kilobytes.
const PAGE: i64 = 200;

/// A file of the export that holds a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    FormerUsernames,
    Posts,
    Likes,
    Unlikes,
    Following,
    Followers,
    Notifications,
    Devices,
    Activity,
    KnownBrowsers,
    Identities,
    Mailed,
}

impl List {
    pub(super) const ALL: [Self; 12] = [
        Self::FormerUsernames,
        Self::Posts,
        Self::Likes,
        Self::Unlikes,
        Self::Following,
        Self::Followers,
        Self::Notifications,
        Self::Devices,
        Self::Activity,
        Self::KnownBrowsers,
        Self::Identities,
        Self::Mailed,
    ];

    /// Returns the name of the file.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::FormerUsernames => "former_usernames.json",
            Self::Posts => "posts.json",
            Self::Likes => "likes.json",
            Self::Unlikes => "unlikes.json",
            Self::Following => "following.json",
            Self::Followers => "followers.json",
            Self::Notifications => "notifications.json",
            Self::Devices => "devices.json",
            Self::Activity => "activity.json",
            Self::KnownBrowsers => "known_browsers.json",
            Self::Identities => "identities.json",
            Self::Mailed => "mailed.json",
        }
    }
}

/// Returns the account itself.
pub(super) async fn account(db: &mut PgConnection, user: UserId) -> Result<Value> {
    let account = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('username', u.username, 'display_name', u.display_name, 'email', u.email, 'bio', u.bio,
            'pronouns', u.pronouns, 'place', u.place, 'links', u.links, 'role', u.role, 'created_at', u.created_at,
            'digest', jsonb_build_object('rhythm', u.digest_rhythm, 'kinds', u.digest_kinds),
            'has_password', exists (select 1 from passwords p where p.user_id = u.id)) as "row!"
        from users u where u.id = $1
        "#,
        user.0,
    )
    .fetch_one(db)
    .await?;
    Ok(account)
}

/// Returns the page of a list after `after`. Empty at the end of the list.
pub(super) async fn read(db: &mut PgConnection, list: List, user: UserId, after: Cursor) -> Result<Vec<Row>> {
    match list {
        List::Posts => posts(db, user, after).await,
        List::Likes => likes(db, user, after).await,
        List::Unlikes => unlikes(db, user, after).await,
        List::Following => following(db, user, after).await,
        List::Followers => followers(db, user, after).await,
        List::Notifications => notifications(db, user, after).await,
        List::Activity => activity(db, user, after).await,
        // These are short and read completely.
        _ if after.id > 0 => Ok(vec![]),
        List::FormerUsernames => short::former_usernames(db, user).await,
        List::Devices => short::devices(db, user).await,
        List::KnownBrowsers => short::known_browsers(db, user).await,
        List::Identities => short::identities(db, user).await,
        List::Mailed => short::mailed(db, user).await,
    }
}

async fn posts(db: &mut PgConnection, user: UserId, after: Cursor) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select p.created_at as at, p.id, exists (select from post_versions v where v.post_id = p.id) as "nested!",
            jsonb_build_object('id', p.id, 'in_reply_to', p.parent_id, 'body', p.body, 'created_at', p.created_at,
                'edited_at', p.edited_at, 'likes', p.like_count, 'replies', p.reply_count) as "row!"
        from (
            (select id from posts where author_id = $1 and parent_id is null and id > $2 order by id limit $3)
            union all
            (select id from posts where author_id = $1 and parent_id is not null and id > $2 order by id limit $3)
            order by id limit $3
        ) page join posts p on p.id = page.id order by p.id
        "#,
        user.0,
        after.id,
        PAGE,
    );
    Ok(rows.fetch_all(db).await?)
}

/// Returns the versions of a post after `after`, oldest first.
pub(super) async fn versions(db: &mut PgConnection, post: i64, after: i64) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select v.written_at as at, v.id, false as "nested!",
            jsonb_build_object('body', v.body, 'written_at', v.written_at) as "row!"
        from post_versions v where v.post_id = $1 and v.id > $2 order by v.id limit $3
        "#,
        post,
        after,
        PAGE,
    );
    Ok(rows.fetch_all(db).await?)
}

async fn likes(db: &mut PgConnection, user: UserId, after: Cursor) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select l.created_at as at, l.post_id as id, false as "nested!",
            jsonb_build_object('post', l.post_id, 'at', l.created_at) as "row!"
        from likes l where l.user_id = $1 and (l.created_at, l.post_id) < ($2, $3)
        order by l.created_at desc, l.post_id desc limit $4
        "#,
        user.0,
        after.at,
        after.id,
        PAGE,
    );
    Ok(rows.fetch_all(db).await?)
}

async fn unlikes(db: &mut PgConnection, user: UserId, after: Cursor) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select l.at, l.post_id as id, false as "nested!",
            jsonb_build_object('post', l.post_id, 'at', l.at) as "row!"
        from unlikes l where l.user_id = $1 and l.post_id > $2 order by l.post_id limit $3
        "#,
        user.0,
        after.id,
        PAGE,
    );
    Ok(rows.fetch_all(db).await?)
}

async fn following(db: &mut PgConnection, user: UserId, after: Cursor) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select f.created_at as at, f.followee_id as id, false as "nested!",
            jsonb_build_object('username', u.username, 'since', f.created_at) as "row!"
        from follows f left join users u on u.id = f.followee_id and u.deleted_at is null
        where f.follower_id = $1 and (f.created_at, f.followee_id) < ($2, $3)
        order by f.created_at desc, f.followee_id desc limit $4
        "#,
        user.0,
        after.at,
        after.id,
        PAGE,
    );
    Ok(rows.fetch_all(db).await?)
}

async fn followers(db: &mut PgConnection, user: UserId, after: Cursor) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select f.created_at as at, f.follower_id as id, false as "nested!",
            jsonb_build_object('username', u.username, 'since', f.created_at) as "row!"
        from follows f left join users u on u.id = f.follower_id and u.deleted_at is null
        where f.followee_id = $1 and (f.created_at, f.follower_id) < ($2, $3)
        order by f.created_at desc, f.follower_id desc limit $4
        "#,
        user.0,
        after.at,
        after.id,
        PAGE,
    );
    Ok(rows.fetch_all(db).await?)
}

async fn notifications(db: &mut PgConnection, user: UserId, after: Cursor) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select n.updated_at as at, n.id, false as "nested!",
            jsonb_build_object('kind', n.kind, 'post', n.post_id, 'by', u.username, 'first', n.created_at,
                'latest', n.updated_at, 'read_at', n.read_at, 'mailed_at', n.mailed_at) as "row!"
        from notifications n left join users u on u.id = n.actor_id and u.deleted_at is null
        where n.user_id = $1 and n.withdrawn_at is null and (n.updated_at, n.id) < ($2, $3)
        order by n.updated_at desc, n.id desc limit $4
        "#,
        user.0,
        after.at,
        after.id,
        PAGE,
    );
    Ok(rows.fetch_all(db).await?)
}

async fn activity(db: &mut PgConnection, user: UserId, after: Cursor) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select a.at, a.id, false as "nested!", jsonb_build_object('at', a.at, 'event', a.kind, 'detail', a.detail,
            'address', host(a.ip), 'browser', a.user_agent) as "row!"
        from audit_events a where a.user_id = $1 and a.id > $2 order by a.id limit $3
        "#,
        user.0,
        after.id,
        PAGE,
    );
    Ok(rows.fetch_all(db).await?)
}
