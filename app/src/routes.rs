//! Every address of the site, and who may use it. A route is only ever added through a door, which records its guard; a
//! test walks the records and tries each route as every other kind of visitor.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    middleware::from_fn,
    response::Redirect,
    routing::{MethodFilter, MethodRouter, on},
};
use http::Method;

use crate::{
    identity::{auth, settings},
    page::{form_user, theme},
    paths, seo,
    social::{feed, follows, likes, notifications, posts, profiles, search, tags},
    syndication,
};

/// The visitors that a route answers; the proofs that its handler takes refuse everyone else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    Anyone,
    Member,
    /// A member who elevated within the last minutes.
    Elevated,
}

/// One address, in the form the test needs.
#[derive(Clone, Debug)]
pub struct Door {
    pub method: Method,
    pub path: &'static str,
    pub guard: Guard,
    /// True if a form sent here acts only for the user it was rendered for: see [`form_user`].
    pub bound: bool,
}

/// The routes, and the record of each.
#[derive(Default)]
pub struct Doors {
    pub router: Router,
    /// The routes that receive files: they accept more bytes, and so allow more time.
    pub uploads: Router,
    pub list: Vec<Door>,
}

/// The most bytes of a form with text: far above the accepted length, in any script (one character can take twelve
/// bytes in transit). The server can return a text with its errors only if it read the whole text.
pub const WORDS: usize = 256 * 1_024;
/// The most bytes of any other form, from members and visitors.
const FORM: usize = server::http::SMALL;
/// The most bytes of a form with a file: the largest file, and the multipart framing around it. The rest is drained
/// unread.
const UPLOAD: usize = server::identity::avatars::MAX_BYTES + 64 * 1_024;

impl Doors {
    fn door(mut self, method: Method, path: &'static str, guard: Guard, (route, bound): (MethodRouter, bool)) -> Self {
        self.router = self.router.route(path, route);
        self.list.push(Door { method, path, guard, bound });
        self
    }

    fn get<H: Handler<T, ()>, T: 'static>(self, path: &'static str, guard: Guard, handler: H) -> Self {
        self.door(Method::GET, path, guard, (on(MethodFilter::GET, handler), false))
    }

    /// Adds a form. It is refused if it was rendered for another user than the signed-in one.
    fn post<H: Handler<T, ()>, T: 'static>(self, path: &'static str, guard: Guard, handler: H) -> Self {
        let route = on(MethodFilter::POST, handler).route_layer(from_fn(form_user::require));
        self.door(Method::POST, path, guard, (route, true))
    }

    /// Adds a form with text. Its handler takes a [`crate::page::preserve_input::PreservedForm`], which refuses as
    /// [`Self::post`] does and gives the text back.
    fn post_text<H: Handler<T, ()>, T: 'static>(self, path: &'static str, guard: Guard, handler: H) -> Self {
        let route = on(MethodFilter::POST, handler).route_layer(from_fn(form_user::note));
        self.door(Method::POST, path, guard, (route, true))
    }

    /// Adds a form that does the same for every user: it acts on the link it was opened from, or on this browser alone.
    fn post_unbound<H: Handler<T, ()>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        let route = on(MethodFilter::POST, handler).route_layer(from_fn(form_user::ignore));
        self.door(Method::POST, path, Guard::Anyone, (route, false))
    }

    fn upload<H: Handler<T, ()>, T: 'static>(mut self, path: &'static str, guard: Guard, handler: H) -> Self {
        // The router sets no limit on these: with two limits the extractor would not know why the body ends.
        let route: MethodRouter = on(MethodFilter::POST, handler).route_layer(from_fn(form_user::require_upload));
        self.uploads = self.uploads.route(path, route.layer(DefaultBodyLimit::max(UPLOAD)));
        self.list.push(Door { method: Method::POST, path, guard, bound: true });
        self
    }

    fn limited(mut self, bytes: usize) -> Self {
        self.router = self.router.layer(DefaultBodyLimit::max(bytes));
        if bytes > server::http::SMALL {
            self.router = self.router.layer(from_fn(server::http::large_bodies));
        }
        self
    }

    fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.uploads = self.uploads.merge(other.uploads);
        self.list.extend(other.list);
        self
    }
}

