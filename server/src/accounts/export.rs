//! Everything we hold about a person, as one file to take along: a ZIP of JSON files and their picture. No secret is
//! in it.

use std::io::{Cursor, Write};

use futures_util::{Stream, TryStreamExt};
use serde_json::Value;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    audit::{self, Actor, Event},
    avatars::{self, Found},
    error::{Error, Result},
    limits,
    request::{Elevated, Request},
    sessions,
};

/// What stands in place of a picture that could not be fetched.
const MISSING: &str = "Your picture could not be fetched when this file was made. Nothing happened to it: download your\n\
    data again a little later to have it too.\n";

/// Packs the file. Row by row, as of one moment: in memory is only what is packed already.
///
/// [`Error::Limited`] for too many.
pub async fn pack(cx: &Request, me: &Elevated) -> Result<Vec<u8>> {
    limits::take(&cx.server, limits::EXPORT, me.id()).await?;
    let mut tx = cx.server.begin().await?;
    sessions::still_elevated(&mut tx, me).await?;
    let actor = Actor::Person { user: me.id(), device: Some(me.device), client: cx.client() };
    audit::record(&mut tx, me.id(), actor, &Event::Exported).await?;
    tx.commit().await?;

    let mut tx = cx.server.begin().await?;
    sqlx::query!("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
    let mut pack = Pack(ZipWriter::new(Cursor::new(Vec::new())));
    account(&mut pack, &mut tx, me).await?;
    social(&mut pack, &mut tx, me).await?;
    safety(&mut pack, &mut tx, me).await?;
    let face = face(&mut tx, me).await?;
    // The picture may be elsewhere: nothing is held while it is fetched.
    drop(tx);
    picture(&mut pack, cx, me, face).await?;
    Ok(pack.0.finish().map_err(broken)?.into_inner())
}

/// Who they are here, and were.
async fn account(pack: &mut Pack, tx: &mut sqlx::PgConnection, me: &Elevated) -> Result<()> {
    let id = me.id().0;
    let account = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('username', u.username, 'display_name', u.display_name, 'email', u.email, 'bio', u.bio,
            'pronouns', u.pronouns, 'place', u.place, 'links', u.links, 'role', u.role, 'created_at', u.created_at,
            'digest', jsonb_build_object('rhythm', u.digest_rhythm, 'kinds', u.digest_kinds),
            'has_password', exists (select 1 from passwords p where p.user_id = u.id)) as "row!"
        from users u where u.id = $1
        "#,
        id,
    )
    .fetch_one(&mut *tx)
    .await?;
    pack.file("account.json", format!("{account:#}\n").as_bytes())?;
    let former = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('username', n.username, 'until', n.released_at) as "row!"
        from former_usernames n where n.user_id = $1 order by n.released_at
        "#,
        id,
    );
    pack.list("former_usernames.json", former.fetch(tx)).await
}

/// What they wrote, liked, whom they follow, and what they were told.
async fn social(pack: &mut Pack, tx: &mut sqlx::PgConnection, me: &Elevated) -> Result<()> {
    let id = me.id().0;
    let posts = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('id', p.id, 'in_reply_to', p.parent_id, 'body', p.body, 'created_at', p.created_at,
            'edited_at', p.edited_at, 'versions', (
                select coalesce(jsonb_agg(jsonb_build_object('body', v.body, 'written_at', v.written_at) order by v.id), '[]')
                from post_versions v where v.post_id = p.id
            ), 'likes', p.like_count, 'replies', p.reply_count) as "row!"
        from posts p where p.author_id = $1 order by p.id
        "#,
        id,
    );
    pack.list("posts.json", posts.fetch(&mut *tx)).await?;
    let likes = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('post', l.post_id, 'at', l.created_at) as "row!"
        from likes l where l.user_id = $1 order by l.post_id
        "#,
        id,
    );
    pack.list("likes.json", likes.fetch(&mut *tx)).await?;
    let unlikes = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('post', l.post_id, 'at', l.at) as "row!"
        from unlikes l where l.user_id = $1 order by l.post_id
        "#,
        id,
    );
    pack.list("unlikes.json", unlikes.fetch(&mut *tx)).await?;
    let following = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('username', u.username, 'since', f.created_at) as "row!"
        from follows f join users u on u.id = f.followee_id where f.follower_id = $1 order by f.created_at
        "#,
        id,
    );
    pack.list("following.json", following.fetch(&mut *tx)).await?;
    let followers = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('username', u.username, 'since', f.created_at) as "row!"
        from follows f join users u on u.id = f.follower_id where f.followee_id = $1 order by f.created_at
        "#,
        id,
    );
    pack.list("followers.json", followers.fetch(&mut *tx)).await?;
    let told = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('kind', n.kind, 'post', n.post_id, 'by', u.username, 'first', n.created_at,
            'latest', n.updated_at, 'read_at', n.read_at, 'mailed_at', n.mailed_at) as "row!"
        from notifications n left join users u on u.id = n.actor_id
        where n.user_id = $1 and n.withdrawn_at is null order by n.id
        "#,
        id,
    );
    pack.list("notifications.json", told.fetch(tx)).await
}

