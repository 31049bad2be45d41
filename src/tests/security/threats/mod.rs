//! Attacks that worked on other sites, by their numbers in the list of threats (H), and the required defences (M). Each
//! test fails when its defence is removed.

mod enumeration;
mod fields;
mod guessing;
mod identity;
mod mailbox;
mod musts;
mod one_time;
mod races;
mod sessions;
mod spellings;
mod undo;
mod words;

use crate::tests::{
    Answer, Browser, PASSWORD, Site,
    identity::recovery::{self, link_to},
    page::queries,
    support::{browser::encode, site},
};

/// An unused password.
const NEW: &str = "seven green umbrellas sing";

/// Gives every user the cast's password again.
const SAME_PASSWORD: &str = "update passwords p set hash = q.hash
    from passwords q join users u on u.id = q.user_id where u.username = 'ada'";

/// Every path to a session: for a new user, for `alan`, and for `alan` who elevates.
const WAYS: [&str; 7] = ["sign-up", "invitation", "password", "code", "reset", "elevate", "elevate-code"];

/// A form that is about to be sent.
type Form = (&'static str, Vec<(&'static str, String)>);

/// Takes a browser to the last step of a path.
async fn last_step(site: &Site, browser: &mut Browser, way: &str) -> Form {
    match way {
        "sign-up" => {
            let code = ask_to_join(site, browser, ("new@kith.example", "newcomer", NEW)).await;
            ("/sign-up/verify", vec![("code", code)])
        }
        "invitation" => {
            let token = invitation(site, "boss").await;
            browser.get(&format!("/sign-up/invitation?token={token}")).await;
            ("/sign-up/finish", vec![("password", NEW.to_owned())])
        }
        "password" => ("/sign-in", vec![("identifier", "alan".to_owned()), ("password", PASSWORD.to_owned())]),
        "code" => ("/sign-in/code", vec![("code", ask_for_code(site, browser, "alan").await)]),
        "reset" => {
            open_reset(site, browser, "alan").await;
            ("/reset-password", vec![("new_password", NEW.to_owned())])
        }
        "elevate" => ("/elevate", vec![("current_password", PASSWORD.to_owned())]),
        _ => {
            browser.post("/elevate/send", &[("next", "/")]).await;
            ("/elevate/code", vec![("code", site.code_to("alan@kith.example").await)])
        }
    }
}

async fn send(browser: &mut Browser, (path, fields): &Form) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(path, &fields).await
}

/// Signs up as far as the code, and returns the code.
async fn ask_to_join(site: &Site, browser: &mut Browser, (email, username, password): (&str, &str, &str)) -> String {
    let fields = [("email", email), ("username", username), ("password", password)];
    let answer = browser.post("/sign-up", &fields).await;
    assert_eq!(answer.location(), "/sign-up/verify", "{}", answer.body);
    site.code_to(email).await
}

/// Returns the token of an operator's invitation.
async fn invitation(site: &Site, name: &str) -> String {
    let email = server::identity::users::Email::parse(&format!("{name}@kith.example")).unwrap();
    let username = server::identity::users::Username::parse(name).unwrap();
    server::accounts::invite(&site.server, &email, &username, server::identity::users::Role::Member)
        .await
        .unwrap()
        .text()
}

/// Requests a sign-in code for a user of the cast.
async fn ask_for_code(site: &Site, browser: &mut Browser, name: &str) -> String {
    let address = format!("{name}@kith.example");
    browser.post("/sign-in/code/send", &[("email", &address)]).await;
    site.code_to(&address).await
}

/// Opens the link for a new password that is mailed to a user of the cast.
async fn open_reset(site: &Site, browser: &mut Browser, name: &str) {
    let address = format!("{name}@kith.example");
    browser.post("/forgot-password", &[("email", &address)]).await;
    let token = link_to(site, &address, "/reset-password").await;
    let answer = browser.get(&format!("/reset-password?token={token}")).await;
    assert_eq!(answer.location(), "/reset-password");
}

/// A user verifies that they own a mailbox by setting a new password with the link mailed there.
async fn reset(site: &Site, name: &str) -> Browser {
    let mut owner = site.browser();
    open_reset(site, &mut owner, name).await;
    assert_eq!(owner.post("/reset-password", &[("new_password", NEW)]).await.location(), "/");
    owner
}

/// Makes every write of an audit row or a mail fail from now on, until [`mend`].
async fn break_half_way(site: &Site) {
    site.sql(
        "create function no() returns trigger language plpgsql as 'begin raise exception ''broken''; end';
         create trigger no before insert on audit_events for each row execute function no();
         create trigger no before insert on jobs for each row execute function no()",
    )
    .await;
}

async fn mend(site: &Site) {
    site.sql("drop function no cascade").await;
}
