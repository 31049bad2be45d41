//! The page of the user's notifications, newest first, by cursor. One statement, however many actors a row has.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::NotificationKind;
use crate::{
    base::{
        error::Result,
        id::{PostId, UserId},
        paged::Paged,
        time_cursor::TimeCursor,
    },
    identity::{sessions::request::Member, users::UserSummary},
    social::markup,
};

/// The number of rows on one page.
pub const PAGE: i64 = 30;

/// One row of the page.
#[derive(Clone, Debug)]
pub struct Notification {
    pub id: i64,
    pub kind: NotificationKind,
    /// The reply, the post that mentions the user, or the user's own post that was liked.
    pub post: Option<PostId>,
    /// The start of that post, in one line without markup.
    pub excerpt: String,
    /// The actors, the latest first: only three of many likes.
    pub actors: Vec<UserSummary>,
    /// The total number of actors.
    pub count: i64,
    /// The time of the newest event.
    pub at: OffsetDateTime,
    pub unread: bool,
    /// True if the user follows the new follower back.
    pub followed: bool,
}

/// One page of the list.
#[derive(Clone, Debug)]
pub struct Page {
    pub rows: Vec<Notification>,
    /// The cursor of the next, older page; `None` on the last page.
    pub older: Option<TimeCursor>,
    /// The newest counted notification, even if it has no actor left to show.
    pub newest: Option<TimeCursor>,
}

/// Returns the notifications of `me`, below `before` (from the newest when `None`).
pub async fn page(db: &mut PgConnection, me: &Member, before: Option<TimeCursor>) -> Result<Page> {
    let start = before.unwrap_or(TimeCursor::END);
    let rows = sqlx::query_as!(
        Row,
        r#"
        select n.id, n.kind, n.post_id, n.updated_at, n.read_at is null as "unread!",
               coalesce(p.body, '') as "body!",
               case n.kind when 'like' then p.like_count - (
                   select count(*) from likes l where l.post_id = n.post_id and l.user_id = $1
               ) else 1 end as "count!",
               n.kind = 'follow' and exists (
                   select from follows f where f.follower_id = $1 and f.followee_id = n.actor_id
               ) as "followed!",
               who.ids as "ids: Vec<i64>", who.usernames as "usernames: Vec<String>",
               who.names as "names: Vec<String>", who.avatars as "avatars: Vec<Option<String>>"
        from (
            select id, kind, post_id, actor_id, updated_at, read_at from notifications
            where user_id = $1 and withdrawn_at is null and (updated_at, id) < ($2, $3)
            order by updated_at desc, id desc limit $4
        ) n
        left join posts p on p.id = n.post_id
        cross join lateral (
            select array_agg(u.id order by a.at desc, u.id) as ids,
                   array_agg(u.username order by a.at desc, u.id) as usernames,
                   array_agg(u.display_name order by a.at desc, u.id) as names,
                   array_agg(u.avatar order by a.at desc, u.id) as avatars
            from (
                select n.actor_id as user_id, n.updated_at as at 
                where n.actor_id is not null and is_notified($1, n.actor_id)
                union all
                (select l.user_id, l.created_at from likes l
                 where n.kind = 'like' and l.post_id = n.post_id and is_notified($1, l.user_id)
                 order by l.created_at desc, l.user_id limit 3)
            ) a join users u on u.id = a.user_id
        ) who
        order by n.updated_at desc, n.id desc
        "#,
        me.id().0,
        start.at,
        start.id,
        PAGE + 1,
    )
    .fetch_all(db)
    .await?;
    let cursor = |row: &Row| TimeCursor { at: row.updated_at, id: row.id };
    let newest = rows.first().map(cursor);
    let page = Paged::from_rows(rows, PAGE, cursor, Row::notification);
    Ok(Page { rows: page.items.into_iter().flatten().collect(), older: page.next, newest })
}

struct Row {
    id: i64,
    kind: String,
    post_id: Option<i64>,
    updated_at: OffsetDateTime,
    unread: bool,
    body: String,
    count: i64,
    followed: bool,
    ids: Option<Vec<i64>>,
    usernames: Option<Vec<String>>,
    names: Option<Vec<String>>,
    avatars: Option<Vec<Option<String>>>,
}

impl Row {
    /// Returns `None` when no actor is left: the notification is being withdrawn at this moment.
    fn notification(self) -> Option<Notification> {
        let (ids, usernames, names, avatars) = (self.ids?, self.usernames?, self.names?, self.avatars?);
        let people = ids.into_iter().zip(usernames).zip(names).zip(avatars);
        let actors: Vec<_> = people
            .map(|(((id, username), display_name), avatar)| UserSummary {
                id: UserId(id),
                username,
                display_name,
                avatar,
            })
            .collect();
        Some(Notification {
            id: self.id,
            kind: NotificationKind::parse(&self.kind)?,
            post: self.post_id.map(PostId),
            excerpt: markup::plain(&self.body),
            count: self.count.max(actors.len() as i64),
            actors,
            at: self.updated_at,
            unread: self.unread,
            followed: self.followed,
        })
    }
}
