//! Leaving: taking everything along, and being deleted for good.

use std::io::{Cursor, Write};

use serde_json::Value;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    audit::{self, Actor, Event},
    avatars,
    error::{Error, Invalid, Result},
    jobs::{self, Job},
    mailer::{Mail, messages},
    profiles::Author,
    request::{Elevated, Request},
};

/// Deletes the account and everything that hangs on it, in one transaction; the audit rows keep only an id. The queue
/// forgets mails that were still on their way.
///
/// [`Error::Invalid`] on `username_again` when it is not the account's own.
pub async fn delete(cx: &Request, me: &Elevated, typed: &str) -> Result<()> {
    if typed.trim().trim_start_matches('@').to_lowercase() != me.person.username {
        return Err(Invalid::one("username_again", "Type your own username to delete the account.").into());
    }
    let mut tx = cx.server.begin().await?;
    let gone = sqlx::query!("delete from users where id = $1 returning email, avatar", me.id().0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    let email = gone.email;
    if let Some(picture) = gone.avatar {
        avatars::release(&mut tx, &picture).await?;
    }
    sqlx::query!(
        "delete from jobs where payload->>'to' = $1 or (kind = 'picture' and payload->'user' = to_jsonb($2::bigint))",
        email,
        me.id().0,
    )
    .execute(&mut *tx)
    .await?;
    let actor = Actor::Person { user: me.id(), device: None, client: cx.client() };
    audit::record(&mut tx, me.id(), actor, &Event::Deleted).await?;
    sqlx::query!(
        r#"
        update audit_events set device_id = null, ip = null, user_agent = '', detail = '{}'
        where user_id = $1
        "#,
        me.id().0,
    )
    .execute(&mut *tx)
    .await?;
    let message = messages::account_deleted(&cx.server.config().origin);
    jobs::enqueue(&mut tx, &Job::Mail(Mail { to: email, message })).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Everything we hold about a person, as a ZIP of JSON files and their picture. No secret is in it.
pub async fn export(cx: &Request, me: &Elevated) -> Result<Vec<u8>> {
    let mut tx = cx.server.begin().await?;
    let actor = Actor::Person { user: me.id(), device: Some(me.device), client: cx.client() };
    audit::record(&mut tx, me.id(), actor, &Event::Exported).await?;
    tx.commit().await?;
    let files = collect(cx, me).await?;
    let (picture, bytes) = face(cx, &me.person).await?;
    let packed = tokio::task::spawn_blocking(move || pack(&files, (&picture, &bytes)))
        .await
        .map_err(|error| Error::Unavailable(Box::new(error)))?;
    packed.map_err(|error| Error::Unavailable(Box::new(error)))
}

/// Their picture, as large as it is kept, under a name that says what it is.
async fn face(cx: &Request, person: &Author) -> Result<(String, Vec<u8>)> {
    let Some(id) = &person.avatar else {
        let file = avatars::generated_file(&person.username);
        let svg = avatars::generated(&file).unwrap_or_default();
        return Ok((file, svg.into_bytes()));
    };
    let mut db = cx.server.db().acquire().await?;
    let picture = avatars::find_by_id(&mut db, id, avatars::Size::Large).await?;
    let ending = picture.content_type.trim_start_matches("image/");
    Ok((format!("picture.{ending}"), picture.bytes))
}

async fn collect(cx: &Request, me: &Elevated) -> Result<Vec<(&'static str, Value)>> {
    let row = sqlx::query!(
        r#"
        select
            (select jsonb_build_object('username', u.username, 'display_name', u.display_name, 'email', u.email, 'bio', u.bio,
                'role', u.role, 'created_at', u.created_at, 'has_password', exists (select 1 from passwords where user_id = u.id))
             from users u where u.id = $1) as "account!",
            (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'in_reply_to', p.parent_id, 'body', p.body,
                'created_at', p.created_at, 'likes', p.like_count, 'replies', p.reply_count) order by p.id), '[]')
             from posts p where p.author_id = $1) as "posts!",
            (select coalesce(jsonb_agg(jsonb_build_object('post', l.post_id, 'at', l.created_at) order by l.post_id), '[]')
             from likes l where l.user_id = $1) as "likes!",
            (select coalesce(jsonb_agg(jsonb_build_object('username', u.username, 'since', f.created_at) order by f.created_at), '[]')
             from follows f join users u on u.id = f.followee_id where f.follower_id = $1) as "following!",
            (select coalesce(jsonb_agg(jsonb_build_object('username', u.username, 'since', f.created_at) order by f.created_at), '[]')
             from follows f join users u on u.id = f.follower_id where f.followee_id = $1) as "followers!",
            (select coalesce(jsonb_agg(jsonb_build_object('browser', s.user_agent, 'address', host(s.ip), 'how', s.how,
                'signed_in_at', s.created_at, 'last_seen_at', s.last_seen_at, 'ends_at', s.ends_at) order by s.created_at), '[]')
             from sessions s where s.user_id = $1) as "devices!",
            (select coalesce(jsonb_agg(jsonb_build_object('at', a.at, 'event', a.kind, 'detail', a.detail, 'address', host(a.ip),
                'browser', a.user_agent) order by a.id), '[]')
             from audit_events a where a.user_id = $1) as "activity!",
            (select coalesce(jsonb_agg(jsonb_build_object('username', n.username, 'until', n.released_at)), '[]')
             from former_usernames n where n.user_id = $1) as "former_usernames!",
            (select coalesce(jsonb_agg(jsonb_build_object('first_seen_at', b.first_seen_at, 'last_seen_at', b.last_seen_at)), '[]')
             from known_browsers b where b.user_id = $1) as "known_browsers!"
        "#,
        me.id().0,
    )
    .fetch_one(cx.server.db())
    .await?;
    Ok(vec![
        ("account.json", row.account),
        ("posts.json", row.posts),
        ("likes.json", row.likes),
        ("following.json", row.following),
        ("followers.json", row.followers),
        ("devices.json", row.devices),
        ("activity.json", row.activity),
        ("former_usernames.json", row.former_usernames),
        ("known_browsers.json", row.known_browsers),
    ])
}

fn pack(files: &[(&str, Value)], picture: (&str, &[u8])) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, value) in files {
        zip.start_file(*name, options)?;
        serde_json::to_writer_pretty(&mut zip, value).map_err(std::io::Error::from)?;
    }
    zip.start_file(picture.0, options)?;
    zip.write_all(picture.1)?;
    Ok(zip.finish()?.into_inner())
}
