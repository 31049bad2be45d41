//! Kith and a GitHub, and the OAuth sign-in between them.

use axum::body::Body;
use http::{Request, StatusCode};
use sqlx::PgPool;
use stand_in_github::{CLIENT_ID, CLIENT_SECRET, StandIn};

use crate::tests::{Answer, Browser, Site, support::trace};

/// A site, and the GitHub it knows.
pub struct World {
    pub site: Site,
    pub github: StandIn,
}

impl World {
    /// Creates a site without accounts.
    pub async fn new(pool: &PgPool) -> Self {
        Self::with(pool, &[]).await
    }

    /// Creates a site with more settings.
    pub async fn with(pool: &PgPool, settings: &[(&str, &str)]) -> Self {
        let github = StandIn::start().await;
        Self { site: knowing(pool, &github, settings), github }
    }

    /// Another instance of the server.
    pub fn copy(&self, pool: &PgPool) -> Site {
        knowing(pool, &self.github, &[])
    }

    /// Creates a site with the accounts of the cast.
    pub async fn with_cast(pool: &PgPool) -> Self {
        Site::with_cast(pool).await;
        Self::new(pool).await
    }

    pub fn browser(&self) -> Browser {
        self.site.browser()
    }

    /// Starts an OAuth sign-in; returns the URL of the authorization request.
    pub async fn set_out(&self, browser: &mut Browser) -> String {
        self.leave(browser, "/auth/github", &[]).await
    }

    /// Starts an authorization request by any form; returns its URL.
    pub async fn leave(&self, browser: &mut Browser, form: &str, fields: &[(&str, &str)]) -> String {
        let url = way_out(&browser.post(form, fields).await);
        assert!(url.starts_with(&self.github.url), "{form}: {url}");
        url
    }

    /// Sends the form, and returns from GitHub as `person`.
    pub async fn round(&self, browser: &mut Browser, form: &str, person: u64) -> Answer {
        let url = self.leave(browser, form, &[]).await;
        let answer = come_back(browser, &self.github.approve(&url, person)).await;
        self.github.tokens().iter().for_each(|token| trace::note("provider token", token));
        answer
    }

    /// Signs in as `person`, with or without an account here.
    pub async fn come_in(&self, browser: &mut Browser, person: u64) -> Answer {
        self.round(browser, "/auth/github", person).await
    }

    /// Signs up as `person`, with this username and address.
    pub async fn join(&self, person: u64, username: &str, email: &str) -> Browser {
        let mut browser = self.browser();
        let answer = self.come_in(&mut browser, person).await;
        assert_eq!(answer.location(), "/sign-up/provider", "{}", answer.body);
        let answer = choose(&mut browser, username, email).await;
        assert_eq!(answer.location(), "/", "{}", answer.body);
        assert_eq!(browser.who().await.as_deref(), Some(username));
        browser
    }

    /// Links `person` to the signed-in user.
    pub async fn link(&self, browser: &mut Browser, person: u64) -> Answer {
        self.round(browser, "/settings/connections/github/link", person).await
    }

    /// Returns the number of rows in every table that an OAuth sign-in can change, to assert that it changed none.
    pub async fn rows(&self) -> Vec<i64> {
        let mut all = Vec::new();
        for table in
            ["users", "identities", "sessions", "pending_oauth_sign_ups", "passwords", "posts", "jobs", "audit_events"]
        {
            all.push(self.site.count(&format!("select count(*) from {table}")).await);
        }
        all
    }

    /// Returns the username of the account that an identity opens.
    pub async fn owner(&self, person: u64) -> Option<String> {
        sqlx::query_scalar(
            "select u.username from identities i join users u on u.id = i.user_id where i.subject = $1 and i.provider = 'github'",
        )
        .bind(person.to_string())
        .fetch_optional(self.site.server.db())
        .await
        .unwrap()
    }

    /// Returns the number of audit events of a kind.
    pub async fn events(&self, kind: &str) -> i64 {
        self.site.count(&format!("select count(*) from audit_events where kind = '{kind}'")).await
    }
}

/// Another provider, which a site knows by its settings alone.
pub const ACME: [(&str, &str); 3] = [
    ("KITH_OIDC_ACME_ISSUER", "https://acme.example"),
    ("KITH_OIDC_ACME_CLIENT_ID", "kith"),
    ("KITH_OIDC_ACME_CLIENT_SECRET", "nobody asks for it"),
];

/// A site that knows a GitHub.
fn knowing(pool: &PgPool, github: &StandIn, settings: &[(&str, &str)]) -> Site {
    trace::note_own("client secret", (CLIENT_ID, CLIENT_SECRET));
    let mut all = vec![
        ("KITH_GITHUB_CLIENT_ID", CLIENT_ID),
        ("KITH_GITHUB_CLIENT_SECRET", CLIENT_SECRET),
        ("KITH_GITHUB_URL", github.url.as_str()),
    ];
    all.extend(settings);
    Site::with(pool, &all)
}

/// Returns the URL of the provider that a page of ours leads on to, by itself and by its link.
pub fn way_out(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let url = answer.header("refresh").strip_prefix("0;url=").unwrap_or_else(|| panic!("{}", answer.body)).to_owned();
    let link = format!("href=\"{}\"", url.replace('&', "&amp;"));
    assert!(answer.body.contains(&link), "{link} in {}", answer.body);
    url
}

/// Returns the part of an address that a browser requests from our server.
pub fn path_of(url: &str) -> String {
    let rest = url.strip_prefix("https://kith.example").unwrap_or_else(|| panic!("not back to us: {url}"));
    rest.to_owned()
}

/// Requests a callback, as a browser does that another site sends here.
pub async fn come_back(browser: &mut Browser, url: &str) -> Answer {
    let request =
        Request::get(path_of(url)).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
    browser.send(request.body(Body::empty()).unwrap()).await
}

/// Sends the form with the choices.
pub async fn choose(browser: &mut Browser, username: &str, email: &str) -> Answer {
    browser.post("/sign-up/provider", &[("username", username), ("display_name", ""), ("email", email)]).await
}

/// Asserts that the only result is one sentence.
pub fn assert_said(answer: &Answer, status: StatusCode, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let summary = answer.body.split("class=\"summary\"").nth(1).unwrap_or_else(|| panic!("{}", answer.body));
    let summary = summary.split("</div>").next().unwrap_or_default();
    assert!(summary.contains(words), "{words:?} in {summary}");
    assert_eq!(summary.matches("<p>").count(), 1, "{summary}");
    assert!(!answer.set_cookies().iter().any(|line| line.starts_with("__Host-id=")), "no session");
}
