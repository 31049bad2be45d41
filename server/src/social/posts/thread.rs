//! Conversations: the posts above a post, and the replies below it. Each is one statement that reads a bounded number
//! of rows by their index, however long or deep the conversation is: the rest is behind a link to another page.
//! (`offset 0` makes the planner do so: a few hundred rows are no reason to read all posts.)
//!
//! A post that cannot be read (deleted, or of a suspended user) keeps its place as long as it has replies, so that the
//! replies of others can be reached and understood.

use std::collections::HashMap;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Post, PostRow};
use crate::base::{
    error::{Error, Result},
    id::{PostId, UserId},
};

/// The most posts above a post on its page.
pub const ABOVE: i64 = 20;
/// The number of direct replies on one page.
pub const DIRECT: i64 = 20;
/// The replies shown below each of them, and below each of those.
pub const SECOND: i64 = 3;
pub const THIRD: i64 = 2;

/// The most replies to a post that are checked to count the readable ones.
const COUNTED: i64 = 20;

/// A place in a conversation: a post or a placeholder.
#[derive(Clone, Debug)]
pub struct Place {
    pub id: PostId,
    pub parent: Option<PostId>,
    /// True if its page lists any reply, even if only placeholders.
    pub answered: bool,
    /// The number of readable replies: without those of suspended users. `None` when there are many, or they were not
    /// counted.
    pub readable: Option<i64>,
    pub stands: ThreadEntry,
}

/// The content of a place.
#[derive(Clone, Debug)]
pub enum ThreadEntry {
    Post(Box<Post>),
    /// Its author deleted the post or the account.
    Deleted,
    /// Its author is suspended.
    Hidden,
}

impl Place {
    /// Returns the post, if it can be read.
    pub fn post(&self) -> Option<&Post> {
        match &self.stands {
            ThreadEntry::Post(post) => Some(post),
            ThreadEntry::Deleted | ThreadEntry::Hidden => None,
        }
    }
}

/// A post's place and the places above it.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The parent of the topmost, when more exist than are shown.
    pub earlier: Option<PostId>,
    /// The places it replies to, from the top down.
    pub above: Vec<Place>,
    pub place: Place,
}

/// A reply, and the first replies to it.
#[derive(Clone, Debug)]
pub struct Branch {
    pub place: Place,
    pub below: Vec<Branch>,
    /// True if it has more replies than `below` contains.
    pub more: bool,
}

/// One page of the replies to a post, oldest first.
#[derive(Clone, Debug)]
pub struct Replies {
    pub branches: Vec<Branch>,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<PostId>,
}

struct PlaceRow {
    id: i64,
    parent_id: Option<i64>,
    body: String,
    html: Option<String>,
    created_at: OffsetDateTime,
    edited_at: Option<OffsetDateTime>,
    like_count: i64,
    reply_count: i64,
    liked: bool,
    answered: bool,
    readable: Option<i64>,
    suspended: bool,
    author_id: Option<i64>,
    username: Option<String>,
    display_name: Option<String>,
    avatar: Option<String>,
}

impl From<PlaceRow> for Place {
    fn from(row: PlaceRow) -> Self {
        let (id, parent, answered) = (PostId(row.id), row.parent_id.map(PostId), row.answered);
        let stands = match (row.author_id, row.username, row.display_name) {
            _ if row.suspended => ThreadEntry::Hidden,
            (Some(author_id), Some(username), Some(display_name)) => ThreadEntry::Post(Box::new(Post::from(PostRow {
                id: row.id,
                parent_id: row.parent_id,
                body: row.body,
                html: row.html,
                created_at: row.created_at,
                edited_at: row.edited_at,
                like_count: row.like_count,
                reply_count: row.reply_count,
                liked: row.liked,
                author_id,
                username,
                display_name,
                avatar: row.avatar,
            }))),
            _ => ThreadEntry::Deleted,
        };
        Self { id, parent, answered, readable: row.readable, stands }
    }
}

/// Returns a place and those above it, as `viewer` sees them. One statement. [`Error::NotFound`] when there is no such
/// place.
pub async fn chain(db: &mut PgConnection, id: PostId, viewer: Option<UserId>) -> Result<Chain> {
    let rows = sqlx::query_as!(
        PlaceRow,
        r#"
        with recursive up as (
            select p.id, p.parent_id, 0::bigint as height from posts p where p.id = $2
            union all
            select p.id, p.parent_id, up.height + 1 from up join posts p on p.id = up.parent_id where up.height < $3
        )
        select p.id, p.parent_id, p.body, p.html, p.created_at, p.edited_at, p.like_count, p.reply_count,
               exists (select 1 from likes l where l.post_id = p.id and l.user_id = $1 offset 0) as "liked!",
               exists (
                   select 1 from posts r left join users v on v.id = r.author_id
                   where r.parent_id = p.id
                     and (v.suspended_at is null or exists (select 1 from posts s where s.parent_id = r.id offset 0))
                   offset 0
               ) as "answered!",
               null::bigint as readable,
               u.suspended_at is not null and u.deleted_at is null as "suspended!",
               case when u.deleted_at is null then u.id end as author_id, u.username as "username?", u.display_name as "display_name?", u.avatar
        from up cross join lateral (
            select id, parent_id, author_id, body, html, created_at, edited_at, like_count, reply_count
            from posts where id = up.id offset 0
        ) p left join users u on u.id = p.author_id
        order by up.height desc
        "#,
        viewer.map(|v| v.0),
        id.0,
        ABOVE,
    )
    .fetch_all(db)
    .await?;
    let mut above: Vec<Place> = rows.into_iter().map(Place::from).collect();
    let place = above.pop().ok_or(Error::NotFound)?;
    let earlier = above.first().unwrap_or(&place).parent;
    Ok(Chain { earlier, above, place })
}

