//! The home page a second time, written by hand in maud: `cargo xtask bench` measures the real one against it. Same
//! statement, same layers, same bytes except a few markers. Only in builds with the feature `bench`.

use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use server::{
    Result,
    base::clock,
    identity::users::UserSummary,
    social::{feed, posts::Post},
};
use time::OffsetDateTime;

use crate::{
    count,
    page::visit::Visit,
    paths,
    social::posts::composer::{FORMATTING, FORMATTING_NOTE},
    ui::when as time_words,
};

/// `GET /bench/twin`
pub async fn home(visit: Visit) -> Result<Response> {
    let page = {
        let mut db = visit.cx.server.db().acquire().await?;
        feed::latest(&mut db, visit.cx.viewer(), None).await?
    };
    let now = clock::now();
    let me = visit.me().map(|me| &me.person);
    let markup = html! {
        (DOCTYPE)
        html lang="en" data-theme=[visit.theme.attr()] data-me=[me.map(|me| &me.username)] {
            (head(&visit))
            body {
                a href="#main" class="skip" { "Skip to the page" }
                div class="shell" {
                    header class="rail" {
                        a href="/" aria-label="Kith, home" class="brand" { (mark()) span { "Kith" } }
                        @match me { Some(me) => (member_nav(me)), None => (stranger_nav()) }
                    }
                    @if me.is_none() { (hello()) }
                    main id="main" tabindex="-1" class="main" {
                        div class="top" { (mark()) h1 { "Home" } }
                        @if me.is_some() { (feeds()) }
                        @if let Some(me) = me { (composer(me)) }
                        section aria-label="Posts" class="sheet" {
                            form method="post" class="posts" {
                                input type="hidden" name="next" value="/";
                                @for post in &page.items { (card(post, me.is_some(), now)) }
                                @if let Some(older) = page.next {
                                    div class="pager" { p role="status" {} a href=(paths::before("/", older)) rel="next" class="button" { "Older posts" } }
                                }
                            }
                            leptos-island data-component="PostList" {}
                        }
                    }
                    @if me.is_some() { (keys()) }
                }
            }
        }
    };
    Ok(Html(markup.into_string()).into_response())
}

fn head(visit: &Visit) -> Markup {
    let href = |name: &str| visit.assets.href(name);
    let address = visit.cx.server.config().origin.url("/");
    html! {
        head {
            meta charset="utf-8";
            title { "Home · Kith" }
            meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover";
            meta property="og:description" name="description" content="Kith: friends and neighbours, and what they are up to.";
            meta name="theme-color" content="#f6f4f0" media="(prefers-color-scheme:light)";
            meta name="theme-color" content="#170f17" media="(prefers-color-scheme:dark)";
            link rel="canonical" href=(address);
            meta property="og:url" content=(address);
            meta property="og:site_name" content="Kith";
            meta property="og:type" content="website";
            meta property="og:title" content="Kith";
            meta property="og:image" content=(visit.cx.server.config().origin.url("/icon-512.png"));
            meta property="og:image:alt" content="Kith";
            meta property="og:image:width" content="512";
            meta property="og:image:height" content="512";
            meta name="twitter:card" content="summary";
            link rel="icon" href="/favicon.ico" sizes="32x32";
            link rel="icon" href="/icon.svg" type="image/svg+xml";
            link rel="apple-touch-icon" href="/apple-touch-icon.png";
            link rel="manifest" href="/manifest.webmanifest";
            link rel="preload" href=(href("schibsted-grotesk-latin.woff2")) as="font" type="font/woff2" crossorigin="";
            link rel="stylesheet" href=(href("main.css"));
            script type="module" src=(href("page.js")) {}
            link rel="modulepreload" href=(href("kith.js"));
            link rel="preload" href=(href("kith_bg.wasm")) as="fetch" type="application/wasm" crossorigin="";
            script type="module" src=(href("loader.js")) data-js=(href("kith.js")) data-wasm=(href("kith_bg.wasm")) {}
        }
    }
}

fn mark() -> Markup {
    html! {
        svg viewBox="0 0 32 32" aria-hidden="true" class="mark" {
            rect width="32" height="32" rx="9" fill="#fbb62d" {}
            g fill="#2f1a2b" {
                rect x="6" y="5.5" width="6.5" height="21" rx="3.25" {}
                circle cx="20.6" cy="10.5" r="5" {}
                path d="M15 25.3v-6.1c0-1 .8-1.8 1.8-1.7 5.1.4 8.9 3.5 9.4 7.6.1.8-.5 1.4-1.2 1.4h-8.8c-.7 0-1.2-.5-1.2-1.2z" {}
            }
        }
    }
}

fn item(href: &str, icon: &str, label: &str, wide: bool) -> Markup {
    let (icon, current) = (format!("icon icon-{icon}"), (href == "/").then_some("page"));
    html! {
        li class=[wide.then_some("only-wide")] {
            a href=(href) aria-label=(label) aria-current=[current] { i aria-hidden="true" class=(icon) {} span { (label) } }
        }
    }
}

fn stranger_nav() -> Markup {
    html! {
        nav aria-label="Main" { ul {
            (item("/", "home", "Home", false))
            (item("/search", "search", "Search", false))
            (item("/sign-up", "follow", "Sign up", false))
            (item("/sign-in", "sign-in", "Sign in", false))
        } }
    }
}

