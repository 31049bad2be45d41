//! The head of every document. Scripts are files of ours, never lines in a page.

use leptos::{either::Either, prelude::*};

use super::visit::Visit;
use crate::ui::share::{self, Subject};

/// The content of the document's head.
pub(super) struct Meta {
    pub title: String,
    pub description: String,
    pub canonical: Option<String>,
    pub subject: Subject,
    pub feed: Option<String>,
    pub islands: bool,
    /// A script for this page only, by its name in `app/js`.
    pub module: Option<&'static str>,
}

/// The data that the browser needs before it draws.
pub(super) fn head(visit: &Visit, meta: &Meta) -> impl IntoView + use<> {
    let href = |name: &str| visit.assets.href(name);
    let islands = meta.islands.then(|| {
        let (js, wasm) = (href("kith.js"), href("kith_bg.wasm"));
        view! {
            <link rel="modulepreload" href=js.clone() />
            <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="" />
            <script type="module" src=href("loader.js") data-js=js data-wasm=wasm></script>
        }
    });
    let known = match &meta.canonical {
        Some(path) => Either::Left(share::lines(&visit.cx.server.config().origin, &meta.subject, &meta.title, path)),
        // A page without a canonical path is not for search engines. They may still follow its links.
        None => Either::Right(view! { <meta name="robots" content="noindex" /> }),
    };
    let feed = meta.feed.clone().map(|path| view! { <link rel="alternate" type="application/atom+xml" href=path /> });
    view! {
        <head>
            <meta charset="utf-8" />
            <title>{format!("{} · Kith", meta.title)}</title>
            <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover" />
            {share::description(meta.description.clone())}
            <meta name="theme-color" content="#f6f3ef" media="(prefers-color-scheme:light)" />
            <meta name="theme-color" content="#150f15" media="(prefers-color-scheme:dark)" />
            {known}
            {feed}
            <link rel="icon" href="/favicon.ico" sizes="32x32" />
            <link rel="icon" href="/icon.svg" type="image/svg+xml" />
            <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
            <link rel="manifest" href="/manifest.webmanifest" />
            <link
                rel="preload"
                href=href("schibsted-grotesk-latin.woff2")
                r#as="font"
                r#type="font/woff2"
                crossorigin=""
            />
            <link rel="stylesheet" href=href("main.css") />
            <script type="module" src=href("page.js")></script>
            {meta.module.map(|name| view! { <script type="module" src=href(name)></script> })}
            {islands}
        </head>
    }
}