/// Returns the replies to a post after `after` (from the oldest when `None`), each with its first replies. One
/// statement.
///
/// Leaves out a suspended user's post without replies.
pub async fn replies(
    db: &mut PgConnection,
    parent: PostId,
    viewer: Option<UserId>,
    after: Option<PostId>,
) -> Result<Replies> {
    let mut by_parent: HashMap<Option<PostId>, Vec<Place>> = HashMap::new();
    for place in reply_rows(db, parent, viewer, after).await?.into_iter().map(Place::from) {
        by_parent.entry(place.parent).or_default().push(place);
    }
    let (branches, more) = take_branches(&mut by_parent, parent, &[DIRECT, SECOND, THIRD]);
    let next = branches.last().filter(|_| more).map(|branch| branch.place.id);
    Ok(Replies { branches, next })
}

/// Returns the rows of [`replies`], on each level one more than is shown: it only indicates that there are more.
async fn reply_rows(
    db: &mut PgConnection,
    parent: PostId,
    viewer: Option<UserId>,
    after: Option<PostId>,
) -> Result<Vec<PlaceRow>> {
    let rows = sqlx::query_as!(
        PlaceRow,
        r#"
        with one as (
            select p.id from posts p left join users u on u.id = p.author_id
            where p.parent_id = $2 and p.id > $3
              and (u.suspended_at is null or exists (select 1 from posts r where r.parent_id = p.id offset 0))
            order by p.id limit $4
        ), two as (
            select n.id from one cross join lateral (
                select p.id from posts p left join users u on u.id = p.author_id
                where p.parent_id = one.id
                  and (u.suspended_at is null or exists (select 1 from posts r where r.parent_id = p.id offset 0))
                order by p.id limit $5
            ) n
        ), three as (
            select n.id from two cross join lateral (
                select p.id from posts p left join users u on u.id = p.author_id
                where p.parent_id = two.id
                  and (u.suspended_at is null or exists (select 1 from posts r where r.parent_id = p.id offset 0))
                order by p.id limit $6
            ) n
        )
        select p.id, p.parent_id, p.body, p.html, p.created_at, p.edited_at, p.like_count, p.reply_count,
               exists (select 1 from likes l where l.post_id = p.id and l.user_id = $1 offset 0) as "liked!",
               exists (
                   select 1 from posts r left join users v on v.id = r.author_id
                   where r.parent_id = p.id
                     and (v.suspended_at is null or exists (select 1 from posts s where s.parent_id = r.id offset 0))
                   offset 0
               ) as "answered!",
               -- how many of the first answers can be read; none when there are more than were looked at
               case when t.level < 3 then (
                   select case when count(*) <= $7 then count(*) filter (where exists (
                       select 1 from users v where v.id = r.author_id and v.suspended_at is null offset 0
                   )) end
                   from (select author_id from posts where parent_id = p.id order by id limit $7::bigint + 1) r
               ) end as readable,
               u.suspended_at is not null and u.deleted_at is null as "suspended!",
               case when u.deleted_at is null then u.id end as author_id, u.username as "username?", u.display_name as "display_name?", u.avatar
        from (
            select id, 1 as level from one union all select id, 2 from two union all select id, 3 from three
        ) t
        cross join lateral (
            select id, parent_id, author_id, body, html, created_at, edited_at, like_count, reply_count
            from posts where id = t.id offset 0
        ) p left join users u on u.id = p.author_id
        order by p.id
        "#,
        viewer.map(|v| v.0),
        parent.0,
        after.map_or(0, |a| a.0),
        DIRECT + 1,
        SECOND + 1,
        THIRD + 1,
        COUNTED,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Returns the branches of a place, on each level at most the given number, and true if there are more.
fn take_branches(by_parent: &mut HashMap<Option<PostId>, Vec<Place>>, on: PostId, most: &[i64]) -> (Vec<Branch>, bool) {
    let Some((most, deeper)) = most.split_first() else { return (Vec::new(), false) };
    let found = by_parent.remove(&Some(on)).unwrap_or_default();
    let more = found.len() > *most as usize;
    let branches = found.into_iter().take(*most as usize).map(|place| {
        let (below, more) = take_branches(by_parent, place.id, deeper);
        // Replies to the last level were not read.
        let more = more || (below.is_empty() && place.answered && deeper.is_empty());
        Branch { place, below, more }
    });
    (branches.collect(), more)
}
