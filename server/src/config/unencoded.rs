//! Unencoded characters in the user or password of a URL that end them early.

/// The advice for an address that [`has_unencoded_credentials`].
pub(crate) const PERCENT_ENCODE: &str =
    "has a /, ? or # in its user or password: percent-encode it there (/ is %2F, ? is %3F, # is %23).";

/// Returns `true` if a user or password in `url` contains a raw `/`, `?` or `#`: an `@` follows the character that
/// ended the host. An `@` in a value of the query (`?user=a@b`) does not count; `parameters` are the names a query may
/// start with.
pub(crate) fn has_unencoded_credentials(url: &str, parameters: &[&str]) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let tail = rest.find(['/', '?', '#']).map_or("", |end| &rest[end..]);
    match tail.split_once('@') {
        None => false,
        Some((before, _)) => {
            let first = before.split_once('?').and_then(|(_, query)| query.split_once('='));
            first.is_none_or(|(name, _)| !parameters.contains(&name))
        }
    }
}
