//! Decides which stars and underscores are emphasis: a run at the start of a word and an equal one at the end of a
//! word. All others are text: `5*3=15`, `snake_case`, `*.rs`.

use super::pieces::{Element, Piece};
use crate::base::text::unicode;

/// A step of running text, before emphasis is decided.
pub(super) enum Token {
    Piece(Piece),
    Run(Run),
}

/// Equal characters in a row.
pub(super) struct Run {
    signs: String,
    opens: bool,
    closes: bool,
    /// True if a letter of a script without spaces is on the left, and on the right.
    is_unspaced: [bool; 2],
}

impl Run {
    /// Classifies a run by the text around it.
    pub(super) fn new(before: &str, signs: &str, after: &str) -> Self {
        let is_sign = |c: &char| matches!(c, '*' | '_');
        let previous = before.chars().next_back();
        let next = after.chars().next();
        let left = before.chars().rev().find(|c| !is_sign(c));
        let mut beyond = after.chars().skip_while(is_sign);
        let right = beyond.next();
        let is_underscore = signs.starts_with('_');
        let fits = signs.len() <= 3 && !is_drawing(left, right);
        let may_precede = |c| match c {
            ':' => !is_underscore,
            '/' => signs == "**",
            c => may_precede(c) || !is_underscore && unicode::is_unspaced(c),
        };
        let opens = fits && next.is_some_and(begins_content) && left.is_none_or(may_precede);
        let ends_word = match right {
            Some('.' | ':') => beyond.next().is_none_or(|c| !unicode::is_cased_or_number(c)),
            Some(c) => may_follow(c) || !is_underscore && unicode::is_unspaced(c),
            None => true,
        };
        Self {
            signs: signs.to_owned(),
            opens,
            closes: fits && ends_word && previous.is_some_and(ends_content),
            is_unspaced: [left, right].map(|c| c.is_some_and(unicode::is_unspaced)),
        }
    }

    /// Returns true if `closer` closes this run. A single star between letters on both outer sides (`长*宽*高`) is a sign
    /// of multiplication.
    fn matches(&self, closer: &Self) -> bool {
        self.signs == closer.signs && !(self.signs == "*" && self.is_unspaced[0] && closer.is_unspaced[1])
    }

    fn elements(&self) -> &'static [Element] {
        match self.signs.len() {
            1 => &[Element::Emphasis],
            2 => &[Element::Strong],
            _ => &[Element::Emphasis, Element::Strong],
        }
    }
}

/// Returns true for drawings: characters by themselves, or between two equal characters or the two of a pair (`-*-`,
/// `"*"`, `>_<`).
fn is_drawing(left: Option<char>, right: Option<char>) -> bool {
    let is_blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    is_blank(left) && is_blank(right)
        || left == right && left.is_some_and(|c| c.is_ascii_punctuation())
        || (left, right) == (Some('>'), Some('<'))
}

/// Returns true for a character that emphasised text can start with.
fn begins_content(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "*_`[(\"'@#$&+-~<\\".contains(c)
    } else {
        !(c.is_whitespace() || unicode::is_mark(c) || unicode::is_punctuation(c))
            || unicode::opens(c)
            || "¿¡".contains(c)
    }
}

/// Returns true for a character that emphasised text can end with.
fn ends_content(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "*_`])\"'.,;:!?%+-~>$#".contains(c)
    } else {
        !c.is_whitespace() && !unicode::opens(c)
    }
}

/// Returns true for a character that can precede an opening run: not part of a word.
fn may_precede(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_whitespace() || "([{\"'<>-:;,~|".contains(c)
    } else {
        c.is_whitespace() || unicode::is_punctuation(c) || unicode::is_symbol(c)
    }
}

/// Returns true for a character that can follow a closing run: not part of a word.
fn may_follow(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_whitespace() || ")]}\"'<>-;,!?~|/%".contains(c)
    } else {
        c.is_whitespace() || unicode::is_punctuation(c) || unicode::is_symbol(c)
    }
}

/// Writes the tokens as pieces.
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

/// Returns for each token its partner in emphasis. The innermost pairs come first, and pairs never cross; between two
/// partners there is other content than runs.
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
