//! The texts of our mails. Short, plain, and the same in text and HTML; links only to our own origin, no remote
//! content.

mod address;

use crate::{
    base::random::Token,
    config::Origin,
    mailer::{MailTemplate, Message},
};
pub use address::{address_in_use, email_back, email_changed, email_restored, new_email_code};

/// Returns `lines`, with a warning if others requested many mails to the address.
fn with_warning<'a>(others: bool, lines: &[&'a str]) -> Vec<&'a str> {
    const WARNING: &str = "Others have asked for several mails to this address within the last hour, as if they were you. \
        They don't get in without what is in these mails: give it to nobody.";
    lines.iter().copied().chain(others.then_some(WARNING)).collect()
}

/// The code that verifies an address at sign-up.
pub fn sign_up_code(origin: &Origin, code: &str, others: bool) -> Message {
    MailTemplate {
        subject: format!("{code} is your Kith code"),
        greeting: "Welcome to Kith",
        lines: &with_warning(others, &["Type this code on the page where you signed up. It works for 10 minutes."]),
        code: Some(code),
        button: None,
        footer: "If you didn't ask to join, you can ignore this mail: without the code, nothing happens.",
    }
    .write(origin)
}

/// The mail for a sign-up with an address that has an account.
pub fn have_account(origin: &Origin) -> Message {
    MailTemplate {
        subject: "You already have a Kith account".to_owned(),
        greeting: "You already have an account",
        lines: &[
            "Someone, probably you, tried to sign up with this address. You already have an account: you can sign in.",
        ],
        code: None,
        button: Some(("Sign in", origin.url("/sign-in"))),
        footer: "If it wasn't you, you can ignore this mail: nothing has changed.",
    }
    .write(origin)
}

/// The code for a sign-in.
pub fn sign_in_code(origin: &Origin, code: &str, others: bool) -> Message {
    MailTemplate {
        subject: format!("{code} is your Kith code"),
        greeting: "Sign in to Kith",
        lines: &with_warning(
            others,
            &["Type this code on the page that asked for it, in the same browser. It works for 10 minutes, once."],
        ),
        code: Some(code),
        button: Some(("Or open the page with it", origin.url(&format!("/sign-in/code?code={code}")))),
        footer: "If you didn't ask for it, you can ignore this mail: nobody gets in without the code and that browser.",
    }
    .write(origin)
}

/// The code for an elevation.
pub fn elevate_code(origin: &Origin, code: &str) -> Message {
    MailTemplate {
        subject: format!("{code} is your Kith code"),
        greeting: "Is it you?",
        lines: &["Type this code to go on with an important change. It works for 10 minutes, once."],
        code: Some(code),
        button: None,
        footer: "If it wasn't you, someone may be using your account: sign out your other devices and choose a new password.",
    }
    .write(origin)
}

/// The code that verifies the address of a new user from a provider.
pub fn oauth_sign_up_code(origin: &Origin, code: &str, label: &str, others: bool) -> Message {
    MailTemplate {
        subject: format!("{code} is your Kith code"),
        greeting: "Welcome to Kith",
        lines: &with_warning(
            others,
            &[&format!("Type this code on the page where you came in with {label}. It works for 10 minutes.")],
        ),
        code: Some(code),
        button: None,
        footer: "If you didn't ask to join, you can ignore this mail: without the code, nothing happens.",
    }
    .write(origin)
}

/// Like [`oauth_sign_up_code`], to an address that has an account.
pub fn link_code(origin: &Origin, code: &str, label: &str, others: bool) -> Message {
    MailTemplate {
        subject: format!("{code} is your Kith code"),
        greeting: "You already have an account",
        lines: &with_warning(
            others,
            &[
                &format!("Someone, probably you, signed in to Kith with {label}, and your account has this address."),
                &format!(
                    "The code signs you in to your account and connects that {label} account to it. It works for 10 minutes."
                ),
            ],
        ),
        code: Some(code),
        button: None,
        footer: "If it wasn't you, ignore this mail and give the code to nobody: whoever has it gets into your account.",
    }
    .write(origin)
}

/// The notice of a linked identity.
pub fn identity_linked(origin: &Origin, label: &str, login: &str) -> Message {
    MailTemplate {
        subject: format!("{label} was connected to your Kith account"),
        greeting: "A new way to sign in",
        lines: &[&format!("The {label} account {login} now leads into your Kith account.")],
        code: None,
        button: Some(("See what is connected", origin.url("/settings/connections"))),
        footer: "If it wasn't you, disconnect it there, sign out your other devices and choose a new password.",
    }
    .write(origin)
}

