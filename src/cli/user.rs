//! `kith user`

use std::io;

use anyhow::{Result, bail};
use clap::Subcommand;
use server::{
    Error, Server,
    accounts::{self, INVITATION_HOURS},
    identity::users::{Email, Role, Username},
};
use time::{OffsetDateTime, UtcOffset};

use super::output::{self, say};

/// The most accounts that one listing shows.
const MAX_LISTED: i64 = 200;

#[derive(Subcommand)]
pub enum User {
    /// List accounts whose username or address contains a text.
    List {
        #[arg(default_value = "")]
        part: String,
    },
    /// Invite an administrator: prints a link, good once, where they choose a password.
    CreateAdmin {
        #[arg(long)]
        email: String,
        #[arg(long)]
        username: String,
    },
    /// Show one account: its role, whether it is suspended, and what happened to it lately.
    Show { who: String },
    /// Give an account another role. The user is signed out everywhere and must sign in again.
    Role { who: String, role: Chosen },
    /// Mail an account a link to choose a new password. Only its owner sees the link.
    Reset { who: String },
    /// End every session of an account.
    SignOut { who: String },
    /// Suspend an account. The user is signed out at once, and sees the reason at sign-in.
    Suspend {
        who: String,
        #[arg(long)]
        reason: String,
        /// For this long, at most 876000 (100 years); for good when left out.
        #[arg(long)]
        hours: Option<i32>,
    },
    /// Lift a suspension.
    Restore { who: String },
}

/// A role, in the form that the operator types.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Chosen {
    Member,
    Moderator,
    Admin,
}

impl From<Chosen> for Role {
    fn from(chosen: Chosen) -> Self {
        match chosen {
            Chosen::Member => Self::Member,
            Chosen::Moderator => Self::Moderator,
            Chosen::Admin => Self::Admin,
        }
    }
}

impl User {
    /// Runs the command, and prints the result.
    pub async fn run(self, server: &Server) -> Result<()> {
        match self {
            Self::List { part } => list(server, &part).await,
            Self::CreateAdmin { email, username } => create_admin(server, &email, &username).await,
            Self::Show { who } => say!("{}", shown(server, &who).await?),
            Self::Role { who, role } => {
                let role = Role::from(role);
                accounts::set_role(server, find(server, &who).await?, role).await.map_err(explain)?;
                say!("{who} is {} now, and has to sign in again.", role.name())
            }
            Self::Reset { who } => {
                accounts::start_reset(server, find(server, &who).await?).await.map_err(explain)?;
                say!("A link to choose a new password is on its way to {who}.")
            }
            Self::SignOut { who } => {
                let count = accounts::sign_out_everywhere(server, find(server, &who).await?).await.map_err(explain)?;
                say!("Ended {count} session{}.", if count == 1 { "" } else { "s" })
            }
            Self::Suspend { who, reason, hours } => {
                accounts::suspend(server, find(server, &who).await?, &reason, hours).await.map_err(explain)?;
                say!("{who} is suspended and signed out everywhere.")
            }
            Self::Restore { who } => match accounts::restore(server, find(server, &who).await?).await {
                Err(Error::NotFound) => say!("{who} is not suspended."),
                other => {
                    other.map_err(explain)?;
                    say!("{who} may sign in again.")
                }
            },
        }
    }
}

async fn find(server: &Server, who: &str) -> Result<server::base::id::UserId> {
    match accounts::find(server, who).await {
        Err(Error::NotFound) => bail!("nobody has the username or address {who}"),
        other => other.map_err(explain),
    }
}

/// Returns one account and its recent activity, as text.
pub(crate) async fn shown(server: &Server, who: &str) -> Result<String> {
    let user = find(server, who).await?;
    let account = accounts::show(server, user).await.map_err(explain)?;
    let plural = if account.sessions == 1 { "" } else { "s" };
    let state = account.suspension.map_or_else(
        || "not suspended".to_owned(),
        |out| {
            let until = out.until.map_or_else(|| "for good".to_owned(), |until| format!("until {}", moment(until)));
            format!("suspended since {} {until}: {}", moment(out.since), out.reason)
        },
    );
    let mut text = format!(
        "@{}  {}  {}\nsince {}, {} session{plural}\n{state}\n",
        account.username,
        account.role,
        account.email,
        account.created_at.date(),
        account.sessions,
    );
    for event in accounts::history(server, user, 20).await.map_err(explain)? {
        let mut parts = vec![moment(event.at), event.words];
        parts.extend(event.agent.map(|agent| agent.to_string()));
        parts.extend(event.ip.map(|ip| ip.to_string()));
        text.push('\n');
        text.push_str(&parts.join("  "));
    }
    Ok(text)
}

/// Formats a time to the minute, precise enough to compare with another log.
fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}

async fn list(server: &Server, part: &str) -> Result<()> {
    let found = accounts::list(server, part, MAX_LISTED).await.map_err(explain)?;
    for account in &found {
        let state = if account.suspension.is_some() { "suspended" } else { "" };
        say!(
            "{:<24} {:<10} {:<40} since {} sessions {:<3} {state}",
            account.username,
            account.role,
            account.email,
            account.created_at.date(),
            account.sessions,
        )?;
    }
    if found.len() as i64 == MAX_LISTED {
        say!("… and perhaps more: give a part of the name or address.")?;
    }
    Ok(())
}

async fn create_admin(server: &Server, email: &str, username: &str) -> Result<()> {
    invite_admin(server, email, username, &mut [&mut io::stdout(), &mut io::stderr()]).await
}

/// Writes the link to the first of `places` that accepts it. If none does, the invitation is removed.
pub(crate) async fn invite_admin(
    server: &Server,
    email: &str,
    username: &str,
    places: &mut [&mut dyn io::Write],
) -> Result<()> {
    let email = Email::parse(email).map_err(Error::from).map_err(explain)?;
    let username = Username::parse(username).map_err(Error::from).map_err(explain)?;
    let token = accounts::invite(server, &email, &username, Role::Admin).await.map_err(explain)?;
    let link = server.config().origin.url(&format!("/sign-up/invitation?token={}", token.text()));
    let text = format!("Open this within {INVITATION_HOURS} hours to choose a password; it works once:\n{link}");
    if output::to_any(places, &text) {
        return Ok(());
    }
    accounts::withdraw_invitation(server, &token).await.map_err(explain)?;
    bail!("the link cannot be written anywhere; nobody was invited")
}

/// Converts the refusal of a verb to its message for users.
pub(super) fn explain(error: Error) -> anyhow::Error {
    match error {
        Error::Invalid(invalid) => anyhow::anyhow!(invalid.iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ")),
        other => anyhow::Error::new(other).context("the database did not do as asked"),
    }
}
