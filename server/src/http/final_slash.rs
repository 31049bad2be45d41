//! One address for each page: without a slash at its end.

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::Uri;
use percent_encoding::{CONTROLS, utf8_percent_encode};

use crate::base::redirect_target::safe_next;

/// Redirects an address that ends in a slash to the one without, with its query; method and body stay (308, RFC 9110,
/// 15.4.9).
pub async fn final_slash(request: Request<Body>, next: Next) -> Response {
    match without_final_slash(request.uri()) {
        Some(address) => Redirect::permanent(&address).into_response(),
        None => next.run(request).await,
    }
}

/// Returns the address without the slashes at the end of its path. `None` if there are none, or if a browser could read
/// the rest as another host.
fn without_final_slash(uri: &Uri) -> Option<String> {
    let path = uri.path();
    let rest = path.trim_end_matches('/');
    if path == "/" || rest == path {
        return None;
    }
    let rest = if rest.is_empty() { "/".to_owned() } else { utf8_percent_encode(rest, CONTROLS).to_string() };
    let safe = safe_next(&rest, "");
    let query = uri.query().map_or_else(String::new, |query| format!("?{}", utf8_percent_encode(query, CONTROLS)));
    (!safe.is_empty()).then(|| format!("{safe}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shorter(address: &str) -> Option<String> {
        without_final_slash(&address.parse().unwrap())
    }

    #[test]
    fn removes_only_trailing_slashes_of_the_path() {
        for (address, to) in [
            ("/@ada/", "/@ada"),
            ("/tags/rust/", "/tags/rust"),
            ("/settings/profile//", "/settings/profile"),
            ("/@ada/?before=7&x=/", "/@ada?before=7&x=/"),
            ("/search/?q=a%20b&next=//evil.example/", "/search?q=a%20b&next=//evil.example/"),
            ("/search/?", "/search?"),
            ("/tags/gr%C3%BC%C3%9Fe/", "/tags/gr%C3%BC%C3%9Fe"),
            ("/tags/grüße/?q=ü", "/tags/gr%C3%BC%C3%9Fe?q=%C3%BC"),
            ("https://kith.example/@ada/", "/@ada"),
            ("//", "/"),
            ("///?a=b", "/?a=b"),
        ] {
            assert_eq!(shorter(address).as_deref(), Some(to), "{address}");
        }
        for whole in ["/", "/?x=/", "/@ada", "/@ada?next=/", "https://kith.example"] {
            assert_eq!(shorter(whole), None, "{whole}");
        }
    }

    #[test]
    fn never_redirects_to_another_host() {
        for address in [
            "//evil.example/",
            "///evil.example/",
            "//evil.example//",
            "/\\evil.example/",
            "/\\/evil.example/",
            "/%2fevil.example/",
            "/%5Cevil.example/",
            "/%09/evil.example/",
            "/.//evil.example/",
            "/..//evil.example/",
            "/x/..//evil.example/",
            "//evil.example/%2f/",
            "//kith.example@evil.example/",
        ] {
            if let Ok(uri) = address.parse::<Uri>() {
                assert_eq!(without_final_slash(&uri), None, "{address}");
            }
        }
    }
}
