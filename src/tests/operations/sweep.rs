//! The sweeper: a failing task is logged, and does not stop the others.

use sqlx::PgPool;

use crate::tests::Site;

const OVER: &str = "update users set suspended_at = now(), suspended_until = now() - interval '1 second',
    suspended_reason = 'x' where username in ('alan', 'barbara', 'edsger')";

#[sqlx::test]
async fn a_failing_restore_does_not_block_other_restores_or_sweeping(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(OVER).await;
    site.sql(
        "create function broken() returns trigger language plpgsql as $$ begin raise 'broken'; end $$;
         create trigger broken before update of suspended_at on users for each row
             when (new.username = 'alan') execute function broken();
         insert into former_usernames (username, user_id, reserved_until) values ('free', 1, now());
         insert into sessions (id, data, expiry_date, expires_at) values ('dead', '', now(), now() - interval '1 minute')",
    )
    .await;
    server::worker::sweep::everything(&site.server).await.expect_err("it says that something is left");
    let suspended = "select count(*) from users where suspended_at is not null";
    assert_eq!((site.count(suspended).await, site.count("select count(*) from former_usernames").await), (1, 0));
    assert_eq!(site.count("select count(*) from sessions").await, 0);
    assert_eq!(site.count("select count(*) from audit_events where kind = 'restored'").await, 2);
    site.sql("drop trigger broken on users").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count(suspended).await, 0);
}

#[sqlx::test]
async fn a_failing_sweep_task_does_not_stop_the_others(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(
        "insert into former_usernames (username, user_id, reserved_until) values ('free', 1, now());
         alter table sessions rename to away",
    )
    .await;
    server::worker::sweep::everything(&site.server).await.unwrap_err();
    assert_eq!(site.count("select count(*) from former_usernames").await, 0);
}

/// A chain of deleted replies, each to the one before; nothing else is below any of them.
const DELETED_CHAIN: &str = "
    set session_replication_role = replica;
    insert into posts (id, parent_id, body, deleted_at) overriding system value
    select n, nullif(n - 1, 0), '', now() from generate_series(1, 5000) n;
    set session_replication_role = default";

#[sqlx::test]
async fn deep_chain_of_deleted_posts_takes_few_statements(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(DELETED_CHAIN).await;
    let mut db = pool.acquire().await.unwrap();
    let mut statements = 0;
    while server::social::posts::prune(&mut db, 1_000).await.unwrap() > 0 {
        statements += 1;
    }
    assert_eq!((statements, site.count("select count(*) from posts").await), (5, 0));
    // A reply that still exists keeps every place above it, and none beside it.
    site.sql(DELETED_CHAIN).await;
    site.sql(
        "insert into posts (id, author_id, parent_id, body) overriding system value values (6000, 1, 2500, 'here')",
    )
    .await;
    while server::social::posts::prune(&mut db, 1_000).await.unwrap() > 0 {}
    assert_eq!(site.count("select count(*) from posts where id <= 2500 or id = 6000").await, 2_501);
    assert_eq!(site.count("select count(*) from posts").await, 2_501);
}

#[sqlx::test]
async fn suspensions_end_during_a_long_sweep(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql(DELETED_CHAIN).await;
    // Alan's suspension ends after the sweeper has begun with the chain.
    site.sql(
        "create function end_suspension() returns trigger language plpgsql as $$ begin
             update users set suspended_at = now(), suspended_until = now() - interval '1 second', suspended_reason = 'x'
             where username = 'alan' and not exists (select from audit_events where kind = 'restored');
             return null;
         end $$;
         create trigger end_suspension after delete on posts for each statement execute function end_suspension()",
    )
    .await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    assert_eq!(site.count("select count(*) from audit_events where kind = 'restored'").await, 1);
    assert_eq!(site.count("select count(*) from posts").await, 0);
}
