//! The order of row locks (docs/decisions/0003): a transaction that waits for a user's row holds no lock on a post, or
//! two could wait for each other. Each test stops a verb at the row in question and checks which locks it holds.

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool, Postgres, Transaction};
use tokio::{spawn, task::JoinHandle, time::sleep};

use crate::tests::{Answer, Site};

/// Locks a row in another transaction, with the strongest lock.
async fn held(pool: &PgPool, row: &str) -> Transaction<'static, Postgres> {
    let mut tx = pool.begin().await.unwrap();
    sqlx::query(&format!("select from {row} for update")).execute(&mut *tx).await.unwrap();
    tx
}

/// Returns once a statement waits for a row.
pub async fn waited_for(pool: &PgPool) {
    waiting(pool, 1).await;
}

/// Returns once this many statements wait.
pub async fn waiting(pool: &PgPool, most: i64) {
    let sql = "select count(distinct pid) from pg_locks join pg_stat_activity using (pid)
        where not granted and datname = current_database()";
    while sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await.unwrap() < most {
        sleep(Duration::from_millis(5)).await;
    }
}

/// Asserts that no transaction holds a lock on the post, however weak.
async fn is_free(db: &mut PgConnection, post: i64) {
    let mut tx = db.begin().await.unwrap();
    let sql = format!("select from posts where id = {post} for update nowait");
    sqlx::query(&sql).execute(&mut *tx).await.expect("nobody holds the post");
    tx.rollback().await.unwrap();
}

/// Sends a form of alan's, without waiting for the answer.
async fn sent(site: &Site, path: String, field: (&'static str, &'static str)) -> JoinHandle<Answer> {
    let mut alan = site.signed_in("alan").await;
    spawn(async move { alan.post(&path, &[field]).await })
}

#[sqlx::test]
async fn unliking_locks_the_user_before_the_post(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("ada", "hello").await;
    let like = format!("/posts/{post}/like");
    sent(&site, like.clone(), ("like", "true")).await.await.unwrap();
    let unlike = {
        let mut alan = site.signed_in("alan").await;
        let person = held(&pool, "users where username = 'alan'").await;
        let unlike = spawn(async move { alan.post(&like, &[("like", "false")]).await });
        waited_for(&pool).await;
        is_free(&mut pool.acquire().await.unwrap(), post).await;
        person.rollback().await.unwrap();
        unlike
    };
    assert!(unlike.await.unwrap().status.is_redirection());
    assert_eq!(site.count("select like_count from posts").await, 0);
}

#[sqlx::test]
async fn editing_locks_the_author_before_the_post(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("alan", "hello").await;
    let mut alan = site.signed_in("alan").await;
    let person = held(&pool, "users where username = 'alan'").await;
    let edit = spawn(async move { alan.post(&format!("/posts/{post}/edit"), &[("body", "hello @ada")]).await });
    waited_for(&pool).await;
    is_free(&mut pool.acquire().await.unwrap(), post).await;
    person.rollback().await.unwrap();
    assert_eq!(edit.await.unwrap().flash(), "edited");
}

#[sqlx::test]
async fn rendering_locks_mentioned_users_before_the_posts(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let named = site.post("alan", "hello @ada").await;
    let other = site.post("alan", "hello").await;
    let person = held(&pool, "users where username = 'ada'").await;
    let server = site.server.clone();
    let render = spawn(async move { server::social::posts::render_missing(&server).await.unwrap() });
    waited_for(&pool).await;
    for post in [named, other] {
        is_free(&mut pool.acquire().await.unwrap(), post).await;
    }
    // A text that changed in between does not get the HTML of the previous one.
    site.sql(&format!("update posts set body = 'hello *there*' where id = {named}")).await;
    person.rollback().await.unwrap();
    assert_eq!(render.await.unwrap(), 1);
    assert_eq!(site.count("select count(*) from post_mentions").await, 0);
    assert_eq!(site.count("select count(*) from posts where html is null").await, 1);
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert!(site.browser().get("/").await.body.contains("<em>there</em>"));
}

#[sqlx::test]
async fn liking_never_upgrades_a_weak_lock_on_the_post(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let post = site.post("ada", "hello").await;
    let mut counting = pool.begin().await.unwrap();
    let count = format!("select from posts where id = {post} for no key update");
    sqlx::query(&count).execute(&mut *counting).await.unwrap();
    let like = sent(&site, format!("/posts/{post}/like"), ("like", "true")).await;
    waited_for(&pool).await;
    is_free(&mut counting, post).await;
    counting.rollback().await.unwrap();
    assert!(like.await.unwrap().status.is_redirection());
    assert_eq!(site.count("select like_count from posts").await, 1);
}
