//! The data held about a user, derived from the schema: every column that refers to a user, and every one that holds an
//! address, is in the user export or left out for a reason; and none of it outlives the account.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read},
};

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use sqlx::PgPool;
use tower::ServiceExt;

use crate::tests::{Browser, Site};

/// The place of a column in the user export.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    In(&'static str),
    /// Left out, and the reason.
    Not(&'static str),
}

use Held::{In, Not};

/// Every column that refers to a user. A new one fails the test until it has an entry here.
const REFERS: [(&str, Held); 26] = [
    ("audit_events.actor_id", Not("the same events stand in activity.json by whose account they are about")),
    ("audit_events.user_id", In("activity.json")),
    ("bio_mentions.owner_id", Not("who is named in their bio, which is in account.json")),
    ("bio_mentions.user_id", Not("what others wrote, which is theirs")),
    ("email_codes.user_id", In("mailed.json")),
    ("digests.user_id", Not("only when the next digest is due")),
    ("follows.followee_id", In("followers.json")),
    ("follows.follower_id", In("following.json")),
    ("former_usernames.user_id", In("former_usernames.json")),
    ("identities.user_id", In("identities.json")),
    ("known_browsers.user_id", In("known_browsers.json")),
    ("likes.user_id", In("likes.json")),
    ("email_links.user_id", In("mailed.json")),
    ("changed_usernames.user_id", Not("only until what names them is rendered again")),
    ("notifications.actor_id", Not("what others were told, which is theirs")),
    ("notifications.user_id", In("notifications.json")),
    ("authorization_requests.user_id", Not("only hashes, for ten minutes")),
    ("passwords.user_id", In("account.json")),
    ("post_keys.author_id", Not("only digests, for a day")),
    ("post_mentions.user_id", Not("what others wrote, which is theirs; that one was told is in notifications.json")),
    ("posts.author_id", In("posts.json")),
    ("profile_counts.user_id", Not("counts of what is in the other files")),
    ("sessions.user_id", In("devices.json")),
    ("unlikes.user_id", In("unlikes.json")),
    ("unsubscribe_links.user_id", Not("only hashes")),
    ("visibility_changes.user_id", Not("only until the notifications they caused are withdrawn or brought back")),
];

/// Every column that holds an e-mail address.
const ADDRESSES: [(&str, Held); 7] = [
    ("pending_oauth_sign_ups.addresses", Not("of a visitor without an account")),
    ("pending_oauth_sign_ups.verified", Not("of a visitor without an account")),
    ("email_codes.email", In("mailed.json")),
    ("jobs.payload", Not("a mail on its way to its reader")),
    ("email_links.email", In("mailed.json")),
    ("registrations.email", Not("of a visitor without an account")),
    ("users.email", In("account.json")),
];

/// Data of alan's in every table that can hold some.
const EVERYTHING: &str = "
    with me as (select id from users where username = 'alan'), post as (
        insert into posts (author_id, body) select id, 'what alan wrote' from me returning id
    ), other as (
        insert into posts (author_id, body) select id, 'what ada wrote' from users where username = 'ada' returning id
    ), liked as (insert into likes (post_id, user_id) select other.id, me.id from other, me)
    , unliked as (insert into unlikes (post_id, user_id) select other.id, me.id from other, me)
    , named as (insert into post_mentions (post_id, user_id) select other.id, me.id from other, me)
    , named_in_a_bio as (
        insert into bio_mentions (owner_id, user_id, name) select a.id, b.id, b.username from users a, users b
        where (a.username, b.username) in (('alan', 'ada'), ('ada', 'alan'))
    ), called_otherwise as (insert into changed_usernames (user_id) select id from me)
    , key as (insert into post_keys (author_id, key, post_id) select me.id, '\\x01', post.id from me, post)
    , told as (
        insert into notifications (user_id, actor_id, kind, post_id)
        select a.id, b.id, 'follow', null from users a, users b
        where (a.username, b.username) in (('alan', 'ada'), ('ada', 'alan')) returning id
    ), following as (
        insert into follows (follower_id, followee_id) select a.id, b.id from users a, users b
        where (a.username, b.username) in (('alan', 'ada'), ('ada', 'alan')) returning 1
    ), due as (insert into digests (user_id, due_at) select id, now() from me on conflict do nothing)
    , visibility as (insert into visibility_changes (user_id) select id from me)
    , stop as (insert into unsubscribe_links (token_hash, user_id) select '\\x01', id from me)
    , way as (
        insert into authorization_requests (state_hash, browser_hash, provider, intent, user_id, session_id)
        select '\\x01', '\\x01', 'github', 'link', id, gen_random_uuid() from me
    ), name as (insert into former_usernames (username, user_id) select 'turing', id from me)
    , code as (
        insert into email_codes (flow_hash, purpose, user_id, email, expires_at)
        select '\\x01', 'change_email', id, 'pending@kith.example', now() + interval '5 minutes' from me
    ), waiting as (
        insert into jobs (kind, payload) values
            ('sealed_mail', '{\"to\": \"pending@kith.example\", \"sealed\": \"x\"}'),
            ('mail', '{\"to\": \"former@kith.example\", \"message\": {}}'),
            ('mail', '{\"to\": \"barbara@kith.example\", \"message\": {}}'),
            ('mail', '{\"to\": \"edsger@kith.example\", \"message\": {}}')
    ), back as (
        insert into email_links (purpose, user_id, email, expires_at)
        select 'undo_email', id, unnest(array['former@kith.example', 'barbara@kith.example']), now() + interval '1 day'
        from me returning id
    ), undo as (
        insert into jobs (kind, payload)
        select 'undo_link', jsonb_build_object('to', 'elsewhere@kith.example', 'link', id, 'new', 'alan@kith.example') from back
    ), somebody as (
        insert into registrations (flow_hash, email, username) values ('\\x01', 'new@kith.example', 'newcomer')
    ), arriving as (
        insert into pending_oauth_sign_ups (browser_hash, provider, issuer, subject, login, name, addresses, verified)
        values ('\\x01', 'github', 'x', '1', 'x', 'x', array['arriving@kith.example'], 'proved@kith.example')
    )
    insert into identities (user_id, provider, issuer, subject, login) select id, 'github', 'x', '1', 'alan-t' from me";