/// Returns all routes.
pub fn doors() -> Doors {
    let doors = words().limited(WORDS).and(social().and(found()).and(accounts()).limited(FORM));
    #[cfg(feature = "dev")]
    let doors = doors.and(Doors::default().get("/dev/mail", Guard::Anyone, crate::dev::mail::list).get(
        "/dev/mail/{id}",
        Guard::Anyone,
        crate::dev::mail::show,
    ));
    #[cfg(feature = "bench")]
    let doors = doors.and(Doors::default().get("/bench/twin", Guard::Anyone, crate::dev::bench_page::home));
    doors
}

/// The routes with text.
fn words() -> Doors {
    Doors::default()
        .post_text("/posts", Guard::Member, posts::create)
        .post_text("/posts/{id}/replies", Guard::Member, posts::reply)
        .post_text("/posts/{id}/edit", Guard::Member, posts::change)
        .post_text("/settings/profile", Guard::Member, settings::profile::edit)
}

fn social() -> Doors {
    Doors::default()
        .get("/", Guard::Anyone, feed::latest)
        .get("/following", Guard::Member, feed::following)
        .get("/posts/new", Guard::Member, posts::new)
        .get("/posts/{id}", Guard::Anyone, posts::show)
        .get("/posts/{id}/edit", Guard::Member, posts::edit)
        .get("/posts/{id}/history", Guard::Anyone, posts::history)
        .post("/posts/{id}/delete", Guard::Member, posts::delete)
        .post("/posts/{id}/like", Guard::Member, likes::set)
        .get("/notifications", Guard::Member, notifications::show)
        .post("/notifications/read", Guard::Member, notifications::read_all)
        .post("/notifications/{id}/read", Guard::Member, notifications::read)
        .get("/unsubscribe", Guard::Anyone, notifications::unsubscribe::ask)
        .post_unbound("/unsubscribe", notifications::unsubscribe::now)
        .get("/tags/{tag}", Guard::Anyone, tags::show)
        .get("/trending", Guard::Anyone, tags::trending)
        .get("/lively", Guard::Anyone, async || Redirect::permanent(paths::TRENDING))
        .get("/search", Guard::Anyone, search::all)
        .get("/search/posts", Guard::Anyone, search::posts)
        .get("/search/people", Guard::Anyone, search::people)
        .get("/search/tags", Guard::Anyone, search::tags)
        .get("/{handle}", Guard::Anyone, profiles::show)
        .get("/{handle}/replies", Guard::Anyone, profiles::replies)
        .get("/{handle}/likes", Guard::Anyone, profiles::likes)
        .get("/{handle}/followers", Guard::Anyone, profiles::followers)
        .get("/{handle}/following", Guard::Anyone, profiles::following)
        .post("/{handle}/follow", Guard::Member, follows::set)
        .post_unbound("/theme", theme::choose)
}

/// For programs that read: the same for every client.
fn found() -> Doors {
    Doors::default()
        .get("/{handle}/feed.atom", Guard::Anyone, syndication::atom::of_person)
        .get("/tags/{tag}/feed.atom", Guard::Anyone, syndication::atom::of_tag)
        .get("/sitemap.xml", Guard::Anyone, seo::sitemap::show)
        .get("/robots.txt", Guard::Anyone, seo::robots::show)
}

fn accounts() -> Doors {
    Doors::default()
        .get("/sign-up", Guard::Anyone, auth::sign_up::show)
        .post("/sign-up", Guard::Anyone, auth::sign_up::begin)
        .get("/sign-up/verify", Guard::Anyone, auth::verify::show)
        .post("/sign-up/verify", Guard::Anyone, auth::verify::verify)
        .post("/sign-up/resend", Guard::Anyone, auth::verify::resend)
        .get("/sign-up/invitation", Guard::Anyone, auth::finish::invitation)
        .get("/sign-up/finish", Guard::Anyone, auth::finish::show)
        .post("/sign-up/finish", Guard::Anyone, auth::finish::finish)
        .get("/sign-in", Guard::Anyone, auth::sign_in::show)
        .post("/sign-in", Guard::Anyone, auth::sign_in::sign_in)
        .get("/sign-in/code", Guard::Anyone, auth::code::show)
        .post("/sign-in/code", Guard::Anyone, auth::code::sign_in)
        .post("/sign-in/code/send", Guard::Anyone, auth::code::send)
        .get("/forgot-password", Guard::Anyone, auth::reset::forgot)
        .post("/forgot-password", Guard::Anyone, auth::reset::send)
        .get("/reset-password", Guard::Anyone, auth::reset::show)
        .post_unbound("/reset-password", auth::reset::reset)
        .get("/undo-email", Guard::Anyone, auth::links::undo_email)
        .post_unbound("/undo-email", auth::links::undo_email_now)
        .get("/end-session", Guard::Anyone, auth::links::end_session)
        .post_unbound("/end-session", auth::links::end_session_now)
        .and(elsewhere())
        .post("/sign-out", Guard::Anyone, auth::sign_in::sign_out)
        .get("/elevate", Guard::Member, auth::elevate::show)
        .post("/elevate", Guard::Member, auth::elevate::elevate)
        .post("/elevate/send", Guard::Member, auth::elevate::send)
        .get("/elevate/code", Guard::Member, auth::elevate::show_code)
        .post("/elevate/code", Guard::Member, auth::elevate::elevate_by_code)
        .and(settings())
}

