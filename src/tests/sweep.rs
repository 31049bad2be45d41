//! Sweeping: what cannot be done is logged, and keeps nothing else from being done.

use sqlx::PgPool;

use super::Site;

const OVER: &str = "update users set suspended_at = now(), suspended_until = now() - interval '1 second',
    suspended_reason = 'x' where username in ('alan', 'barbara', 'edsger')";

#[sqlx::test]
async fn one_who_cannot_be_restored_keeps_nobody_suspended_and_nothing_unswept(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(OVER).await;
    site.sql(
        "create function broken() returns trigger language plpgsql as $$ begin raise 'broken'; end $$;
         create trigger broken before update of suspended_at on users for each row
             when (new.username = 'alan') execute function broken();
         insert into former_usernames (username, user_id, released_at) values ('free', 1, now());
         insert into sessions (id, data, expiry_date, expires_at) values ('dead', '', now(), now() - interval '1 minute')",
    )
    .await;
    server::sweep::everything(&site.server).await.expect_err("it says that something is left");
    let suspended = "select count(*) from users where suspended_at is not null";
    assert_eq!((site.count(suspended).await, site.count("select count(*) from former_usernames").await), (1, 0));
    assert_eq!(site.count("select count(*) from sessions").await, 0);
    assert_eq!(site.count("select count(*) from audit_events where kind = 'restored'").await, 2);
    site.sql("drop trigger broken on users").await;
    server::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count(suspended).await, 0);
}

#[sqlx::test]
async fn what_cannot_be_swept_leaves_the_rest_swept(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "insert into former_usernames (username, user_id, released_at) values ('free', 1, now());
         alter table sessions rename to away",
    )
    .await;
    server::sweep::everything(&site.server).await.unwrap_err();
    assert_eq!(site.count("select count(*) from former_usernames").await, 0);
}

#[sqlx::test]
async fn suspending_and_restoring_may_take_longer_than_a_page(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    // Much may hang on a person. This says how long it may take.
    site.sql(
        "create table allowed (time text);
         create function note_time() returns trigger language plpgsql as $$ begin
             insert into allowed values (current_setting('statement_timeout'));
             return null;
         end $$;
         create trigger note_time after update of suspended_at on users for each row execute function note_time()",
    )
    .await;
    let alan = server::accounts::find(&site.server, "alan").await.unwrap();
    server::accounts::suspend(&site.server, alan, "a test", None).await.unwrap();
    server::accounts::restore(&site.server, alan).await.unwrap();
    site.sql(OVER).await;
    server::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from allowed where time = '1min'").await, 5);
}
