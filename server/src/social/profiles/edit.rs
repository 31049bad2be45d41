//! Edits the user's own profile.

use sqlx::PgConnection;

use crate::{
    base::{
        error::{Error, Invalid, Result},
        id::UserId,
        text,
    },
    identity::{
        sessions::{
            self,
            request::{Member, Request},
        },
        users,
    },
    limits,
    social::{
        markup::{self, Earlier, Rendered},
        profiles::link,
    },
};

/// The most characters (Unicode scalar values) of a bio, as it is typed.
pub const BIO_MAX: usize = 300;
pub const PRONOUNS_MAX: usize = 30;
pub const PLACE_MAX: usize = 50;
/// The fields for links, in their order.
pub const LINKS: [&str; 4] = ["link1", "link2", "link3", "link4"];

/// The profile fields: as they are typed, and as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    pub display_name: String,
    pub bio: String,
    pub pronouns: String,
    pub place: String,
    /// At most as many as [`LINKS`]; empty ones are ignored.
    pub links: Vec<String>,
}

impl Details {
    /// Returns true if every field is empty.
    pub fn is_empty(&self) -> bool {
        let Self { display_name, bio, pronouns, place, links } = self;
        [display_name, bio, pronouns, place].into_iter().chain(links).all(|text| text.trim().is_empty())
    }
}

/// Returns the user's own profile fields. One statement.
pub async fn own(cx: &Request, me: &Member) -> Result<Details> {
    sqlx::query_as!(Details, "select display_name, bio, pronouns, place, links from users where id = $1", me.id().0,)
        .fetch_optional(cx.server.db())
        .await?
        .ok_or(Error::NotFound)
}

/// Saves the fields of `typed`. [`Error::Invalid`] on each invalid field.
pub async fn edit(cx: &Request, me: &Member, typed: &Details) -> Result<()> {
    let details = check(typed)?;
    limits::counted(cx.server.db(), (limits::PROFILE, me.id()), write(cx, me, &details)).await
}

async fn write(cx: &Request, me: &Member, details: &Details) -> Result<()> {
    let mut tx = sessions::begin(cx, me).await?;
    let words = markup::render(&mut tx, &details.bio, Earlier::BioOf(me.id())).await?;
    words.check("bio")?;
    let html = (!details.bio.is_empty()).then_some(&words.html);
    // First without HTML: the trigger must detect that the HTML was set, even if it is the same.
    sqlx::query!("update users set bio_html = null, bio_version = 0 where id = $1", me.id().0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        r#"
        update users
        set display_name = $2, bio = $3, bio_html = $4, pronouns = $5, place = $6, links = $7, bio_version = $8
        where id = $1
        "#,
        me.id().0,
        details.display_name,
        details.bio,
        html,
        details.pronouns,
        details.place,
        &details.links,
        markup::VERSION,
    )
    .execute(&mut *tx)
    .await?;
    store_mentions(&mut tx, me.id(), &words).await?;
    users::index_name(&mut tx, me.id()).await?;
    tx.commit().await
}

/// Writes the mentions of the bio, as for posts.
async fn store_mentions(tx: &mut PgConnection, me: UserId, words: &Rendered) -> Result<()> {
    sqlx::query!("delete from bio_mentions where owner_id = $1", me.0).execute(&mut *tx).await?;
    let (people, names): (Vec<i64>, Vec<String>) =
        words.mentions.iter().map(|(person, name)| (person.0, name.clone())).unzip();
    if !people.is_empty() {
        sqlx::query!(
            r#"
            insert into bio_mentions (owner_id, user_id, name)
            select $1, m.user_id, m.name from unnest($2::bigint[], $3::text[]) m (user_id, name)
            "#,
            me.0,
            &people,
            &names,
        )
        .execute(tx)
        .await?;
    }
    Ok(())
}

fn check(typed: &Details) -> Result<Details, Invalid> {
    let mut invalid = Invalid::default();
    let display_name = invalid.note(users::display_name(&typed.display_name)).unwrap_or_default();
    let bio = text::clean_lines(&typed.bio);
    let (pronouns, place) = (text::clean_line(&typed.pronouns), text::clean_line(&typed.place));
    for (field, value, most, label) in [
        ("bio", &bio, BIO_MAX, "A bio"),
        ("pronouns", &pronouns, PRONOUNS_MAX, "Pronouns"),
        ("place", &place, PLACE_MAX, "A place"),
    ] {
        let excess = value.chars().count().saturating_sub(most);
        if excess > 0 {
            invalid.add(field, format!("{label} can have up to {most} characters: that is {excess} too many."));
        }
    }
    let mut links = Vec::new();
    for (field, link) in LINKS.into_iter().zip(&typed.links) {
        let line = text::clean_line(link);
        let parsed = (!line.is_empty()).then(|| link::parse(&line));
        match parsed.transpose() {
            Ok(link) => links.extend(link),
            Err(why) => invalid.add(field, why),
        }
    }
    invalid.check()?;
    Ok(Details { display_name, bio, pronouns, place, links })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Details {
        Details {
            display_name: " Ada  Marlow ".to_owned(),
            bio: "  Gardens.\r\nTrains. ".to_owned(),
            pronouns: "she/her".to_owned(),
            place: "Upper\u{202e} Ottery".to_owned(),
            links: ["example.org".to_owned(), String::new(), " https://example.com/a ".to_owned()].into(),
        }
    }

    #[test]
    fn cleans_profile_fields_and_drops_empty_links() {
        let details = check(&typed()).unwrap();
        assert_eq!((details.display_name.as_str(), details.bio.as_str()), ("Ada Marlow", "Gardens.\nTrains."));
        assert_eq!((details.pronouns.as_str(), details.place.as_str()), ("she/her", "Upper Ottery"));
        assert_eq!(details.links, ["https://example.org/", "https://example.com/a"]);
    }

    #[test]
    fn reports_an_error_for_each_invalid_field() {
        let wrong = Details {
            display_name: "x".repeat(51),
            bio: "é".repeat(BIO_MAX + 1),
            pronouns: "x".repeat(PRONOUNS_MAX + 1),
            place: "x".repeat(PLACE_MAX + 2),
            links: ["javascript:alert(1)".to_owned(), "example.org".to_owned(), "https://a@example.org".to_owned()]
                .into(),
        };
        let invalid = check(&wrong).unwrap_err();
        let fields: Vec<_> = invalid.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["display_name", "bio", "pronouns", "place", "link1", "link3"]);
        assert!(invalid.get("place").is_some_and(|why| why.ends_with("2 too many.")), "{invalid:?}");
        let most = Details { bio: "é".repeat(BIO_MAX), ..typed() };
        assert!(check(&most).is_ok());
    }
}
