//! A stand-in for GitHub: the documented behaviour of sign-in with an OAuth app and of `/user` and `/user/emails`, and
//! every way in which it may fail. Tests start one in their own process, browser tests and `cargo xtask run` start the
//! program. It knows no secret and remembers nothing after it ends.
//!
//! ```no_run
//! # async fn test() {
//! use stand_in_github::{Endpoint, Mode, StandIn, cast};
//!
//! let github = StandIn::start().await;
//! github.next_answer(Endpoint::User, Mode::ServerError);
//! let back = github.approve(&format!("{}/login/oauth/authorize?client_id=…", github.url), cast::MONA);
//! # let _ = back;
//! # }
//! ```

mod api;
mod app;
mod authorize;
pub mod cast;
mod control;
mod endpoint;
mod mode;
mod page;
pub mod pictures;
mod redirect;
mod requests;
mod serve;
#[cfg(test)]
mod tests;
mod token;
mod world;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};

pub use app::{App, CLIENT_ID, CLIENT_SECRET};
pub use cast::{Email, Person};
pub use endpoint::Endpoint;
pub use mode::{INSIDE, Mode};
pub use pictures::Picture;
pub use requests::Seen;
use world::World;

/// A running server on a loopback port of its own. It stops when dropped.
pub struct StandIn {
    /// Its address, without a slash at the end. Its API is at the same address, as `/user` and as `/api/v3/user`.
    pub url: String,
    world: Arc<World>,
    serving: JoinHandle<()>,
}

impl StandIn {
    /// Starts on a free port, with the [`cast`] and an app that calls back to
    /// `https://kith.example/auth/github/callback`.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), App::default())
            .await
            .unwrap_or_else(|why| panic!("{why}"))
    }

    /// Starts at an address of this machine, with an app registered as given.
    ///
    /// # Errors
    /// Returns an error if the address is taken, or not one that only this machine can reach.
    pub async fn start_at(address: SocketAddr, app: App) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a stand-in is for this machine only"));
        }
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let world = Arc::new(World::new(url.clone(), app));
        let serving = tokio::spawn(serve::run(listener, Arc::clone(&world)));
        Ok(Self { url, world, serving })
    }

    /// Serves until the process ends.
    pub async fn wait(mut self) {
        (&mut self.serving).await.ok();
    }

    /// Gives access to the registered app, to change it.
    pub fn app<T>(&self, change: impl FnOnce(&mut App) -> T) -> T {
        change(&mut self.world.lock().app)
    }

    /// Returns a person with an account here.
    pub fn person(&self, id: u64) -> Option<Person> {
        self.world.lock().people.get(&id).cloned()
    }

    /// Creates an account for a new person; an id of 0 is replaced by a free one. Returns the id.
    pub fn add(&self, person: Person) -> u64 {
        self.world.lock().add(person)
    }

    /// Changes a person: renames them, verifies an address.
    ///
    /// # Panics
    /// If no person has this id.
    pub fn change(&self, id: u64, change: impl FnOnce(&mut Person)) {
        let mut state = self.world.lock();
        let Some(person) = state.people.get_mut(&id) else { panic!("nobody has the id {id}") };
        change(person);
    }

    /// Deletes a person's account and revokes their tokens.
    pub fn remove(&self, id: u64) {
        self.world.lock().remove(id);
    }

    /// Returns every token that it issued and that is still valid.
    pub fn tokens(&self) -> Vec<String> {
        self.world.lock().tokens.keys().cloned().collect()
    }

    /// Sets the mode of the next response of an endpoint. Several queue up.
    pub fn next_answer(&self, endpoint: Endpoint, mode: Mode) {
        self.world.lock().rules.push(mode::Rule { endpoint, mode, person: None, once: true });
    }

    /// Sets the mode of every response of an endpoint from now on.
    pub fn always(&self, endpoint: Endpoint, mode: Mode) {
        self.world.lock().rules.push(mode::Rule { endpoint, mode, person: None, once: false });
    }

    /// Sets the mode of every response from now on.
    pub fn everywhere(&self, mode: &Mode) {
        for endpoint in Endpoint::ALL {
            self.always(endpoint, mode.clone());
        }
    }

    /// Resets every endpoint to its usual mode.
    pub fn recover(&self) {
        self.world.lock().rules.clear();
    }

    /// Returns the requests so far, oldest first, without secrets.
    pub fn requests(&self) -> Vec<Seen> {
        self.world.lock().seen.clone()
    }

    /// Returns the number of requests to an endpoint.
    pub fn asked(&self, endpoint: Endpoint) -> usize {
        self.world.lock().seen.iter().filter(|seen| seen.endpoint == Some(endpoint)).count()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.world.lock().seen.clear();
    }

    /// Returns the redirect of a browser that came with `url` when `person` consents.
    ///
    /// # Panics
    /// If GitHub would show an error page instead.
    pub fn approve(&self, url: &str, person: u64) -> String {
        authorize::decide(&self.world, url, Some(person)).unwrap_or_else(|why| panic!("{why}: {url}"))
    }

    /// As [`approve`](Self::approve), for a person who presses Cancel.
    ///
    /// # Panics
    /// As above.
    pub fn deny(&self, url: &str) -> String {
        authorize::decide(&self.world, url, None).unwrap_or_else(|why| panic!("{why}: {url}"))
    }

    /// Lets time pass: codes expire, limits end.
    pub fn later(&self, by: Duration) {
        self.world.lock().later += by;
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
