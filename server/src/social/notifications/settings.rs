//! The settings about digest mails: kinds and frequency.

use sqlx::PgConnection;

use super::NotificationKind;
use crate::{
    base::error::Result,
    identity::sessions::{
        self,
        request::{Member, Request},
    },
};

/// The frequency of digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    Off,
    Daily,
    Weekly,
}

impl Rhythm {
    /// All frequencies.
    pub const ALL: [Self; 3] = [Self::Off, Self::Daily, Self::Weekly];

    /// Returns the name in rows and forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    /// Parses the name in a form or a row.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rhythm| rhythm.name() == name)
    }
}

/// The user's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub rhythm: Rhythm,
    /// The kinds that are mailed.
    pub kinds: Vec<NotificationKind>,
}

/// Returns the user's settings.
pub async fn settings(db: &mut PgConnection, me: &Member) -> Result<Settings> {
    let row =
        sqlx::query!("select digest_rhythm, digest_kinds from users where id = $1", me.id().0).fetch_one(db).await?;
    Ok(Settings {
        rhythm: Rhythm::parse(&row.digest_rhythm).unwrap_or(Rhythm::Off),
        kinds: row.digest_kinds.iter().filter_map(|kind| NotificationKind::parse(kind)).collect(),
    })
}

/// Saves the user's choice. Unread notifications are mailed by the new rhythm, counted from now.
pub async fn save(cx: &Request, me: &Member, settings: &Settings) -> Result<()> {
    let kinds: Vec<String> = settings.kinds.iter().map(|kind| kind.name().to_owned()).collect();
    let mut tx = sessions::begin(cx, me).await?;
    sqlx::query!(
        "update users set digest_rhythm = $2, digest_kinds = $3 where id = $1",
        me.id().0,
        settings.rhythm.name(),
        &kinds,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from digests where user_id = $1", me.id().0).execute(&mut *tx).await?;
    sqlx::query!(
        r#"
        insert into digests (user_id, due_at)
        select n.user_id, due from notifications n, digest_due(n.user_id, n.kind) due
        where n.user_id = $1 and n.kind = any ($2) and n.read_at is null and n.withdrawn_at is null
          and n.mailed_at is null and due is not null
        limit 1
        on conflict do nothing
        "#,
        me.id().0,
        &kinds,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}
