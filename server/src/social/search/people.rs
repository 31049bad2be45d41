//! Finds users by the beginnings of the words of their names, and by similar spelling.

use super::{Query, Search};
use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
        tokenizer,
    },
    identity::users::UserSummary,
};

/// The number of users on one page.
pub const PEOPLE: i64 = 20;
/// The most users with a matching name that are read, before the best known of them are chosen.
const CANDIDATES: i64 = 300;
/// If more users match: the number of best known users that are checked in addition.
const KNOWN: i64 = 1_000;
/// The most users with similar names that are read.
const MAX_SIMILAR: i64 = 400;

/// A user in the results.
#[derive(Clone, Debug)]
pub struct FoundUser {
    pub author: UserSummary,
    pub followers: i64,
    /// True if the viewer follows this user.
    pub followed: bool,
}

/// The position in the results: the quality of the match, the number of followers, the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    fit: i32,
    followers: i64,
    id: i64,
}

impl std::fmt::Display for Rank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.fit, self.followers, self.id)
    }
}

impl std::str::FromStr for Rank {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.split('-');
        let mut part = || parts.next().and_then(|part| part.parse::<i64>().ok()).ok_or(Error::NotFound);
        let (fit, followers, id) = (part()?, part()?, part()?);
        let fit = i32::try_from(fit).map_err(|_| Error::NotFound)?;
        if parts.next().is_none() { Ok(Self { fit, followers, id }) } else { Err(Error::NotFound) }
    }
}

/// The columns of [`FoundUser`] and of its rank.
struct FoundUserRow {
    id: i64,
    username: String,
    display_name: String,
    avatar: Option<String>,
    followers: i64,
    followed: bool,
    fit: i32,
}

impl FoundUserRow {
    fn rank(&self) -> Rank {
        Rank { fit: self.fit, followers: self.followers, id: self.id }
    }
}

impl From<FoundUserRow> for FoundUser {
    fn from(row: FoundUserRow) -> Self {
        let FoundUserRow { id, username, display_name, avatar, followers, followed, .. } = row;
        Self { author: UserSummary { id: UserId(id), username, display_name, avatar }, followers, followed }
    }
}

/// One page of users, those with exactly the typed name first, then by number of followers.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub people: Vec<FoundUser>,
    /// The cursor of the next page; `None` on the last.
    pub more: Option<Rank>,
}

impl Search<'_> {
    /// Returns the users in whose names every word of `query` starts a word, after `after`; first the one with that
    /// username.
    pub async fn people(&mut self, query: &Query, viewer: Option<UserId>, after: Option<Rank>) -> Result<People> {
        if query.is_empty() {
            return Ok(People::default());
        }
        let rows = self.named(query, viewer, after).await?;
        let has_more = rows.len() as i64 > PEOPLE;
        let people = PEOPLE as usize;
        let more = rows.iter().take(people).next_back().filter(|_| has_more).map(FoundUserRow::rank);
        let people = rows.into_iter().take(people).map(FoundUser::from).collect();
        Ok(People { people, more })
    }

    /// Returns one row more than a page has.
    async fn named(&mut self, query: &Query, viewer: Option<UserId>, after: Option<Rank>) -> Result<Vec<FoundUserRow>> {
        Ok(sqlx::query_as!(
            FoundUserRow,
            r#"
            with query as materialized (
                select string_agg(quote_literal(n), ' & ')::tsquery as whole,
                       string_agg(quote_literal(n) || ':*', ' & ')::tsquery as starts
                from unnest($1::text[]) as words (n)
            ), fitting as materialized (
                select id from users where name_words @@ (select starts from query) and suspended_at is null limit $3
            ), found as materialized (
                select id from users where username = $2
                union (
                    select id from users where name_words @@ (select whole from query) and suspended_at is null limit $3
                )
                union select id from fitting
                -- So many have that name that the best known may not be among those looked at.
                union (
                    select known.user_id from (
                        select user_id from profile_counts order by followers desc, user_id limit $9
                    ) known
                    cross join lateral (
                        select u.name_words from users u
                        where u.id = known.user_id and u.suspended_at is null offset 0
                    ) u
                    where (select count(*) from fitting) = $3 and u.name_words @@ (select starts from query)
                )
            ), ranked as (
                select u.id, u.username, u.display_name, u.avatar, c.followers,
                       case when u.username = $2 then 2 when u.name_words @@ (select whole from query) then 1 else 0 end as fit
                from found f
                cross join lateral (
                    select u.id, u.username, u.display_name, u.avatar, u.name_words from users u
                    where u.id = f.id and u.suspended_at is null offset 0
                ) u
                cross join lateral (select c.followers from profile_counts c where c.user_id = f.id offset 0) c
            )
            select id as "id!", username as "username!", display_name as "display_name!", avatar,
                   followers as "followers!", fit as "fit!",
                   exists (select 1 from follows where follower_id = $4 and followee_id = r.id) as "followed!"
            from ranked r where (fit, followers, -id) < ($5, $6, -$7::bigint)
            order by fit desc, followers desc, id limit $8
            "#,
            &tokenizer::name_prefixes(&query.line()),
            query.username(),
            CANDIDATES,
            viewer.map(|v| v.0),
            after.map_or(i32::MAX, |r| r.fit),
            after.map_or(i64::MAX, |r| r.followers),
            after.map_or(0, |r| r.id),
            PEOPLE + 1,
            KNOWN,
        )
        .fetch_all(&mut *self.tx)
        .await?)
    }

    /// Returns at most `most` users with similarly spelled names, the most similar first.
    pub async fn spelled_like(&mut self, query: &Query, viewer: Option<UserId>, most: i64) -> Result<Vec<FoundUser>> {
        let rows = sqlx::query_as!(
            FoundUserRow,
            r#"
            with query as materialized (select $1::text as line),
            found as materialized (
                select users_spelled_like(line, $2) as id from query where char_length(line) >= 3
            )
            select u.id as "id!", u.username as "username!", u.display_name as "display_name!", u.avatar,
                   c.followers as "followers!", 0 as "fit!",
                   exists (select 1 from follows where follower_id = $3 and followee_id = u.id) as "followed!"
            from found f
            cross join lateral (
                select u.id, u.username, u.display_name, u.avatar, u.name_line from users u
                where u.id = f.id and u.suspended_at is null offset 0
            ) u
            cross join lateral (select c.followers from profile_counts c where c.user_id = f.id offset 0) c
            -- Every word is like one of the name, not only most of them.
            where not exists (
                select 1 from query, unnest(string_to_array(line, ' ')) n where word_similarity(n, u.name_line) < 0.4
            )
            order by word_similarity((select line from query), u.name_line) desc, c.followers desc, u.id limit $4
            "#,
            tokenizer::name(&query.line()).line,
            MAX_SIMILAR,
            viewer.map(|v| v.0),
            most,
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows.into_iter().map(FoundUser::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_round_trip_and_refuse_invalid_text() {
        let rank = Rank { fit: 1, followers: 12, id: 345 };
        assert_eq!(rank.to_string().parse::<Rank>().ok(), Some(rank));
        for odd in ["", "1", "1-2", "1-2-3-4", "a-b-c", "1--2-3", "99999999999-1-1", "1-99999999999999999999-1"] {
            assert!(odd.parse::<Rank>().is_err(), "{odd}");
        }
    }
}
