//! The composer: a plain form that an island makes quicker.

use leptos::prelude::*;
use server::{base::id::Once, identity::sessions::request::Member};

use crate::{
    islands::Composer,
    page::{FormError, Page},
    ui::{Size, avatar::avatar_now, hidden, textarea},
};

/// The kind of text in a composer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ComposerKind {
    #[default]
    Post,
    Reply,
    /// The new text of an existing post.
    Edit,
}

/// The content of the composer when the page opens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draft<'a> {
    pub body: &'a str,
    pub refused: Option<&'a FormError>,
    pub kind: ComposerKind,
    /// Has the focus when the page opens.
    pub focus: bool,
}

impl Draft<'_> {
    /// Returns the page with the status of the outcome.
    pub fn answer(&self, page: Page) -> Page {
        match self.refused {
            Some(error) => error.on(page),
            None => page,
        }
    }
}

/// The composer on its sheet; it sends to `action`.
pub fn composer(me: &Member, action: String, draft: Draft<'_>) -> impl IntoView + use<> {
    let (prompt, send) = match draft.kind {
        ComposerKind::Post => ("What are you up to?", "Post"),
        ComposerKind::Reply => ("Write a reply", "Reply"),
        ComposerKind::Edit => ("Your post", "Save"),
    };
    // Identifies a retry of this very form.
    let once = (draft.kind != ComposerKind::Edit).then(|| hidden("once", Once::random().to_string()));
    let rows = if draft.focus { 6 } else { 2 };
    let mut area = textarea("body", prompt).value(draft.body).placeholder(prompt).rows(rows).required().bare();
    if let Some(refusal) = draft.refused {
        area = area.errors(&refusal.invalid);
    }
    if draft.focus || draft.refused.is_some() {
        area = area.autofocus();
    }
    let (face, area) = (avatar_now(&me.person, Size::Post), area.view());
    view! {
        <section class="sheet" aria-label=prompt>
            <form class="composer" method="post" action=action>
                {face}
                {area}
                <div class="send">
                    {how()}
                    <p class="kept" hidden>"Draft restored. "<button class="link" type="button">"Discard"</button></p>
                    <p role="status"></p>
                    <output for="body" aria-live="off"></output>
                    <button class="button primary slim" type="submit">{send}</button>
                </div>
                {once}
            </form>
            <Composer />
        </section>
    }
}

/// A list of all formatting.
fn how() -> impl IntoView {
    let signs = FORMATTING.into_iter().map(|sign| view! { <code>{sign}</code> }).collect_view();
    view! {
        <details class="how">
            <summary>"Formatting"</summary>
            <p>{signs}</p>
            <p>{FORMATTING_NOTE}</p>
        </details>
    }
}

/// All the formatting that `server::social::markup` knows.
pub const FORMATTING: [&str; 13] = [
    "**bold**",
    "__bold__",
    "*italic*",
    "_italic_",
    "`code`",
    "> quote",
    "- list",
    "* list",
    "1. list",
    "# heading",
    "[text](address)",
    "@name",
    "#tag",
];
/// The rest of the formatting, and the escape.
pub const FORMATTING_NOTE: &str = "*** or ___ is bold and italic, 1) works like 1., and ## to ###### like #. \
     Two spaces before - or 1. put a list into a list, >> a quote into a quote. An address that begins with https:// is a \
     link by itself. Between two lines of ``` all is code; the first may name a language. \
     A \\ before * ` [ @ or # shows the sign itself, also before > or - at the beginning of a line.";
