//! Builds one stylesheet from many: puts each import in its place and layer, and removes comments and needless spaces.
//!
//! The style is modern CSS as written (layers, nesting, oklch) and is sent to browsers as written: this only touches
//! parts that no browser reads, and so needs to know nothing of the language but strings, comments, escapes and
//! `@import`.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

/// Reads a stylesheet with everything it imports.
pub fn bundle(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = minify(&text);
    let mut bundled = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("@import ") {
        let (import, after) =
            after.split_once(';').with_context(|| format!("an @import in {} has no end", path.display()))?;
        bundled.push_str(before);
        bundled.push_str(&resolve(import, path)?);
        rest = after;
    }
    bundled.push_str(rest);
    Ok(bundled)
}

/// `"tokens.css" layer(tokens)` becomes `@layer tokens{…}`.
fn resolve(import: &str, from: &Path) -> Result<String> {
    let whole = || format!("cannot read `@import {import}` in {}", from.display());
    let quote = import.chars().next().filter(|c| matches!(c, '"' | '\'')).with_context(whole)?;
    let (name, condition) = import[1..].split_once(quote).with_context(whole)?;
    let inner = bundle(&from.with_file_name("").join(name)).with_context(whole)?;
    let condition = condition.trim();
    if condition.is_empty() {
        return Ok(inner);
    }
    let layer = condition.strip_prefix("layer(").and_then(|rest| rest.strip_suffix(')'));
    match layer {
        Some(layer) if !layer.contains(['(', ')']) => Ok(format!("@layer {layer}{{{inner}}}")),
        _ => bail!("{}: only `layer(name)` is understood after the file", whole()),
    }
}

/// Removes comments, line breaks and spaces that separate nothing.
fn minify(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut space = false;
    while let Some(c) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
            space = true;
            continue;
        }
        if c.is_ascii_whitespace() {
            rest = &rest[1..];
            space = true;
            continue;
        }
        if space && separates(out.chars().last(), c) {
            out.push(' ');
        }
        space = false;
        if c == '}' && out.ends_with(';') {
            out.pop();
        }
        let (token, after) = rest.split_at(token_length(rest, c));
        out.push_str(token);
        rest = after;
    }
    out
}

/// Returns true if a space between the two characters has a meaning.
fn separates(before: Option<char>, after: char) -> bool {
    match (before, after) {
        // An empty custom property, `--x: ;`.
        (Some(':'), ';' | '}') => true,
        (None | Some('{' | '}' | ';' | ',' | ':' | '('), _) => false,
        (_, '{' | '}' | ';' | ',' | ')') => false,
        _ => true,
    }
}

/// Returns the length of the next piece: a whole string or escape, otherwise one character.
fn token_length(rest: &str, first: char) -> usize {
    match first {
        '"' | '\'' => {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|&(_, c)| {
                let closes = c == first && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            end.map_or(rest.len(), |(at, c)| at + c.len_utf8())
        }
        '\\' => rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at),
        _ => first.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::minify;

    #[test]
    fn removes_comments_and_unneeded_spaces() {
        let css = "/* a */\n.a ,\n.b {\n  color : red;\n  margin: 0 auto;\n}\n";
        assert_eq!(minify(css), ".a,.b{color :red;margin:0 auto}");
    }

    #[test]
    fn preserves_significant_spaces() {
        let css = ".a .b > .c :hover { width: calc(1px + 2px); & + & { --empty: ; } }";
        assert_eq!(minify(css), ".a .b > .c :hover{width:calc(1px + 2px);& + &{--empty: }}");
        assert_eq!(
            minify("@media (width > 40rem) and (hover) { a { b: c } }"),
            "@media (width > 40rem) and (hover){a{b:c}}"
        );
    }

    #[test]
    fn preserves_strings_and_escapes() {
        let css = r#".a\:b::before { content: "/* no */  ; }" ; font: 'a\'  b' }"#;
        assert_eq!(minify(css), r#".a\:b::before{content:"/* no */  ; }";font:'a\'  b'}"#);
    }
}