/// OAuth sign-in.
fn elsewhere() -> Doors {
    Doors::default()
        .post("/auth/{provider}", Guard::Anyone, auth::providers::start_sign_in)
        .get("/auth/{provider}/callback", Guard::Anyone, auth::providers::callback)
        .post("/elevate/with/{provider}", Guard::Member, auth::providers::elevate)
        .get("/sign-up/provider", Guard::Anyone, auth::pending_sign_up::show)
        .get("/sign-up/arrival", Guard::Anyone, async || Redirect::permanent(paths::PENDING_SIGN_UP))
        .get("/sign-up/provider/avatar", Guard::Anyone, auth::pending_sign_up::avatar)
        .post("/sign-up/provider", Guard::Anyone, auth::pending_sign_up::join)
        .post("/sign-up/provider/send", Guard::Anyone, auth::pending_sign_up::send)
        .get("/sign-up/provider/code", Guard::Anyone, auth::pending_sign_up::show_code)
        .post("/sign-up/provider/code", Guard::Anyone, auth::pending_sign_up::prove_by_code)
        .post("/sign-up/provider/password", Guard::Anyone, auth::pending_sign_up::prove_by_password)
        .post("/sign-up/provider/with/{provider}", Guard::Anyone, auth::providers::prove)
        .get("/settings/connections", Guard::Member, settings::connections::show)
        .post("/settings/connections/{provider}/link", Guard::Elevated, auth::providers::link)
        .post("/settings/connections/{provider}/unlink", Guard::Elevated, settings::connections::unlink)
        .post("/settings/connections/{provider}/refresh", Guard::Member, auth::providers::refresh)
}

fn settings() -> Doors {
    Doors::default()
        .get("/settings", Guard::Anyone, settings::index)
        .get("/settings/profile", Guard::Member, settings::profile::show)
        .upload("/settings/profile/picture", Guard::Member, settings::profile::choose)
        .post("/settings/profile/picture/remove", Guard::Member, settings::profile::remove)
        .get("/settings/account", Guard::Member, settings::account::show)
        .post("/settings/account/email", Guard::Elevated, settings::account::request_email)
        .get("/settings/account/email/verify", Guard::Member, settings::account::show_verify)
        .post("/settings/account/email/verify", Guard::Elevated, settings::account::verify_email)
        .post("/settings/account/username", Guard::Elevated, settings::account::username)
        .post("/settings/account/export", Guard::Elevated, settings::account::export)
        .post("/settings/account/delete", Guard::Elevated, settings::account::delete)
        .get("/settings/security", Guard::Member, settings::security::show)
        .get(paths::CHANGE_PASSWORD, Guard::Anyone, settings::security::change_password)
        .post("/settings/security/password", Guard::Elevated, settings::security::password)
        .post("/settings/security/password/remove", Guard::Elevated, settings::security::remove_password)
        .get("/settings/notifications", Guard::Member, settings::notifications::show)
        .post("/settings/notifications", Guard::Member, settings::notifications::save)
        .get("/settings/activity", Guard::Member, settings::activity::show)
        .get("/settings/devices", Guard::Member, settings::devices::show)
        .post("/settings/devices/others/end", Guard::Elevated, settings::devices::revoke_others)
        .post("/settings/devices/all/end", Guard::Elevated, settings::devices::revoke_all)
        .post("/settings/devices/{device}/end", Guard::Elevated, settings::devices::revoke)
}
