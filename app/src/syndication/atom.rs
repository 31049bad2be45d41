//! Feeds (RFC 4287): the newest posts of a user or with a tag, for feed readers.

use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use server::{
    base::error::{Error, Result},
    config::Origin,
    http::shared,
    identity::users::UserSummary,
    social::{
        feed, markup,
        posts::Post,
        profiles::{self, Profile},
        tags,
    },
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    page::Public,
    paths::{self, username},
    syndication::xml::{Xml, document},
    ui::share,
};

const TYPE: &str = "application/atom+xml; charset=utf-8";
const NAMESPACE: (&str, &str) = ("xmlns", "http://www.w3.org/2005/Atom");
const FOR_FIVE_MINUTES: u32 = 300;
/// The most characters of a title. Posts have none of their own.
const TITLE: usize = 80;

/// The data of a feed as a whole.
struct About<'a> {
    /// Never changes, whatever else does.
    id: String,
    title: String,
    /// The path of the feed, and the path of the page it belongs to.
    here: String,
    page: String,
    /// The author, if the feed is of one user.
    author: Option<&'a UserSummary>,
    /// The time of its last change while it has no posts.
    since: OffsetDateTime,
}

/// `GET /@{username}/feed.atom`
pub async fn of_person(public: Public, Path(handle): Path<String>, headers: HeaderMap) -> Result<Response> {
    let name = username(&handle).ok_or(Error::NotFound)?;
    let mut db = public.0.db().acquire().await?;
    let profile = match profiles::find(&mut db, name, None).await {
        Err(Error::NotFound) => {
            // Only for now: when the old username is free again, another user may take it.
            let now = profiles::renamed(&mut db, name).await?;
            return Ok(Redirect::temporary(&paths::profile_feed(&now)).into_response());
        }
        Ok(profile) if profile.suspended => return Err(Error::NotFound),
        found => found?,
    };
    let posts = feed::by_author(&mut db, profile.person.id, None, None).await?;
    let xml = write(public.origin(), &person(public.origin(), &profile), &posts.items)?;
    Ok(shared(&headers, TYPE, FOR_FIVE_MINUTES, xml))
}

fn person<'a>(origin: &Origin, profile: &'a Profile) -> About<'a> {
    let person = &profile.person;
    let day = profile.joined_at.date();
    About {
        // A tag URI (RFC 4151), because users may change their names.
        id: format!("tag:{},{day}:people/{}", origin.host(), person.id),
        title: format!("{} (@{})", person.name(), person.username),
        here: paths::profile_feed(&person.username),
        page: paths::profile(&person.username),
        author: Some(person),
        since: profile.joined_at,
    }
}

/// `GET /tags/{tag}/feed.atom`
pub async fn of_tag(public: Public, Path(tag): Path<String>, headers: HeaderMap) -> Result<Response> {
    let tag = markup::tag(&tag).ok_or(Error::NotFound)?;
    let mut db = public.0.db().acquire().await?;
    let posts = tags::posts(&mut db, &tag, None, None).await?.items;
    // The number of unused words is unlimited.
    let since = posts.first().ok_or(Error::NotFound)?.created_at;
    let about = About {
        id: public.origin().url(&paths::tag(&tag)),
        title: format!("#{tag}"),
        here: paths::tag_feed(&tag),
        page: paths::tag(&tag),
        author: None,
        since,
    };
    Ok(shared(&headers, TYPE, FOR_FIVE_MINUTES, write(public.origin(), &about, &posts)?))
}

fn write(origin: &Origin, about: &About<'_>, posts: &[Post]) -> Result<String> {
    let updated = posts.iter().map(changed).max().unwrap_or(about.since);
    let (here, page) = (origin.url(&about.here), origin.url(&about.page));
    document(|xml| {
        xml.inside("feed", &[NAMESPACE, ("xml:lang", "und")], |xml| {
            xml.text("id", &[], &about.id)?;
            xml.text("title", &[], &about.title)?;
            xml.empty("link", &[("rel", "self"), ("type", "application/atom+xml"), ("href", &here)])?;
            xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &page)])?;
            xml.text("updated", &[], &time(updated))?;
            xml.text("generator", &[], "Kith")?;
            if let Some(author) = about.author {
                xml.text("icon", &[], &origin.url(&share::picture(author).path))?;
                writer(xml, origin, author)?;
            }
            posts.iter().try_for_each(|post| entry(xml, origin, post, about.author.is_none()))
        })
    })
}

fn entry(xml: &mut Xml<'_>, origin: &Origin, post: &Post, signed: bool) -> std::io::Result<()> {
    let address = origin.url(&paths::post(post.id));
    xml.inside("entry", &[], |xml| {
        xml.text("id", &[], &address)?;
        xml.text("title", &[], &title(post))?;
        xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &address)])?;
        xml.text("published", &[], &time(post.created_at))?;
        xml.text("updated", &[], &time(changed(post)))?;
        if signed {
            writer(xml, origin, &post.author)?;
        }
        xml.text("content", &[("type", "html")], &absolute(origin, &post.html))
    })
}

fn writer(xml: &mut Xml<'_>, origin: &Origin, author: &UserSummary) -> std::io::Result<()> {
    xml.inside("author", &[], |xml| {
        xml.text("name", &[], author.name())?;
        xml.text("uri", &[], &origin.url(&paths::profile(&author.username)))
    })
}

fn changed(post: &Post) -> OffsetDateTime {
    post.edited_at.unwrap_or(post.created_at)
}

/// Returns a title: posts have none, so their first words serve as one. A post that is only code without a word has
/// none.
fn title(post: &Post) -> String {
    Some(post.excerpt(TITLE)).filter(|words| !words.is_empty()).unwrap_or_else(|| format!("@{}", post.author.username))
}

/// Makes the links absolute, so that they lead to us from anywhere. A post's HTML has `<` only at the beginning of an
/// element, and writes an address as the first attribute of a link.
fn absolute(origin: &Origin, html: &str) -> String {
    html.replace("<a href=\"/", &format!("<a href=\"{origin}/"))
}

fn time(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
