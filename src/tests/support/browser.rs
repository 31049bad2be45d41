//! A browser, as far as HTTP shows one: it keeps cookies by their rules and sends the origin of its requests.

use std::{collections::BTreeMap, net::SocketAddr};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use server::http::Peer;
use tower::ServiceExt;

use crate::tests::{PASSWORD, Site, support::trace};

/// A response.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// Returns one header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the target of a redirect.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// Returns the code of the message on the next page.
    pub fn flash(&self) -> &str {
        let line = self.set_cookies().into_iter().find_map(|line| line.strip_prefix("__Host-flash="));
        line.and_then(|rest| rest.split(';').next()).unwrap_or_default()
    }

    /// Returns every cookie it sets, one line each.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

/// One browser.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub cookies: BTreeMap<String, String>,
    pub peer: SocketAddr,
    pub agent: String,
    /// The id in the forms of pages for the session in the cookie, once it is known.
    form_user: Option<(String, Option<String>)>,
}

impl Browser {
    pub fn new(router: Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            peer: SocketAddr::from(([203, 0, 113, 7], 50_000)),
            agent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0".to_owned(),
            form_user: None,
        }
    }

    /// Moves the browser to another client address.
    pub fn at(mut self, ip: &str) -> Self {
        self.peer.set_ip(ip.parse().unwrap());
        self
    }

    /// Connects the browser to another instance of the server, with the cookies it has.
    pub fn on(mut self, copy: &Site) -> Self {
        self.router.clone_from(&copy.router);
        self
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::builder().uri(path).body(Body::empty()).unwrap()).await
    }

    /// Returns the id of the signed-in user, as a page's forms hold it; `None` when signed out.
    pub async fn form_user(&mut self) -> Option<String> {
        let session = self.session()?.clone();
        if let Some((known, user)) = &self.form_user
            && *known == session
        {
            return user.clone();
        }
        // Only to read it: cookies that the page sets or removes are not kept.
        let user = self.clone().hidden_field("/search", "for_user").await;
        self.form_user = Some((session, user.clone()));
        user
    }

    /// Returns the value of a hidden field of the page at `path`.
    pub async fn hidden_field(&mut self, path: &str, name: &str) -> Option<String> {
        let page = self.get(path).await.body;
        let (_, rest) = page.split_once(&format!("<input type=\"hidden\" name=\"{name}\" value=\""))?;
        rest.split('"').next().map(str::to_owned)
    }

    /// Sends a form, as a page of ours that was opened just now would: it names its user, and the e-mail link it was
    /// opened from, if any. `fields` may name another link.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let names_link = matches!(path, "/reset-password" | "/undo-email" | "/end-session" | "/sign-up/finish");
        let link = if names_link && fields.iter().all(|(name, _)| *name != "link") {
            self.hidden_field(path, "link").await
        } else {
            None
        };
        let user = self.form_user().await;
        let own = [("for_user", user.as_deref()), ("link", link.as_deref())];
        let own = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
        self.post_fields(path, &fields.iter().copied().chain(own).collect::<Vec<_>>()).await
    }

    /// Sends a form with these fields and no others.
    pub async fn post_fields(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        fields.iter().for_each(|(name, value)| trace::note_field(name, value));
        let form = encode(fields);
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header("origin", "https://kith.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONTENT_LENGTH, form.len())
            .body(Body::from(form))
            .unwrap();
        self.send(request).await
    }

    /// Sends a form with one file in it, as one of our own pages would.
    pub async fn send_file(&mut self, path: &str, name: &str, file: &[u8]) -> Answer {
        let head = format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"me.png\"\r\n\r\n");
        self.send_parts(path, [head.as_bytes(), file, b"\r\n--x--\r\n"].concat()).await
    }

    /// Sends a picture with the form of a page for the user with this id.
    pub async fn send_file_to(&mut self, path: &str, user: Option<&str>) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(user.map_or_else(|| path.to_owned(), |id| format!("{path}?for_user={id}")))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from("--x\r\ncontent-disposition: form-data; name=\"picture\"\r\n\r\nx\r\n--x--\r\n"))
            .unwrap();
        self.send(request).await
    }

    /// Sends a form in parts, separated by `x`.
    pub async fn send_parts(&mut self, path: &str, parts: impl Into<Body>) -> Answer {
        let user = self.form_user().await.map(|id| format!("?for_user={id}")).unwrap_or_default();
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{path}{user}"))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(parts.into())
            .unwrap();
        self.send(request).await
    }

    /// Sends any request, with this browser's cookies unless it has some of its own.
    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let query = request.uri().query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        query.for_each(|(name, value)| trace::note_field(name, value));
        let headers = request.headers_mut();
        headers.entry(header::HOST).or_insert("kith.example".parse().unwrap());
        headers.entry(header::USER_AGENT).or_insert(self.agent.parse().unwrap());
        if !headers.contains_key(header::COOKIE) && !self.cookies.is_empty() {
            let line: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.insert(header::COOKIE, line.join("; ").parse().unwrap());
        }
        request.extensions_mut().insert(Peer(self.peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let answer = read(response).await;
        self.keep(&answer);
        answer
    }

    /// Keeps cookies by the rules of `__Host-`: `Secure`, `Path=/`, no `Domain`. A browser would refuse others.
    pub fn keep(&mut self, answer: &Answer) {
        for line in answer.set_cookies() {
            let mut parts = line.split(';').map(str::trim);
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
            let has = |wanted: &str| attributes.iter().any(|a| a == wanted);
            assert!(name.starts_with("__Host-"), "{line}");
            assert!(has("secure") && has("path=/") && has("httponly") && has("samesite=lax"), "{line}");
            assert!(!attributes.iter().any(|a| a.starts_with("domain")) && line.len() < 1_024, "{line}");
            if has("max-age=0") {
                self.cookies.remove(name);
            } else {
                trace::note_cookie(name, value);
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Signs in a user of the cast, and asserts that it worked.
    pub async fn sign_in(&mut self, username: &str) {
        let answer = self.try_sign_in(username, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(self.who().await.as_deref(), Some(username));
        self.form_user().await;
    }

    pub async fn try_sign_in(&mut self, identifier: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("identifier", identifier), ("password", password), ("remember", "true")]).await
    }

    /// Returns the signed-in user, as a page shows it.
    pub async fn who(&mut self) -> Option<String> {
        let answer = self.get("/settings/devices").await;
        if answer.status != StatusCode::OK {
            assert_eq!(
                (answer.status, answer.location()),
                (StatusCode::SEE_OTHER, "/sign-in?next=%2Fsettings%2Fdevices")
            );
            return None;
        }
        let after = answer.body.split("href=\"/@").nth(1).expect("a link to one's profile");
        after.split('"').next().map(str::to_owned)
    }

    /// Returns the session cookie's value.
    pub fn session(&self) -> Option<&String> {
        self.cookies.get("__Host-id")
    }
}

/// Encodes fields as a form does.
pub fn encode(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
            .collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

async fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 10_000_000).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
}
