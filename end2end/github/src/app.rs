//! The OAuth app, as its owner registered it.

use serde::Deserialize;

/// The client id of the only app.
pub const CLIENT_ID: &str = "Ov23liStandInForKith";
/// Its secret, which is not secret.
pub const CLIENT_SECRET: &str = "5ca1ab1e0ddba11c0ffee5ca1ab1e0ddba11c0ff";

/// One registered app.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    pub name: String,
    /// The one callback URL it is registered with.
    pub callback: String,
    pub client_id: String,
    pub client_secret: String,
    /// Suspended by GitHub for abuse.
    pub suspended: bool,
}

impl Default for App {
    fn default() -> Self {
        Self {
            name: "Kith".to_owned(),
            callback: "https://kith.example/auth/github/callback".to_owned(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            suspended: false,
        }
    }
}
