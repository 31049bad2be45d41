//! Accounts with many rows: deletion, suspension and export do not make other users wait.

mod deletion;
mod export;
mod suspension;

use sqlx::PgPool;

use crate::tests::{Site, support::site::as_served};

/// The cast, and `fan000` to `fan029`, on connections with the limits of production. Alan (3) has 1,500 posts, 1,500
/// replies, 3,000 likes given and as many received, 2,000 followers, and follows as many.
async fn site_with_large_account(pool: &PgPool) -> Site {
    drop(Site::with_cast(pool).await);
    let site = Site::new(&as_served(pool, 20));
    site.add_users("fan", 30).await;
    site.sql(LARGE).await;
    site
}

const LARGE: &str = "
    set session_replication_role = replica;
    insert into users (id, username, email, name_line, name_words) overriding system value
    select n, 'reader' || n, 'reader' || n || '@kith.example', 'reader' || n, array_to_tsvector(array['reader' || n])
    from generate_series(1001, 3000) n;
    insert into profile_counts (user_id) select id from users on conflict do nothing;
    insert into posts (id, author_id, body, html) overriding system value
    select 10000 + n, 1000 + n % 2000 + 1, 'of a reader', '<p>of a reader</p>' from generate_series(1, 3000) n;
    insert into posts (id, author_id, body, html) overriding system value
    select 20000 + n, 3, 'of alan', '<p>of alan</p>' from generate_series(1, 1500) n;
    insert into posts (id, author_id, parent_id, body, html) overriding system value
    select 30000 + n, 3, 10000 + n, 'alan replies', '<p>alan replies</p>' from generate_series(1, 1500) n;
    insert into posts (id, author_id, parent_id, body, html) overriding system value
    select 40000 + n, 1001, 20000 + n, 'a reader replies', '<p>a reader replies</p>' from generate_series(1, 100) n;
    select setval('posts_id_seq', 50000);
    insert into likes (post_id, user_id, created_at)
    select 10000 + n, 3, now() - n * interval '1 minute' from generate_series(1, 3000) n;
    insert into likes (post_id, user_id) select 20001, 1000 + n from generate_series(1, 2000) n;
    insert into likes (post_id, user_id) select 20001 + n, 1001 from generate_series(1, 1000) n;
    insert into follows (follower_id, followee_id, created_at)
    select 1000 + n, 3, now() - n * interval '1 minute' from generate_series(1, 2000) n;
    insert into follows (follower_id, followee_id) select 3, 1000 + n from generate_series(1, 2000) n;
    insert into unlikes (post_id, user_id) select 40000 + n, 3 from generate_series(1, 100) n;
    insert into post_versions (post_id, body, written_at)
    select 20001, 'version ' || n, now() from generate_series(1, 500) n;
    insert into notifications (user_id, kind, post_id) select author_id, 'like', id from posts where id in (select post_id from likes where user_id = 3);
    insert into notifications (user_id, kind, post_id) select 3, 'like', id from posts where author_id = 3 and id in (select post_id from likes);
    insert into notifications (user_id, kind, post_id, actor_id)
    select q.author_id, 'reply', p.id, 3 from posts p join posts q on q.id = p.parent_id where p.author_id = 3;
    insert into notifications (user_id, kind, actor_id) select followee_id, 'follow', follower_id from follows;
    insert into audit_events (user_id, kind, ip, user_agent) select 3, 'signed_in', '::1', 'x' from generate_series(1, 500);
    update posts p set like_count = (select count(*) from likes l where l.post_id = p.id),
        reply_count = (select count(*) from posts r where r.parent_id = p.id);
    update profile_counts c set followers = (select count(*) from follows f where f.followee_id = c.user_id),
        following = (select count(*) from follows f where f.follower_id = c.user_id),
        posts = (select count(*) from posts p where p.author_id = c.user_id and p.parent_id is null);
    set session_replication_role = default;
    analyze";

/// Counts that differ from their rows, and notifications in a wrong state: all zero.
async fn assert_consistent(site: &Site) {
    for sql in [
        "select count(*) from posts p where like_count <> (select count(*) from likes l where l.post_id = p.id)",
        "select count(*) from posts p where reply_count <>
            (select count(*) from posts r where r.parent_id = p.id and r.deleted_at is null)",
        "select count(*) from profile_counts c where
            followers <> (select count(*) from follows f where f.followee_id = c.user_id)
            or following <> (select count(*) from follows f where f.follower_id = c.user_id)
            or posts <> (select count(*) from posts p where p.author_id = c.user_id and p.parent_id is null
                and p.deleted_at is null)",
        // While a suspension or deletion is in progress, pages leave them out by themselves.
        "select count(*) from notifications n
            where (n.withdrawn_at is null) <> notifications_holds(n) and not visibility_is_changing()",
    ] {
        assert_eq!(site.count(sql).await, 0, "{sql}");
    }
}
