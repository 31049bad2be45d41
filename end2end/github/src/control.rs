//! `/_control`: the switches of this server, for tests in another process. A web page cannot use them from a browser:
//! they require JSON, which another site may not send without permission.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{App, Endpoint, Mode, Person, mode::Rule, world::World};

/// The changes. Every field is optional, and they are applied in this order.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Turn {
    /// Resets everything except the app to the start.
    reset: bool,
    /// Drops all rules, or those about one person.
    recover: Option<Scope>,
    app: Option<App>,
    /// New people, or replacements. An id of 0 is replaced by a free one.
    people: Vec<Person>,
    remove: Vec<u64>,
    /// The modes of the next responses, one each.
    next: Vec<Wish>,
    /// The modes of all responses.
    always: Vec<Wish>,
    /// Lets time pass.
    later_seconds: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Everybody,
    Person(u64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    endpoint: Endpoint,
    answer: Mode,
    /// Applies only to requests about this person, so that tests can run in parallel.
    person: Option<u64>,
}

/// `POST`: applies the changes, and returns the ids of the new people.
pub async fn turn(State(world): State<Arc<World>>, Json(turn): Json<Turn>) -> Json<Value> {
    let mut state = world.lock();
    if turn.reset {
        let fresh = World::new(String::new(), state.app.clone());
        std::mem::swap(&mut *state, &mut *fresh.lock());
    }
    match turn.recover {
        Some(Scope::Everybody) => state.rules.clear(),
        Some(Scope::Person(id)) => state.rules.retain(|rule| rule.person != Some(id)),
        None => {}
    }
    if let Some(app) = turn.app {
        state.app = app;
    }
    let people: Vec<u64> = turn.people.into_iter().map(|person| state.add(person)).collect();
    for id in turn.remove {
        state.remove(id);
    }
    for (wishes, once) in [(turn.next, true), (turn.always, false)] {
        let rules = wishes.into_iter();
        state.rules.extend(rules.map(|w| Rule { endpoint: w.endpoint, mode: w.answer, person: w.person, once }));
    }
    state.later += Duration::from_secs(turn.later_seconds);
    Json(json!({ "people": people }))
}

/// `GET`: the requests so far, and the people.
pub async fn look(State(world): State<Arc<World>>) -> Json<Value> {
    let state = world.lock();
    let people: Vec<_> = state.people.values().collect();
    Json(json!({ "requests": state.seen, "people": people }))
}
