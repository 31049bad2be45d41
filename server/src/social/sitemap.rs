//! The list of all pages, for search engines. In parts by ranges of ids: each part is one scan of a primary key,
//! independent of the rest, and does not change when newer rows are added.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::base::{
    error::{Error, Result},
    id::PostId,
};

/// The number of ids in one part. The protocol allows 50,000 addresses; fewer keep a part below a megabyte and its
/// statement short.
pub const PART: i64 = 10_000;

/// The most listed parts, of users and of posts; beyond that, search engines find the oldest posts only by links.
const MAX_PARTS: i64 = 25_000;

/// Returns the non-empty parts of each kind, the newest first. One statement, from the newest row down: from each part
/// it jumps to a row of the next, so ranges without rows cost nothing.
pub async fn parts(db: &mut PgConnection) -> Result<Parts> {
    Ok(sqlx::query_as!(
        Parts,
        r#"
        select array(
            with recursive step (part) as (
                (select (u.id - 1) / $1 + 1 from users u where u.suspended_at is null order by u.id desc limit 1)
                union all
                select (
                    select (u.id - 1) / $1 + 1 from users u
                    where u.id <= (s.part - 1) * $1 and u.suspended_at is null order by u.id desc limit 1
                )
                from step s where s.part is not null
            )
            select part from step where part is not null limit $2
        ) as "people!", array(
            with recursive step (part) as (
                (
                    select (p.id - 1) / $1 + 1 from posts p
                    where p.deleted_at is null and (select u.suspended_at is null from users u where u.id = p.author_id)
                    order by p.id desc limit 1
                )
                union all
                select (
                    select (p.id - 1) / $1 + 1 from posts p
                    where p.id <= (s.part - 1) * $1 and p.deleted_at is null
                      and (select u.suspended_at is null from users u where u.id = p.author_id)
                    order by p.id desc limit 1
                )
                from step s where s.part is not null
            )
            select part from step where part is not null limit $2
        ) as "posts!"
        "#,
        PART,
        MAX_PARTS,
    )
    .fetch_one(db)
    .await?)
}

/// The result of [`parts`]: the numbers of the parts, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub people: Vec<i64>,
    pub posts: Vec<i64>,
}

/// Returns the usernames in a part, counted from 1. [`Error::NotFound`] when there are none.
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

/// Returns the posts in a part, each with the time of its last change. [`Error::NotFound`] when there are none.
pub async fn posts(db: &mut PgConnection, part: i64) -> Result<Vec<(PostId, OffsetDateTime)>> {
    let (after, last) = range(part)?;
    // Reads the suspended users, who are few and have an index: a join with all users would read all of them.
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

/// Returns the ids of a part: above the first, up to the second.
fn range(part: i64) -> Result<(i64, i64)> {
    let last = part.checked_mul(PART).filter(|_| part > 0).ok_or(Error::NotFound)?;
    Ok((last - PART, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_contiguous_and_invalid_numbers_not_found() {
        assert_eq!(range(1).unwrap(), (0, PART));
        assert_eq!(range(7).unwrap().1, range(8).unwrap().0);
        for none in [0, -1, i64::MIN, i64::MAX] {
            assert!(matches!(range(none), Err(Error::NotFound)), "{none}");
        }
    }
}
