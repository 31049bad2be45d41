//! Which pages there are, for search engines. In parts by ranges of ids: each is one walk along a primary key, whatever
//! else there is, and stays as it was when newer rows come.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    error::{Error, Result},
    id::PostId,
};

/// Ids in one part. The protocol allows 50,000 addresses; fewer keep a part below a megabyte and its statement short.
pub const PART: i64 = 10_000;

/// How many parts there are of each kind. One statement, two rows read.
pub async fn parts(db: &mut PgConnection) -> Result<Parts> {
    let newest = sqlx::query!(r#"select (select max(id) from users) as people, (select max(id) from posts) as posts"#)
        .fetch_one(db)
        .await?;
    let parts = |newest: Option<i64>| newest.map_or(0, |id| (id - 1) / PART + 1);
    Ok(Parts { people: parts(newest.people), posts: parts(newest.posts) })
}

/// See [`parts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    pub people: i64,
    pub posts: i64,
}

/// The usernames in a part, counted from 1. [`Error::NotFound`] when there are none.
pub async fn people(db: &mut PgConnection, part: i64) -> Result<Vec<String>> {
    let (after, last) = range(part)?;
    let rows = sqlx::query_scalar!(
        "select username from users where id > $1 and id <= $2 and suspended_at is null order by id",
        after,
        last,
    )
    .fetch_all(db)
    .await?;
    if rows.is_empty() { Err(Error::NotFound) } else { Ok(rows) }
}

/// The posts in a part, and since when each is as it is. [`Error::NotFound`] when there are none.
pub async fn posts(db: &mut PgConnection, part: i64) -> Result<Vec<(PostId, OffsetDateTime)>> {
    let (after, last) = range(part)?;
    // Asked of the suspended, who are few and have an index: joined with everybody, it would read everybody.
    let rows = sqlx::query!(
        r#"
        select p.id, coalesce(p.edited_at, p.created_at) as "since!" from posts p
        where p.id > $1 and p.id <= $2 and p.deleted_at is null
          and p.author_id not in (select u.id from users u where u.suspended_at is not null)
        order by p.id
        "#,
        after,
        last,
    )
    .fetch_all(db)
    .await?;
    if rows.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(rows.into_iter().map(|row| (PostId(row.id), row.since)).collect())
}

/// The ids of a part: above the first, up to the second.
fn range(part: i64) -> Result<(i64, i64)> {
    let last = part.checked_mul(PART).filter(|_| part > 0).ok_or(Error::NotFound)?;
    Ok((last - PART, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_without_a_gap() {
        assert_eq!(range(1).unwrap(), (0, PART));
        assert_eq!(range(7).unwrap().1, range(8).unwrap().0);
        for none in [0, -1, i64::MIN, i64::MAX] {
            assert!(matches!(range(none), Err(Error::NotFound)), "{none}");
        }
    }
}
