//! The notifications of an edit, and their cost at volume.

use sqlx::{PgConnection, PgPool};

use super::{edited, of_post};
use crate::base::{
    error::Result,
    id::{PostId, UserId},
};

/// Inserts users called `p01`, `p02` … with the ids of their names.
async fn people(db: &mut PgConnection, count: i64) -> sqlx::Result<()> {
    sqlx::query(
        "insert into users (id, username, email) overriding system value
         select n, 'p' || lpad(n::text, 2, '0'), n || '@kith.example' from generate_series(1, $1) n",
    )
    .bind(count)
    .execute(db)
    .await
    .map(drop)
}

/// Sets the mentions of a post to these users.
async fn name(db: &mut PgConnection, post: PostId, who: &[UserId]) -> sqlx::Result<()> {
    sqlx::query("delete from post_mentions where post_id = $1").bind(post.0).execute(&mut *db).await?;
    for user in who {
        let insert = sqlx::query("insert into post_mentions (post_id, user_id) values ($1, $2)");
        insert.bind(post.0).bind(user.0).execute(&mut *db).await?;
    }
    Ok(())
}

/// Returns the notified users, and if they have read it.
async fn told(db: &mut PgConnection) -> sqlx::Result<Vec<(i64, String, bool)>> {
    sqlx::query_as(
        "select user_id, kind, read_at is not null from notifications where withdrawn_at is null order by user_id",
    )
    .fetch_all(db)
    .await
}

async fn post(db: &mut PgConnection, author: UserId) -> sqlx::Result<PostId> {
    let insert = sqlx::query_scalar("insert into posts (author_id, body) values ($1, 'x') returning id");
    insert.bind(author.0).fetch_one(db).await.map(PostId)
}

#[sqlx::test(migrations = "../migrations")]
async fn edits_notify_only_newly_mentioned_users(pool: PgPool) -> Result<()> {
    let db = &mut *pool.acquire().await?;
    people(db, 4).await?;
    let [author, alan, grace, ada] = [1, 2, 3, 4].map(UserId);
    let post = post(db, author).await?;
    name(db, post, &[alan, author]).await?;
    of_post(db, post, author, None, &[alan, author]).await?;
    let mention = |user: UserId, read| (user.0, "mention".to_owned(), read);
    assert_eq!(told(db).await?, [mention(alan, false)], "and not oneself");
    sqlx::query("update notifications set read_at = now()").execute(&mut *db).await?;
    for (before, now, expected) in [
        (vec![alan], vec![alan, grace], vec![mention(alan, true), mention(grace, false)]),
        (vec![alan, grace], vec![grace], vec![mention(grace, false)]),
        (vec![grace], vec![alan, ada], vec![mention(alan, true), mention(ada, false)]),
        (vec![alan, ada], vec![], vec![]),
    ] {
        name(db, post, &now).await?;
        edited(db, post, author, &before, &now).await?;
        assert_eq!(told(db).await?, expected);
    }
    // Long after its notification was deleted, an unchanged mention is not new.
    sqlx::query("delete from notifications").execute(&mut *db).await?;
    name(db, post, &[alan]).await?;
    edited(db, post, author, &[alan], &[alan]).await?;
    assert_eq!(told(db).await?, []);
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn posts_create_no_notifications_for_followers(pool: PgPool) -> Result<()> {
    let db = &mut *pool.acquire().await?;
    people(db, 60).await?;
    sqlx::query("insert into follows (follower_id, followee_id) select n, 1 from generate_series(2, 60) n")
        .execute(&mut *db)
        .await?;
    let star = UserId(1);
    let post = post(db, star).await?;
    of_post(db, post, star, None, &[]).await?;
    assert_eq!(told(db).await?, [], "followers read it in their feed");
    Ok(())
}
