use std::collections::HashSet;

use sqlx::PgPool;

use super::{
    CAST, Options, Report, World,
    corpus::{Corpus, Topic},
    people, seed,
    writing::{Voice, Writer},
};
use crate::base::seeded_rng::SeededRng;

fn small() -> Options {
    Options { users: 120, posts: 1_500, password_hash: Some("$argon2id$demo".to_owned()), force: false }
}

async fn number(db: &PgPool, query: &'static str) -> sqlx::Result<i64> {
    sqlx::query_scalar(query).fetch_one(db).await
}

async fn digest(db: &PgPool) -> sqlx::Result<String> {
    sqlx::query_scalar(
        "select md5(string_agg(line, '|' order by line)) from (
             select username || ' ' || display_name || ' ' || bio from users
             union all select html || like_count || ' ' || reply_count from posts
         ) t (line)",
    )
    .fetch_one(db)
    .await
}

#[sqlx::test(migrations = "../migrations")]
async fn stored_counts_equal_their_rows(db: PgPool) -> sqlx::Result<()> {
    let Report::Seeded { users, posts, replies, likes, follows } = seed(&db, &small()).await? else {
        panic!("nobody lives here yet");
    };
    let wrong = "select count(*) from posts p
        where like_count <> (select count(*) from likes where post_id = p.id)
           or reply_count <> (select count(*) from posts r where r.parent_id = p.id)";
    assert_eq!(number(&db, wrong).await?, 0);
    let wrong = "select count(*) from users u left join profile_counts c on c.user_id = u.id
        where c.user_id is null
           or c.followers <> (select count(*) from follows where followee_id = u.id)
           or c.following <> (select count(*) from follows where follower_id = u.id)
           or c.posts <> (select count(*) from posts where author_id = u.id and parent_id is null)";
    assert_eq!(number(&db, wrong).await?, 0);
    assert_eq!(number(&db, "select count(*) from users").await?, users as i64);
    assert_eq!(number(&db, "select count(*) from posts").await?, posts as i64);
    assert_eq!(number(&db, "select count(*) from posts where parent_id is not null").await?, replies as i64);
    assert_eq!(number(&db, "select count(*) from likes").await?, likes as i64);
    assert_eq!(number(&db, "select count(*) from follows").await?, follows as i64);
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn cast_receives_valid_notifications_of_every_kind(db: PgPool) -> sqlx::Result<()> {
    seed(&db, &small()).await?;
    let told = "select count(distinct user_id) * 10 + count(distinct kind) from notifications n join users u on u.id = n.user_id";
    assert_eq!(number(&db, told).await?, CAST.len() as i64 * 10 + 4, "everybody of them, and of each kind");
    assert_eq!(number(&db, "select count(*) from notifications n where not notifications_holds(n)").await?, 0);
    let unread = "select count(distinct user_id) from notifications where read_at is null";
    assert!(number(&db, unread).await? > 2);
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn seeding_twice_produces_the_same_data(db: PgPool) -> sqlx::Result<()> {
    seed(&db, &small()).await?;
    let first = digest(&db).await?;
    sqlx::query("delete from users").execute(&db).await?;
    seed(&db, &small()).await?;
    assert_eq!(digest(&db).await?, first);
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn seeding_preserves_keys_indexes_and_triggers(db: PgPool) -> sqlx::Result<()> {
    let schema = "select md5(string_agg(line, '|' order by line)) from (
            select conrelid::regclass || conname || pg_get_constraintdef(oid) || convalidated::text from pg_constraint
            union all select indexdef from pg_indexes where schemaname = 'public'
            union all select pg_get_triggerdef(oid) || tgenabled::text from pg_trigger where not tgisinternal
        ) t (line)";
    let before: String = sqlx::query_scalar(schema).fetch_one(&db).await?;
    seed(&db, &small()).await?;
    let after: String = sqlx::query_scalar(schema).fetch_one(&db).await?;
    assert_eq!(before, after);
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn refuses_an_inhabited_database_unless_forced(db: PgPool) -> sqlx::Result<()> {
    sqlx::query("insert into users (username, email) values ('ada', 'GRACE@kith.example')").execute(&db).await?;
    assert_eq!(seed(&db, &small()).await?, Report::Inhabited);
    assert_eq!(number(&db, "select count(*) from posts").await?, 0);
    seed(&db, &Options { force: true, ..small() }).await?;
    assert_eq!(number(&db, "select count(*) from users").await?, 121);
    assert_eq!(number(&db, "select count(*) from users where username in ('ada2', 'grace2')").await?, 2);
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn failed_seeds_leave_no_data(db: PgPool) -> sqlx::Result<()> {
    let unstorable = Some("\0".to_owned());
    assert!(seed(&db, &Options { password_hash: unstorable, ..small() }).await.is_err());
    assert_eq!(number(&db, "select count(*) from users").await?, 0);
    let asleep = "select count(*) from pg_trigger where not tgisinternal and tgenabled <> 'O'";
    assert_eq!(number(&db, asleep).await?, 0);
    assert!(matches!(seed(&db, &small()).await?, Report::Seeded { .. }));
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn accepts_users_and_posts_after_seeding(db: PgPool) -> sqlx::Result<()> {
    seed(&db, &small()).await?;
    let newest = number(&db, "select max(id) from posts").await?;
    let user = number(&db, "insert into users (username, email) values ('newcomer', 'n@kith.example') returning id");
    let user = user.await?;
    let post: i64 = sqlx::query_scalar("insert into posts (author_id, body) values ($1, 'hello') returning id")
        .bind(user)
        .fetch_one(&db)
        .await?;
    assert_eq!(post, newest + 1);
    assert_eq!(number(&db, "select posts from profile_counts order by user_id desc limit 1").await?, 1);
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn posts_are_in_chronological_order_up_to_now(db: PgPool) -> sqlx::Result<()> {
    seed(&db, &small()).await?;
    let wrong = "select count(*) from (select created_at, lag(created_at) over (order by id) as before from posts) t
        where created_at < before or created_at > now()";
    assert_eq!(number(&db, wrong).await?, 0);
    let early = "select count(*) from posts p join users u on u.id = p.author_id where p.created_at < u.created_at";
    assert_eq!(number(&db, early).await?, 0);
    let early = "select count(*) from posts p join posts q on q.id = p.parent_id where p.created_at < q.created_at";
    assert_eq!(number(&db, early).await?, 0);
    assert_eq!(number(&db, "select count(*) from likes where created_at > now()").await?, 0);
    assert_eq!(
        number(&db, "select count(*) from posts where created_at > now() - interval '5 minutes'").await?.min(1),
        1
    );
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn only_cast_members_have_passwords_and_privileged_roles(db: PgPool) -> sqlx::Result<()> {
    seed(&db, &small()).await?;
    let cast: Vec<String> = sqlx::query_scalar("select username from users join passwords on user_id = id order by id")
        .fetch_all(&db)
        .await?;
    assert_eq!(cast, CAST);
    let following = "select following from profile_counts join users on id = user_id where username = 'barbara'";
    assert_eq!(number(&db, following).await?, 0);
    let following =
        "select min(following) from profile_counts join users on id = user_id where username in ('ada', 'alan')";
    assert!(number(&db, following).await? > 30);
    let roles = "select count(*) from users where (username, role) in (('ada', 'admin'), ('grace', 'moderator'))";
    assert_eq!(number(&db, roles).await?, 2);
    assert_eq!(number(&db, "select count(*) from users where role <> 'member'").await?, 2);
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn seeds_minimal_sizes(db: PgPool) -> sqlx::Result<()> {
    for (users, posts) in [(0, 0), (0, 10), (1, 30), (3, 200)] {
        sqlx::query("delete from users").execute(&db).await?;
        seed(&db, &Options { users, posts, ..small() }).await?;
        assert_eq!(number(&db, "select count(*) from users").await?, i64::from(users));
        assert_eq!(number(&db, "select count(*) from posts").await?, if users == 0 { 0 } else { i64::from(posts) });
    }
    Ok(())
}

#[test]
fn every_slot_has_phrases() {
    let corpus = Corpus::read();
    for (n, topic) in corpus.topics.iter().enumerate() {
        assert!(topic.lines.len() >= 20 && topic.more.len() >= 9 && topic.replies.len() >= 7, "topic {n}");
        for slot in templates(topic).chain(templates(&corpus.common)).flat_map(slots) {
            let known = ["nn", "url"].contains(&slot) || !corpus.phrases(n, slot).is_empty();
            assert!(known, "nothing for {{{slot}}} in topic {n}");
        }
    }
}

fn templates(topic: &Topic) -> impl Iterator<Item = &'static str> {
    let phrases = topic.slots.values().flatten();
    topic.lines.iter().chain(&topic.more).chain(&topic.replies).chain(phrases).copied()
}

fn slots(template: &'static str) -> impl Iterator<Item = &'static str> {
    template.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(|slot| slot.trim_end_matches(['^', '*']))
}

#[test]
fn generated_posts_fit_and_rarely_repeat() {
    let mut writer = Writer::new();
    let mut seen = HashSet::new();
    for n in 0..20_000 {
        let mut rng = SeededRng::nth("test", n);
        let text = writer.post(&mut rng, n as usize % 14, Voice::Plain, "ada");
        assert!((1..=1_000).contains(&text.chars().count()), "{text}");
        assert!(!text.contains(['{', '}', '|']) && !text.contains("  "), "{text}");
        if n < 50 {
            assert!(seen.insert(text.clone()), "twice on one page: {text}");
        }
        seen.insert(text);
    }
    assert!(seen.len() > 13_000, "{} of 20,000", seen.len());
}

#[test]
fn generated_users_fit_their_columns_and_have_unique_names() {
    let people = people::invite(5_000, vec!["maria".to_owned()]);
    let mut names = HashSet::from(["maria".to_owned()]);
    for person in &people {
        let name = &person.username;
        let shape = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        assert!(
            (3..=24).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_lowercase()) && shape,
            "{name}"
        );
        assert!(person.display_name.chars().count() <= 50 && person.bio.chars().count() <= 300, "{name}");
        assert!(names.insert(name.clone()), "{name} twice");
    }
    let first: Vec<_> = people.iter().take(5).map(|p| p.username.as_str()).collect();
    assert_eq!(first, CAST);
    assert!(people.iter().take(200).any(|p| p.display_name.is_empty()));
}

#[test]
fn few_users_have_many_followers_and_most_have_few() {
    let world = World::imagine(people::invite(2_000, Vec::new()), 10_000);
    let mut followers: Vec<_> = (0..2_000).map(|n| world.follows.of(n).len()).collect();
    followers.sort_unstable_by(|a, b| b.cmp(a));
    let (total, top): (usize, usize) = (followers.iter().sum(), followers[..100].iter().sum());
    assert!(top * 5 > total, "a twentieth has at least a fifth of all followers");
    assert!(followers[1_000] * 8 < followers[0], "who stands in the middle has few");
    let replies = world.posts.iter().filter(|post| post.parent.is_some()).count();
    assert!((2_000..3_200).contains(&replies), "{replies}");
    let most = world.posts.iter().map(|post| post.replies).max().unwrap_or(0);
    assert!((20..300).contains(&most), "{most} replies to one post");
}