fn member_nav(me: &UserSummary) -> Markup {
    let profile = paths::profile(&me.username);
    html! {
        nav aria-label="Main" { ul {
            (item("/", "home", "Home", false))
            (item("/following", "following", "Following", true))
            (item("/search", "search", "Search", false))
            li class="told" { a href="/notifications" aria-label="Notifications" { i aria-hidden="true" class="icon icon-bell" {} span { "Notifications" } } }
            (item(&profile, "person", "Profile", true))
            (item("/settings/devices", "settings", "Settings", true))
            li class="write" { a href="/posts/new" aria-label="Write" { i aria-hidden="true" class="icon icon-write" {} span { "Write" } } }
            li class="me" {
                button type="button" popovertarget="me" aria-label="You and your settings" {
                    (face(me, "24", false)) span class="only-wide" { (me.name()) } span class="only-narrow" { "You" }
                }
            }
        } }
        div id="me" popover="auto" class="menu" {
            a href=(profile) class="who" { (face(me, "44", false)) span { b { (me.name()) } small { "@" (me.username) } } }
            a href="/settings/devices" { i aria-hidden="true" class="icon icon-settings" {} "Settings" }
            (theme())
            hr;
            form method="post" action="/sign-out" { button type="submit" { i aria-hidden="true" class="icon icon-sign-out" {} "Sign out" } }
        }
    }
}

fn feeds() -> Markup {
    html! { nav aria-label="Feeds" class="feeds" { a href="/" aria-current="page" { "Latest" } a href="/following" { "Following" } } }
}

fn theme() -> Markup {
    let choices = [
        ("light", "false", "Light", "sun"),
        ("system", "true", "As the system", "system"),
        ("dark", "false", "Dark", "moon"),
    ];
    html! {
        form method="post" action="/theme" aria-label="Colours" class="theme" {
            input type="hidden" name="next" value="/";
            @for (value, pressed, label, icon) in choices {
                button name="theme" value=(value) aria-pressed=(pressed) aria-label=(label) { i aria-hidden="true" class={ "icon icon-" (icon) } {} }
            }
        }
    }
}

fn hello() -> Markup {
    html! {
        aside aria-label="About" class="aside greets" {
            section class="hello" {
                h2 { "The people next door, out loud." }
                p { "Kith is for the friends and neighbours you would stop to talk to. Read as long as you like; join when you want to answer." }
                div class="line-up" { a href="/sign-up" class="button" { "Sign up" } a href="/sign-in" class="button" { "Sign in" } }
            }
            footer class="foot" { span { "Kith, for friends and neighbours" } (theme()) }
        }
    }
}

fn keys() -> Markup {
    html! {
        aside aria-label="About" class="aside" {
            section class="note" {
                h2 { "Keyboard shortcuts" }
                dl class="keys" {
                    dt { kbd { "j" } kbd { "k" } } dd { "next, previous post" }
                    dt { kbd { "l" } } dd { "like it" }
                    dt { kbd { "↵" } } dd { "open it" }
                    dt { kbd { "n" } } dd { "write something" }
                }
            }
        }
    }
}

fn composer(me: &UserSummary) -> Markup {
    html! {
        section aria-label="What are you up to?" class="sheet" {
            form method="post" action="/posts" class="composer" {
                (face(me, "44", false))
                textarea id="body" name="body" rows="2" placeholder="What are you up to?" required dir="auto" aria-label="What are you up to?" {}
                div class="send" {
                    (how())
                    p class="kept" hidden { "Draft restored. " button class="link" type="button" { "Discard" } }
                    p role="status" {} output for="body" aria-live="off" {} button type="submit" class="button primary slim" { "Post" }
                }
                input type="hidden" name="once" value=(server::base::id::Once::random());
            }
            leptos-island data-component="Composer" {}
        }
    }
}

fn how() -> Markup {
    html! {
        details class="how" {
            summary { "Formatting" }
            p { @for what in FORMATTING { code { (what) } } }
            p { (FORMATTING_NOTE) }
        }
    }
}

fn face(person: &UserSummary, size: &str, lazy: bool) -> Markup {
    html! {
        img src={ "/avatars/" (person.avatar_file(server::identity::avatars::Size::Small)) } alt="" width=(size) height=(size) loading=[lazy.then_some("lazy")] decoding="async" class="avatar";
    }
}

fn card(post: &Post, member: bool, now: OffsetDateTime) -> Markup {
    let href = paths::post(post.id);
    let likes = count::of(post.like_count, "like", "likes");
    let what = format!("{}’s {}", post.author.name(), if post.parent.is_some() { "reply" } else { "post" });
    let shown = |n: i64| if n > 0 { count::short(n) } else { " ".to_owned() };
    let long = post.body.chars().nth(480).is_some() || post.body.lines().nth(9).is_some();
    html! {
        article id={ "p" (post.id) } class="post" {
            div class="by" {
                a href=(paths::profile(&post.author.username)) { (face(&post.author, "44", true)) b { (post.author.name()) } span { "@" (post.author.username) } }
                @if post.edited_at.is_some() { a href=(paths::history(post.id)) class="edited" { "edited" } }
                a href=(href) class="when" {
                    time datetime=(time_words::machine(post.created_at)) title=(time_words::exact(post.created_at)) { (time_words::said(post.created_at, now)) }
                }
            }
            div dir="auto" class="text" { (maud::PreEscaped(&post.html)) }
            @if long { details class="more" { summary { "Read on" } } }
            div class="acts" {
                @if member {
                    button name="like" value=(if post.liked { "false" } else { "true" }) formaction=(paths::like(post.id)) aria-pressed=(if post.liked { "true" } else { "false" }) aria-label={ "Like " (what) } aria-description=(likes) class="like" { (shown(post.like_count)) }
                } @else {
                    a href={ "/sign-in?next=" (href) } aria-label={ "Sign in to like " (what) } aria-description=(likes) class="like" { (shown(post.like_count)) }
                }
                a href=(href) aria-label=(count::of(post.reply_count, "reply", "replies")) class="replies" { (shown(post.reply_count)) }
            }
        }
    }
}