async fn with_everything(pool: &PgPool) -> (Site, Browser) {
    let site = Site::with_cast(pool).await;
    let alan = site.signed_in("alan").await;
    site.sql(EVERYTHING).await;
    (site, alan)
}

/// Returns the columns that refer to a user: by a foreign key, or by their name.
async fn refers(pool: &PgPool) -> BTreeSet<String> {
    let sql = "select c.conrelid::regclass::text || '.' || a.attname from pg_constraint c
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
        where c.contype = 'f' and c.confrelid = 'users'::regclass
        union select table_name || '.' || column_name from information_schema.columns
        where table_schema = 'public' and column_name ~ '(^|_)(user|actor|author|owner|person|follower|followee)_id$'";
    sqlx::query_scalar::<_, String>(sql).fetch_all(pool).await.unwrap().into_iter().collect()
}

/// Returns the columns that contain `words`, of all that hold text.
async fn stands(pool: &PgPool, words: &str) -> BTreeMap<String, i64> {
    let sql = "select table_name::text, column_name::text from information_schema.columns where table_schema = 'public'
        and data_type in ('text', 'character varying', 'json', 'jsonb', 'ARRAY')";
    let mut found = BTreeMap::new();
    for (table, column) in sqlx::query_as::<_, (String, String)>(sql).fetch_all(pool).await.unwrap() {
        let sql = format!("select count(*) from \"{table}\" where \"{column}\"::text like $1");
        let count: i64 = sqlx::query_scalar(&sql).bind(format!("%{words}%")).fetch_one(pool).await.unwrap();
        if count > 0 {
            found.insert(format!("{table}.{column}"), count);
        }
    }
    found
}

/// Returns the files of the user export.
async fn export(site: &Site, browser: &Browser) -> BTreeMap<String, String> {
    let form = format!("for_user={}", browser.clone().form_user().await.unwrap());
    let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut request = Request::post("/settings/account/export")
        .header("host", "kith.example")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookies.join("; "))
        .body(Body::from(form))
        .unwrap();
    request.extensions_mut().insert(server::http::Peer(browser.peer));
    let response = site.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let bytes = to_bytes(response.into_body(), 10_000_000).await.unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let (mut file, mut text) = (zip.by_index(index).unwrap(), String::new());
        let name = file.name().unwrap().into_owned();
        file.read_to_string(&mut text).unwrap();
        files.insert(name, text);
    }
    files
}

