//! The sitemap (sitemaps.org, 0.9): a list of parts, and the parts. All of them have one path, because a file in a
//! folder may only list pages of that folder.

use axum::{extract::Query, response::Response};
use http::HeaderMap;
use serde::Deserialize;
use server::{
    base::error::{Error, Result},
    config::Origin,
    http::shared,
    social::sitemap::{self, Parts},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    page::Public,
    paths,
    syndication::xml::{Xml, document},
};

const FOR_AN_HOUR: u32 = 3_600;
const TYPE: &str = "application/xml; charset=utf-8";
const NAMESPACE: (&str, &str) = ("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9");

/// The requested part; without one, the list of all parts.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    people: Option<String>,
    posts: Option<String>,
}

/// `GET /sitemap.xml`
pub async fn show(public: Public, Query(wanted): Query<Wanted>, headers: HeaderMap) -> Result<Response> {
    let origin = public.origin();
    let number = |part: &str| part.parse::<i64>().map_err(|_| Error::NotFound);
    let mut db = public.0.db().acquire().await?;
    let xml = match (wanted.people.as_deref(), wanted.posts.as_deref()) {
        (None, None) => list(origin, sitemap::parts(&mut db).await?)?,
        (Some(part), None) => {
            let people = sitemap::people(&mut db, number(part)?).await?;
            pages(origin, people.iter().map(|username| (paths::profile(username), None)))?
        }
        (None, Some(part)) => {
            let posts = sitemap::posts(&mut db, number(part)?).await?;
            pages(origin, posts.into_iter().map(|(id, since)| (paths::post(id), Some(since))))?
        }
        (Some(_), Some(_)) => return Err(Error::NotFound),
    };
    Ok(shared(&headers, TYPE, FOR_AN_HOUR, xml))
}

/// The list of parts, the newest first.
fn list(origin: &Origin, parts: Parts) -> Result<String> {
    let numbers = |kind: &'static str, parts: Vec<i64>| parts.into_iter().map(move |part| paths::sitemap(kind, part));
    let mut all = numbers("people", parts.people).chain(numbers("posts", parts.posts));
    document(|xml| {
        xml.inside("sitemapindex", &[NAMESPACE], |xml| {
            all.try_for_each(|path| xml.inside("sitemap", &[], |xml| xml.text("loc", &[], &origin.url(&path))))
        })
    })
}

/// One part: the pages, and the time of their last change if it is known.
fn pages(origin: &Origin, pages: impl Iterator<Item = (String, Option<OffsetDateTime>)>) -> Result<String> {
    let mut pages = pages;
    document(|xml| {
        xml.inside("urlset", &[NAMESPACE], |xml| {
            pages.try_for_each(|(path, since)| page(xml, &origin.url(&path), since))
        })
    })
}

fn page(xml: &mut Xml<'_>, address: &str, since: Option<OffsetDateTime>) -> std::io::Result<()> {
    let since = since.and_then(|since| since.replace_nanosecond(0).ok()?.format(&Rfc3339).ok());
    xml.inside("url", &[], |xml| {
        xml.text("loc", &[], address)?;
        since.map_or(Ok(()), |since| xml.text("lastmod", &[], &since))
    })
}