/// The notice of an unlinked identity.
pub fn identity_unlinked(origin: &Origin, label: &str, login: &str) -> Message {
    MailTemplate {
        subject: format!("{label} was disconnected from your Kith account"),
        greeting: "A way to sign in was removed",
        lines: &[
            &format!("The {label} account {login} no longer leads into your Kith account."),
            "Other devices that signed in with it are signed out.",
        ],
        code: None,
        button: Some(("See what is connected", origin.url("/settings/connections"))),
        footer: "If it wasn't you, someone may be using your account: sign out your other devices and choose a new password.",
    }
    .write(origin)
}

/// The mail to an address without an account; the user may have used another.
pub fn no_account(origin: &Origin, others: bool) -> Message {
    MailTemplate {
        subject: "There is no Kith account with this address".to_owned(),
        greeting: "No account here",
        lines: &with_warning(
            others,
            &["Someone, probably you, tried to sign in with this address, but no account has it. Perhaps you used another one."],
        ),
        code: None,
        button: Some(("Create an account", origin.url("/sign-up"))),
        footer: "If it wasn't you, you can ignore this mail.",
    }
    .write(origin)
}

/// The link for choosing a new password.
pub fn reset_link(origin: &Origin, token: &Token, others: bool) -> Message {
    let works = if others {
        "The link works for 90 minutes, once, in any browser."
    } else {
        "The link works for 30 minutes, once."
    };
    MailTemplate {
        subject: "Choose a new Kith password".to_owned(),
        greeting: "A new password",
        lines: &with_warning(others, &[&format!("Someone, probably you, asked to choose a new password. {works}")]),
        code: None,
        button: Some(("Choose a new password", origin.url(&format!("/reset-password?token={}", token.text())))),
        footer: "If it wasn't you, you can ignore this mail: your password stays as it is.",
    }
    .write(origin)
}

/// The notice of a changed password.
pub fn password_changed(origin: &Origin) -> Message {
    MailTemplate {
        subject: "Your Kith password was changed".to_owned(),
        greeting: "Your password was changed",
        lines: &["All your other devices were signed out."],
        code: None,
        button: Some(("It wasn't me", origin.url("/forgot-password"))),
        footer: "If it was you, there is nothing to do.",
    }
    .write(origin)
}

/// The notice of a removed password.
pub fn password_removed(origin: &Origin) -> Message {
    MailTemplate {
        subject: "Your Kith password was removed".to_owned(),
        greeting: "Your password was removed",
        lines: &["It no longer opens your account. All your other devices were signed out."],
        code: None,
        button: Some(("It wasn't me", origin.url("/forgot-password"))),
        footer: "If it was you, there is nothing to do.",
    }
    .write(origin)
}

/// The notice of a sign-in from a new browser, with a link to revoke it.
pub fn new_browser(origin: &Origin, (browser, ip): (&str, &str), token: &Token) -> Message {
    MailTemplate {
        subject: "A new sign-in to your Kith account".to_owned(),
        greeting: "A new sign-in",
        lines: &[&format!("{browser}, from {ip}, has just signed in to your account for the first time.")],
        code: None,
        button: Some(("It wasn't me: sign it out", origin.url(&format!("/end-session?token={}", token.text())))),
        footer: "If it was you, there is nothing to do.",
    }
    .write(origin)
}

/// The notice of several changes within minutes, by the subjects of the mails about each.
pub fn notices(origin: &Origin, subjects: &[String]) -> Message {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for subject in subjects {
        match counts.iter_mut().find(|(counted, _)| counted == subject) {
            Some((_, count)) => *count += 1,
            None => counts.push((subject, 1)),
        }
    }
    let lines: Vec<String> = counts
        .iter()
        .map(|(subject, count)| if *count == 1 { format!("{subject}.") } else { format!("{subject}, {count} times.") })
        .collect();
    MailTemplate {
        subject: "More changes to your Kith account".to_owned(),
        greeting: "More changes within a few minutes",
        lines: &lines.iter().map(String::as_str).collect::<Vec<_>>(),
        code: None,
        button: Some(("It wasn't me", origin.url("/forgot-password"))),
        footer: "If it was you, there is nothing to do.",
    }
    .write(origin)
}

/// The notice of the account deletion, the last mail.
pub fn account_deleted(origin: &Origin) -> Message {
    MailTemplate {
        subject: "Your Kith account is deleted".to_owned(),
        greeting: "Goodbye",
        lines: &["Your account and everything you posted are deleted, as you asked. This is the last mail from us."],
        code: None,
        button: None,
        footer: "If it wasn't you, please write to the people who run this site.",
    }
    .write(origin)
}

/// The mail of `kith mail test`.
pub fn test(origin: &Origin) -> Message {
    MailTemplate {
        subject: "A test from Kith".to_owned(),
        greeting: "Mail works",
        lines: &["The people who run this site wanted to know whether mail gets through. It does."],
        code: None,
        button: None,
        footer: "There is nothing to do.",
    }
    .write(origin)
}
