//! Finds which stars and underscores are emphasis: a run at the beginning of a word and an equal one at the end of a
//! word. All others are text: `5*3=15`, `snake_case`, `*.rs`.

use super::pieces::{Element, Piece};
use crate::text::unicode;

/// A step of running text, before emphasis is decided.
pub(super) enum Token {
    Piece(Piece),
    Run(Run),
}

/// Equal signs in a row.
pub(super) struct Run {
    signs: String,
    opens: bool,
    closes: bool,
}

impl Run {
    /// Looks at what is around the signs.
    pub(super) fn new(before: &str, signs: &str, after: &str) -> Self {
        let is_sign = |c: &char| matches!(c, '*' | '_');
        let previous = before.chars().next_back();
        let next = after.chars().next();
        let fits = signs.len() <= 3;
        let opens = fits
            && next.is_some_and(begins_content)
            && before.chars().rev().find(|c| !is_sign(c)).is_none_or(may_precede);
        let mut beyond = after.chars().skip_while(is_sign);
        let ends_word = match beyond.next() {
            Some('.' | ':') => beyond.next().is_none_or(|c| !unicode::is_cased_or_number(c)),
            Some(c) => may_follow(c),
            None => true,
        };
        Self { signs: signs.to_owned(), opens, closes: fits && ends_word && previous.is_some_and(ends_content) }
    }

    fn matches(&self, other: &Self) -> bool {
        self.signs == other.signs
    }

    fn elements(&self) -> &'static [Element] {
        match self.signs.len() {
            1 => &[Element::Emphasis],
            2 => &[Element::Strong],
            _ => &[Element::Emphasis, Element::Strong],
        }
    }
}

/// The first character of what is emphasised.
fn begins_content(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || "*_`[(\"'@#$&+-~<\\".contains(c),
        false => {
            !(c.is_whitespace() || unicode::is_mark(c) || unicode::is_punctuation(c))
                || unicode::opens(c)
                || "¿¡".contains(c)
        }
    }
}

/// The last character of what is emphasised.
fn ends_content(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || "*_`])\"'.,;:!?%+-~>$#".contains(c),
        false => !c.is_whitespace() && !unicode::opens(c),
    }
}

/// The character before an opening run: not part of a word.
fn may_precede(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_whitespace() || "([{\"'<>-:;,~|".contains(c),
        false => c.is_whitespace() || unicode::is_punctuation(c) || unicode::is_symbol(c) || unicode::is_unspaced(c),
    }
}

/// The character after a closing run: not part of a word.
fn may_follow(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_whitespace() || ")]}\"'<>-;,!?~|".contains(c),
        false => c.is_whitespace() || unicode::is_punctuation(c) || unicode::is_symbol(c) || unicode::is_unspaced(c),
    }
}

/// The tokens as pieces.
pub(super) fn write(tokens: Vec<Token>, out: &mut Vec<Piece>) {
    let partners = partners(&tokens);
    for (at, token) in tokens.into_iter().enumerate() {
        match (token, partners[at]) {
            (Token::Piece(piece), _) => out.push(piece),
            (Token::Run(run), Some(partner)) if partner > at => {
                out.extend(run.elements().iter().map(|element| Piece::Start(*element)));
            }
            (Token::Run(run), Some(_)) => {
                out.extend(run.elements().iter().rev().map(|element| Piece::End(*element)));
            }
            (Token::Run(run), None) => out.push(Piece::text(&run.signs)),
        }
    }
}

/// For each token the one it makes emphasis with. The innermost pairs come first, and none crosses another; between two
/// partners there is something besides signs.
fn partners(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut partners = vec![None; tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Run(run) = token else { continue };
        let opener = run.closes.then(|| {
            open.iter().rposition(|&n| {
                let has_content = tokens[n..at].iter().any(|token| matches!(token, Token::Piece(_)));
                has_content && matches!(&tokens[n], Token::Run(opener) if opener.matches(run))
            })
        });
        if let Some(place) = opener.flatten() {
            (partners[open[place]], partners[at]) = (Some(at), Some(open[place]));
            open.truncate(place);
        } else if run.opens {
            open.push(at);
        }
    }
    partners
}