/// What is kept so that the account is safe.
async fn safety(pack: &mut Pack, tx: &mut sqlx::PgConnection, me: &Elevated) -> Result<()> {
    let id = me.id().0;
    let devices = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('browser', s.user_agent, 'address', host(s.ip), 'how', s.how,
            'signed_in_at', s.created_at, 'last_seen_at', s.last_seen_at, 'ends_at', s.ends_at) as "row!"
        from sessions s where s.user_id = $1 order by s.created_at
        "#,
        id,
    );
    pack.list("devices.json", devices.fetch(&mut *tx)).await?;
    let activity = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('at', a.at, 'event', a.kind, 'detail', a.detail, 'address', host(a.ip),
            'browser', a.user_agent) as "row!"
        from audit_events a where a.user_id = $1 order by a.id
        "#,
        id,
    );
    pack.list("activity.json", activity.fetch(&mut *tx)).await?;
    let browsers = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('first_seen_at', b.first_seen_at, 'last_seen_at', b.last_seen_at) as "row!"
        from known_browsers b where b.user_id = $1 order by b.first_seen_at
        "#,
        id,
    );
    pack.list("known_browsers.json", browsers.fetch(&mut *tx)).await?;
    let identities = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('provider', i.provider, 'issuer', i.issuer, 'subject', i.subject, 'login', i.login,
            'linked_at', i.linked_at, 'last_used_at', i.last_used_at) as "row!"
        from identities i where i.user_id = $1 order by i.id
        "#,
        id,
    );
    pack.list("identities.json", identities.fetch(&mut *tx)).await?;
    // Which address a change led away from, and which is waited for.
    let mailed = sqlx::query_scalar!(
        r#"
        select jsonb_build_object('what', 'code', 'for', c.purpose, 'email', c.email, 'mailed_at', c.created_at,
            'until', c.expires_at) as "row!"
        from codes c where c.user_id = $1
        union all select jsonb_build_object('what', 'link', 'for', l.purpose, 'email', l.email, 'mailed_at', l.created_at,
            'until', l.expires_at, 'ended_at', l.used_at)
        from links l where l.user_id = $1
        "#,
        id,
    );
    pack.list("mailed.json", mailed.fetch(tx)).await
}

/// Where their picture is; none when they have only the one drawn from their username.
async fn face(tx: &mut sqlx::PgConnection, me: &Elevated) -> Result<Option<Found>> {
    let id = sqlx::query_scalar!("select avatar from users where id = $1", me.id().0).fetch_one(&mut *tx).await?;
    match id {
        Some(id) => avatars::look(tx, &id, avatars::Size::Large).await.map(Some),
        None => Ok(None),
    }
}

/// Their picture, as large as it is kept, under a name that says what it is. If it cannot be had now, word of that:
/// everything else is in the file all the same.
async fn picture(pack: &mut Pack, cx: &Request, me: &Elevated, face: Option<Found>) -> Result<()> {
    let Some(face) = face else {
        let file = avatars::generated_file(&me.person.username);
        let svg = avatars::generated(&file).unwrap_or_default();
        return pack.file(&file, svg.as_bytes());
    };
    match face.fetch(&cx.server).await {
        Ok(picture) => {
            let ending = picture.content_type.trim_start_matches("image/");
            pack.file(&format!("picture.{ending}"), &picture.bytes)
        }
        Err(error) => {
            tracing::warn!(%error, "a picture is missing in the file of somebody's data");
            pack.file("picture-is-missing.txt", MISSING.as_bytes())
        }
    }
}

/// The ZIP in the making.
struct Pack(ZipWriter<Cursor<Vec<u8>>>);

impl Pack {
    fn start(&mut self, name: &str) -> Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.0.start_file(name, options).map_err(broken)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write_all(bytes).map_err(|error| broken(error.into()))
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.start(name)?;
        self.write(bytes)
    }

    /// One JSON array of all `rows`, a line each.
    async fn list(&mut self, name: &str, mut rows: impl Stream<Item = sqlx::Result<Value>> + Unpin) -> Result<()> {
        self.start(name)?;
        let mut before = "[\n";
        while let Some(row) = rows.try_next().await? {
            self.write(before.as_bytes())?;
            self.write(row.to_string().as_bytes())?;
            before = ",\n";
        }
        self.write(if before == "[\n" { b"[]\n" } else { b"\n]\n" })
    }
}

fn broken(error: zip::result::ZipError) -> Error {
    Error::Unavailable(Box::new(error))
}
