//! Like and follow buttons: shown as done at once, reverted if the request fails.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlButtonElement, SubmitEvent};

use super::dom;
use crate::{
    count,
    islands::{
        action_error::ActionError,
        api::{set_follow, set_like},
    },
};

/// Listens for the buttons.
pub fn start() {
    dom::prepare_to_say();
    dom::on(&dom::document(), "submit", pressed);
}

fn pressed(event: Event) {
    let Some(button) = event
        .dyn_ref::<SubmitEvent>()
        .and_then(SubmitEvent::submitter)
        .and_then(|element| element.dyn_into::<HtmlButtonElement>().ok())
    else {
        return;
    };
    let (name, path, want) = (button.name(), path_of(&button), button.value() == "true");
    let work = match name.as_str() {
        "like" => path.split('/').nth(2).and_then(|id| id.parse().ok()).map(Work::Like),
        "follow" => path.split('/').nth(1).and_then(|name| name.strip_prefix('@')).map(|n| Work::Follow(n.to_owned())),
        _ => None,
    };
    let Some(work) = work else { return };
    event.prevent_default();
    if !dom::is_busy(&button) {
        spawn_local(send(button, work, want));
    }
}

enum Work {
    Like(i64),
    Follow(String),
}

async fn send(button: HtmlButtonElement, work: Work, want: bool) {
    dom::busy(&button, true);
    let answer = match work {
        Work::Like(post) => {
            let before = shown(&button);
            let guess = before.map(|n| n + if want { 1 } else { -1 });
            show_like(&button, want, guess);
            let answer = set_like(dom::for_user(), post, want).await;
            show_like(&button, want == answer.is_ok(), answer.ok().or(before));
            answer
        }
        Work::Follow(username) => {
            show_follow(&button, want);
            let answer = set_follow(dom::for_user(), username, want).await;
            show_follow(&button, want == answer.is_ok());
            answer.inspect(|n| show_followers(*n))
        }
    };
    dom::busy(&button, false);
    if let Err(error) = answer {
        tell(error);
    }
}

/// Shows the reason for a failure.
pub fn tell(error: ActionError) {
    dom::say(error.words());
}

/// Returns the address that the button sends to: its own, or its form's.
fn path_of(button: &HtmlButtonElement) -> String {
    let own = button.get_attribute("formaction");
    own.or_else(|| button.form()?.get_attribute("action")).unwrap_or_default()
}

/// Returns the figure on a button if it is exact.
fn shown(button: &HtmlButtonElement) -> Option<i64> {
    match button.text_content()?.trim() {
        "" => Some(0),
        figure => figure.replace(',', "").parse().ok(),
    }
}

fn show_like(button: &HtmlButtonElement, liked: bool, likes: Option<i64>) {
    press(button, liked);
    let _ = button.class_list().toggle_with_force("fresh", liked);
    if let Some(n) = likes {
        let figure = if n > 0 { count::short(n) } else { String::new() };
        button.set_text_content(Some(&figure));
        let _ = button.set_attribute("aria-description", &count::of(n, "like", "likes"));
    }
}

fn show_follow(button: &HtmlButtonElement, followed: bool) {
    press(button, followed);
    button.set_text_content(Some(if followed { "Following" } else { "Follow" }));
}

fn show_followers(n: i64) {
    let Some(place) = dom::find("#followers") else { return };
    let said = count::of(n, "follower", "followers");
    if let (Some((figure, noun)), [Some(b), Some(i)]) = (said.split_once(' '), ["b", "i"].map(|s| child(&place, s))) {
        b.set_text_content(Some(figure));
        i.set_text_content(Some(noun));
    }
}

fn child(of: &Element, selector: &str) -> Option<Element> {
    of.query_selector(selector).ok().flatten()
}

fn press(button: &HtmlButtonElement, on: bool) {
    let _ = button.set_attribute("aria-pressed", if on { "true" } else { "false" });
    button.set_value(if on { "false" } else { "true" });
}