#[sqlx::test]
async fn every_personal_column_is_exported_or_excluded_with_a_reason(pool: PgPool) {
    let (site, alan) = with_everything(&pool).await;
    let listed: BTreeSet<String> = REFERS.iter().map(|(column, _)| (*column).to_owned()).collect();
    assert_eq!(refers(&pool).await, listed, "decide about the column that is new");
    for (column, _) in &REFERS {
        let (table, name) = column.split_once('.').unwrap();
        let rows = format!("select count(*) from {table} t join users u on u.id = t.{name} where u.username = 'alan'");
        assert!(site.count(&rows).await > 0, "this test has nothing in {column}");
    }
    let listed: BTreeSet<String> = ADDRESSES.iter().map(|(column, _)| (*column).to_owned()).collect();
    let held: BTreeSet<String> = stands(&pool, "@kith.example").await.into_keys().collect();
    assert_eq!(held, listed, "decide about the column that is new");
    let files = export(&site, &alan).await;
    for (column, held) in REFERS.iter().chain(&ADDRESSES) {
        match held {
            In(file) => assert!(files.get(*file).is_some_and(|text| text.len() > 10), "{column} in {file}: {files:?}"),
            Not(why) => assert!(!why.is_empty()),
        }
    }
    for (file, words) in [
        ("mailed.json", "former@kith.example"),
        ("mailed.json", "pending@kith.example"),
        ("mailed.json", "undo_email"),
        ("unlikes.json", "post"),
        ("identities.json", "alan-t"),
        ("former_usernames.json", "turing"),
    ] {
        assert!(files[file].contains(words), "{words} in {file}: {}", files[file]);
    }
    let all: String = files.into_values().collect();
    for secret in ["hash", "token", "sealed", "new@kith.example", "arriving@kith.example"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[sqlx::test]
async fn account_deletion_removes_all_personal_data(pool: PgPool) {
    let (site, mut alan) = with_everything(&pool).await;
    let id: i64 = sqlx::query_scalar("select id from users where username = 'alan'").fetch_one(&pool).await.unwrap();
    // The pending change queued its mails in its own transaction.
    site.sql("update jobs set created_at = (select created_at from email_codes where user_id is not null) where kind = 'sealed_mail'").await;
    let gone = alan.post("/settings/account/delete", &[("username_again", "alan")]).await;
    assert_eq!((gone.status, gone.flash()), (StatusCode::SEE_OTHER, "account-deleted"), "{}", gone.body);
    site.finish_deletions().await;
    // Posts of other users are rendered again in the background; after that no link leads to the account.
    server::worker::sweep::everything(&site.server).await.unwrap();
    for (column, _) in &REFERS {
        let (table, name) = column.split_once('.').unwrap();
        let left = site.count(&format!("select count(*) from {table} where {name} = {id}")).await;
        assert_eq!(left > 0, ["audit_events", "former_usernames"].contains(&table), "{column}");
    }
    let told = "select count(*) from audit_events where user_id = $1 and (ip is not null or user_agent <> '' or detail <> '{}')";
    let told: i64 = sqlx::query_scalar(told).bind(id).fetch_one(&pool).await.unwrap();
    assert_eq!(told, 0, "a bare id");
    // The names remain reserved for a month.
    assert_eq!(site.count("select count(*) from former_usernames where username in ('alan', 'turing')").await, 2);
    site.sql("update former_usernames set reserved_until = reserved_until - interval '30 days'").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    // Only the last mail still names them.
    for (words, left) in
        [("alan@kith.example", 1), ("former@", 0), ("pending@", 0), ("elsewhere@", 0), ("alan-t", 0), ("turing", 0)]
    {
        let found: i64 = stands(&pool, words).await.into_values().sum();
        assert_eq!(found, left, "{words}: {:?}", stands(&pool, words).await);
    }
    let last = "select count(*) from jobs where kind = 'mail' and payload::text like '%alan@kith.example%' and payload::text like '%is deleted%'";
    assert_eq!(site.count(last).await, 1);
    // Data that waits for other users continues to wait, also if an address was theirs once and is another user's now.
    for other in ["barbara@", "edsger@", "new@", "arriving@"] {
        assert!(!stands(&pool, other).await.is_empty(), "{other}");
    }
    let waiting = "select count(*) from jobs where payload->>'to' in ('barbara@kith.example', 'edsger@kith.example')";
    assert_eq!(site.count(waiting).await, 2);
}

#[sqlx::test]
async fn concurrent_sign_outs_record_one_event(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let alan = site.signed_in("alan").await;
    let presses = [alan.clone(), alan.clone(), alan.clone(), alan.clone()]
        .map(|mut browser| tokio::spawn(async move { browser.post("/sign-out", &[]).await }));
    for press in presses {
        assert_eq!(press.await.unwrap().flash(), "signed-out");
    }
    assert_eq!(site.count("select count(*) from audit_events where kind = 'signed_out'").await, 1);
}
