//! Names of assets inside other assets: `/assets/inter.woff2` in a stylesheet, `./dialog.js` in a script.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

/// The text before a name: the public path, or a sibling in an import.
const MARKS: [&str; 3] = ["/assets/", "\"./", "'./"];

/// Returns the logical names that a text mentions.
pub fn find(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|(_, name)| name)
}

/// Returns the text with every logical name replaced by the hashed one. An unknown name is an error: it would be a 404.
pub fn rewrite(text: &str, names: &BTreeMap<String, String>) -> Result<String> {
    let mut rewritten = String::with_capacity(text.len());
    for (before, name) in pieces(text) {
        rewritten.push_str(before);
        if let Some(name) = name {
            let Some(hashed) = names.get(name) else {
                bail!("An asset mentions `{name}`, which is neither in public/ nor in app/js/.");
            };
            rewritten.push_str(hashed);
        }
    }
    Ok(rewritten)
}

/// Cuts a text at the names in it: each piece is the text before a name (its mark included), and the name.
fn pieces(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(start) = next_name(text) else {
            return Some((text, None));
        };
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let run = &text[start..];
        let name = run[..run.find(|c| !is_part(c)).unwrap_or(run.len())].trim_end_matches('.');
        rest = Some(&run[name.len()..]);
        // `"/assets/" + name` mentions nothing.
        let mentions = name.contains('.');
        let before = if mentions { start } else { start + name.len() };
        Some((&text[..before], mentions.then_some(name)))
    })
}

fn next_name(text: &str) -> Option<usize> {
    let ends = MARKS.iter().filter_map(|mark| Some(text.find(mark)? + mark.len()));
    ends.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_referenced_asset_names() -> Result<()> {
        let names =
            BTreeMap::from([("a.woff2".to_owned(), "a.1.woff2".to_owned()), ("b.js".to_owned(), "b.2.js".to_owned())]);
        let text = r#"url("/assets/a.woff2") import x from "./b.js"; "/assets/" + name"#;
        assert_eq!(find(text).collect::<Vec<_>>(), ["a.woff2", "b.js"]);
        assert_eq!(rewrite(text, &names)?, r#"url("/assets/a.1.woff2") import x from "./b.2.js"; "/assets/" + name"#);
        Ok(())
    }

    #[test]
    fn refuses_unknown_asset_names() {
        assert!(rewrite("url(/assets/gone.svg)", &BTreeMap::new()).is_err());
    }
}
