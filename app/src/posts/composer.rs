//! Where one writes: a plain form that an island makes quicker.

use leptos::prelude::*;
use server::{error::Invalid, request::Member};

use crate::{
    islands::Composer,
    ui::{Size, avatar::avatar_now, textarea},
};

/// What was typed and could not be taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draft<'a> {
    pub body: &'a str,
    pub invalid: Option<&'a Invalid>,
    /// A reply, not a post.
    pub reply: bool,
    /// Has the focus when the page opens.
    pub focus: bool,
}

/// The composer on its sheet; it sends to `action`.
pub fn composer(me: &Member, action: String, draft: Draft<'_>) -> impl IntoView + use<> {
    let (prompt, send) = if draft.reply { ("Write a reply", "Reply") } else { ("What are you up to?", "Post") };
    let mut area = textarea("body", prompt).value(draft.body).placeholder(prompt).rows(2).required().bare();
    if let Some(invalid) = draft.invalid {
        area = area.errors(invalid);
    }
    if draft.focus || draft.invalid.is_some() {
        area = area.autofocus();
    }
    let (face, area) = (avatar_now(&me.person, Size::Post), area.view());
    view! {
        <section class="sheet" aria-label=prompt>
            <Composer>
                <form class="composer" method="post" action=action>
                    {face}
                    {area}
                    <div class="send">
                        <p role="status"></p>
                        <output for="body" aria-live="off"></output>
                        <button class="button primary slim" type="submit">{send}</button>
                    </div>
                </form>
            </Composer>
        </section>
    }
}
