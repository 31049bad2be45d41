//! The mails about a change of an account's address, and about its undoing.

use crate::{
    base::random::Token,
    config::Origin,
    mailer::{MailTemplate, Message},
};

/// The code that verifies a new address.
pub fn new_email_code(origin: &Origin, code: &str) -> Message {
    MailTemplate {
        subject: format!("{code} is your Kith code"),
        greeting: "Your new address",
        lines: &["Type this code to use this address for your Kith account. It works for 10 minutes."],
        code: Some(code),
        button: None,
        footer: "If you didn't ask for it, you can ignore this mail: nothing happens without the code.",
    }
    .write(origin)
}

/// The mail to a requested new address that already has an account.
pub fn address_in_use(origin: &Origin) -> Message {
    MailTemplate {
        subject: "This address already has a Kith account".to_owned(),
        greeting: "This address is in use",
        lines: &[
            "Someone, probably you, wants to use this address for another Kith account. One address has one account.",
        ],
        code: None,
        button: Some(("Sign in to this one", origin.url("/sign-in"))),
        footer: "If it wasn't you, you can ignore this mail: nothing has changed.",
    }
    .write(origin)
}

/// The notice to the previous address: the new one, and the undo link.
pub fn email_changed(origin: &Origin, new: &str, token: &Token) -> Message {
    MailTemplate {
        subject: "Your Kith address was changed".to_owned(),
        greeting: "Your address was changed",
        lines: &[
            &format!("Your account now has the address {new}. This one no longer signs you in."),
            "If it wasn't you, the button takes the change back and signs everybody out. It works for 72 hours.",
        ],
        code: None,
        button: Some(("Take it back", origin.url(&format!("/undo-email?token={}", token.text())))),
        footer: "If it was you, there is nothing to do.",
    }
    .write(origin)
}

/// The notice to the previous address when the account returned to one it had. It has no undo link: the link of the
/// first change belongs to that older address.
pub fn email_back(origin: &Origin, new: &str) -> Message {
    MailTemplate {
        subject: "Your Kith address was changed back".to_owned(),
        greeting: "The address was changed back",
        lines: &[
            &format!("The account has the address {new} again, as it had before. This one no longer signs you in."),
            "If the account is yours and it wasn't you, please write to the people who run this site.",
        ],
        code: None,
        button: None,
        footer: "If it was you, there is nothing to do.",
    }
    .write(origin)
}

/// The notice to the restored address, after a change was undone.
pub fn email_restored(origin: &Origin) -> Message {
    MailTemplate {
        subject: "Your Kith account has this address again".to_owned(),
        greeting: "The change is taken back",
        lines: &[
            "Your account has this address again. Everybody was signed out of it, and nothing opens it any more but mail to this address: its password was removed, and what was connected to it was disconnected.",
            "Choose a new password to sign in.",
        ],
        code: None,
        button: Some(("Choose a new password", origin.url("/forgot-password"))),
        footer: "This happened because someone pressed the button in the mail that we sent here about the change.",
    }
    .write(origin)
}
