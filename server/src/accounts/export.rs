//! All data we hold about a user, as one file to download: a ZIP of JSON files and the avatar, without any secret.
//!
//! The file is sent while it is written. Each page of rows is read by a short statement of its own, and no connection
//! is held while the file is packed or the client reads it. So memory use is constant, however large the account is,
//! and a slow client hits no time limit of the database.

mod archive;
mod lists;
mod row;
mod short;

use axum::body::Bytes;
use futures_util::{Stream, stream};
use serde_json::Value;
use sqlx::{Postgres, pool::PoolConnection};
use tokio::sync::mpsc;

use self::{archive::Archive, lists::List, row::Cursor};
use crate::{
    Server,
    base::{
        error::{Error, Result},
        id::{DeviceId, UserId},
    },
    identity::{
        audit::{self, Actor, Event},
        avatars::{self, Found},
        sessions::{
            self,
            request::{Elevated, Request},
        },
    },
    limits,
};

/// The text that replaces a picture that could not be fetched.
const MISSING: &str = "Your picture could not be fetched when this file was made. Nothing happened to it: download your\n\
    data again a little later to have it too.\n";
/// The most pieces of the file that wait for the client. A piece is about 64 KB.
const WAITING_PIECES: usize = 2;

/// Starts an export. The first page is read before this returns, so that an outage shows an error page. An attempt that
/// fails, now or later, does not count against the limit; an attempt that the client aborts does.
///
/// [`Error::Limited`] after too many.
pub async fn start(cx: &Request, me: &Elevated) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
    limits::take(cx.server.db(), limits::EXPORT, me.id()).await?;
    let source =
        Source { server: cx.server.clone(), user: me.id(), device: me.device, username: me.person.username.clone() };
    let account = match begin(cx, me, &source).await {
        Ok(account) => account,
        Err(error) => {
            source.give_back().await;
            return Err(error);
        }
    };
    let (sender, mut receiver) = mpsc::channel(WAITING_PIECES);
    tokio::spawn(source.send(account, sender));
    Ok(stream::poll_fn(move |context| receiver.poll_recv(context)))
}

/// Records the export and reads the account itself.
async fn begin(cx: &Request, me: &Elevated, source: &Source) -> Result<Value> {
    let mut tx = cx.server.begin().await?;
    sessions::lock_elevated(&mut tx, me).await?;
    let actor = Actor::of(cx, me);
    audit::record(&mut tx, me.id(), actor, &Event::Exported).await?;
    tx.commit().await?;
    lists::account(&mut *source.connection().await?, me.id()).await
}

/// The user to export, and the session that requested the export.
struct Source {
    server: Server,
    user: UserId,
    device: DeviceId,
    username: String,
}

impl Source {
    /// Writes the whole file to `sender`, as fast as the client reads.
    async fn send(self, account: Value, sender: mpsc::Sender<Result<Bytes>>) {
        let mut archive = Archive::new(sender.clone());
        let Err(error) = self.write(&account, &mut archive).await else { return };
        if sender.is_closed() {
            tracing::debug!("a client went away during an export");
            return;
        }
        tracing::warn!(%error, "an export failed");
        self.give_back().await;
        // The client must see that the download failed: without this error the file would only lack its end.
        drop(sender.send(Err(error)).await);
    }

    async fn write(&self, account: &Value, archive: &mut Archive) -> Result<()> {
        archive.file("account.json", format!("{account:#}\n").as_bytes()).await?;
        for list in List::ALL {
            self.write_list(list, archive).await?;
        }
        self.write_picture(archive).await?;
        // A user deleted during the export has an incomplete file.
        self.connection().await?;
        archive.finish().await
    }

    /// Writes one JSON array with a row on each line.
    async fn write_list(&self, list: List, archive: &mut Archive) -> Result<()> {
        archive.start(list.file())?;
        let (mut cursor, mut before) = (Cursor::START, "[\n");
        loop {
            let rows = lists::read(&mut *self.connection().await?, list, self.user, cursor).await?;
            let Some(last) = rows.last() else { break };
            cursor = last.cursor();
            for row in rows {
                archive.write(before.as_bytes()).await?;
                let text = row.row.to_string();
                if row.nested {
                    self.write_with_versions((&text, row.id), archive).await?
                } else {
                    archive.write(text.as_bytes()).await?
                }
                before = ",\n";
            }
        }
        archive.write(if before == "[\n" { b"[]\n" } else { b"\n]\n" }).await
    }

    /// Writes a post with its earlier versions. They are read in pages too: one post may have thousands.
    async fn write_with_versions(&self, (post, id): (&str, i64), archive: &mut Archive) -> Result<()> {
        archive.write(post.trim_end_matches('}').as_bytes()).await?;
        let (mut after, mut before) = (0, ",\"versions\":[");
        loop {
            let rows = lists::versions(&mut *self.connection().await?, id, after).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                archive.write(before.as_bytes()).await?;
                archive.write(row.row.to_string().as_bytes()).await?;
                before = ",";
            }
        }
        archive.write(if before == "," { b"]}" } else { b",\"versions\":[]}" }).await
    }

    /// Writes the avatar in its large size, or a note when it cannot be fetched now.
    async fn write_picture(&self, archive: &mut Archive) -> Result<()> {
        let Some(found) = self.picture().await? else {
            let file = avatars::generated_file(&self.username);
            let svg = avatars::generated(&file).unwrap_or_default();
            return archive.file(&file, svg.as_bytes()).await;
        };
        match found.fetch(&self.server).await {
            Ok(picture) => {
                let ending = picture.content_type.trim_start_matches("image/");
                archive.file(&format!("picture.{ending}"), &picture.bytes).await
            }
            Err(error) => {
                tracing::warn!(%error, "a picture is missing in an export");
                archive.file("picture-is-missing.txt", MISSING.as_bytes()).await
            }
        }
    }

    /// Returns the location of the uploaded picture, or `None` when the user has only the generated avatar.
    async fn picture(&self) -> Result<Option<Found>> {
        let mut db = self.connection().await?;
        let id = sqlx::query_scalar!("select avatar from users where id = $1", self.user.0).fetch_one(&mut *db).await?;
        match id {
            Some(id) => avatars::look(&mut db, &id, avatars::Size::Large).await.map(Some),
            None => Ok(None),
        }
    }

    /// Returns a connection for one page. [`Error::SignInNeeded`] once the session that requested the export has ended.
    async fn connection(&self) -> Result<PoolConnection<Postgres>> {
        let mut db = self.server.db().acquire().await?;
        sqlx::query!(
            "select device_id from sessions where device_id = $1 and user_id = $2 and expires_at > now()",
            self.device.0,
            self.user.0,
        )
        .fetch_optional(&mut *db)
        .await?
        .ok_or(Error::SignInNeeded)?;
        Ok(db)
    }

    async fn give_back(&self) {
        limits::give_back_later(self.server.db(), limits::EXPORT, self.user.to_string()).await;
    }
}
