//! The page on which a person says who they are and consents. It is plain, works without scripts, and says that it is a
//! stand-in.

use crate::{authorize::Ask, world::State};

const STYLE: &str = include_str!("page.css");

/// The choice of accounts, and Cancel.
pub fn choose(state: &State, ask: &Ask) -> String {
    let hidden = hidden(ask);
    let hint = ask.login.as_deref().unwrap_or_default();
    let mut people: Vec<_> = state.people.values().collect();
    people.sort_by_key(|person| !person.login.eq_ignore_ascii_case(hint));
    let people: String = people
        .iter()
        .map(|person| {
            format!(
                r#"<li><button name="person" value="{id}"><img src="/avatars/u/{id}?v=4" alt="" width="40" height="40">
<span><b><bdi>{name}</bdi></b> <i>{login}</i><small>{note}</small></span></button></li>"#,
                id = person.id,
                name = escape(person.name.as_deref().unwrap_or(&person.login)),
                login = escape(&person.login),
                note = escape(&person.note),
            )
        })
        .collect();
    let sign_up = if ask.allow_signup.as_deref() == Some("false") { "" } else { SIGN_UP };
    let app = escape(&state.app.name);
    let scopes = scopes(ask.scope.as_deref().unwrap_or_default());
    frame(&format!(
        r#"<h1>Come in to {app} as</h1>
<p class="wants">{app} will see {scopes}.</p>
<form method="post" action="/login/oauth/authorize">{hidden}
<ul>{people}</ul>
<label class="remember"><input type="checkbox" name="remember"> Don’t ask this browser again</label>
<p class="foot"><button name="cancel" value="1">Cancel</button></p></form>
<form method="post" action="/login/oauth/authorize">{hidden}{sign_up}</form>"#
    ))
}

/// For an app that is not registered.
pub fn nothing_here() -> String {
    frame("<h1>There is no such app</h1><p>Nobody registered an app with this client id here.</p>")
}

const SIGN_UP: &str = r#"<details><summary>Somebody new</summary>
<p><label>Login <input name="new_login" required autocomplete="off" maxlength="39"></label>
<label>Verified e-mail <input name="new_email" type="email" autocomplete="off"></label>
<button>Create and continue</button></p></details>"#;

fn frame(content: &str) -> String {
    format!(
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A stand-in for GitHub</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>
<p class="banner">This is a stand-in for GitHub, for trying things out. Nobody here is real.</p>
<main>{content}</main></body></html>"#
    )
}

/// Describes the data that the scopes let an app see.
fn scopes(scope: &str) -> String {
    let words: Vec<String> = scope
        .split_whitespace()
        .map(|scope| match scope {
            "read:user" => "your profile".to_owned(),
            "user:email" => "your e-mail addresses".to_owned(),
            "user" => "and change your profile and e-mail addresses".to_owned(),
            other => escape(other),
        })
        .collect();
    if words.is_empty() { "what is public about you".to_owned() } else { words.join(" and ") }
}

fn hidden(ask: &Ask) -> String {
    let fields = [
        ("client_id", Some(&ask.client_id)),
        ("redirect_uri", ask.redirect_uri.as_ref()),
        ("scope", ask.scope.as_ref()),
        ("state", ask.state.as_ref()),
        ("code_challenge", ask.code_challenge.as_ref()),
        ("code_challenge_method", ask.code_challenge_method.as_ref()),
        ("allow_signup", ask.allow_signup.as_ref()),
    ];
    let field = |(name, value): (&str, Option<&String>)| {
        value.map(|value| format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value)))
    };
    fields.into_iter().filter_map(field).collect()
}

/// Escapes text for HTML and its attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}
