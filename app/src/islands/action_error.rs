//! The public reason for a refused action, as islands see it: a fixed code, never a cause.

use leptos::server_fn::{
    ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};
use server_fn::Bytes;

use crate::wording::MAY_BE_SAVED;

/// The reason an action was refused. Nothing was changed, except that after [`ActionError::Unavailable`] this is
/// unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionError {
    /// No user is signed in, or no longer.
    SignInNeeded,
    /// The page was rendered for another user than the signed-in one.
    OtherUser,
    /// The user may not do this.
    Forbidden,
    /// The subject of the action no longer exists.
    NotFound,
    /// The input is invalid.
    Invalid,
    /// The limit on their number is reached.
    Full,
    /// Too many in a short time.
    Limited,
    /// Something we depend on does not answer, or the request did not reach us.
    Unavailable,
}

impl ActionError {
    const ALL: [(Self, &str); 8] = [
        (Self::SignInNeeded, "sign-in-needed"),
        (Self::OtherUser, "other-user"),
        (Self::Forbidden, "forbidden"),
        (Self::NotFound, "not-found"),
        (Self::Invalid, "invalid"),
        (Self::Full, "full"),
        (Self::Limited, "limited"),
        (Self::Unavailable, "unavailable"),
    ];

    fn code(self) -> &'static str {
        Self::ALL.iter().find(|(error, _)| *error == self).map_or("unavailable", |(_, code)| code)
    }

    /// Returns the message for the user who tried.
    pub fn words(self) -> &'static str {
        match self {
            Self::SignInNeeded => "You are signed out. Sign in and try again.",
            Self::OtherUser => "Another account is signed in now. Reload the page to go on with it.",
            Self::Forbidden => "That is not yours to change.",
            Self::NotFound => "That post was deleted.",
            Self::Invalid => "That can’t be taken as it is.",
            Self::Full => "You follow as many people as possible. Unfollow someone first.",
            Self::Limited => "That was a lot in a short time. Wait a little and try again.",
            Self::Unavailable => MAY_BE_SAVED,
        }
    }
}

/// The encoding of an error code: its plain text.
pub struct Code;

impl ContentType for Code {
    const CONTENT_TYPE: &'static str = "text/plain;charset=utf-8";
}

impl FormatType for Code {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<ActionError> for Code {
    type Error = std::convert::Infallible;

    fn encode(error: &ActionError) -> Result<Bytes, Self::Error> {
        Ok(Bytes::from_static(error.code().as_bytes()))
    }
}

impl Decodes<ActionError> for Code {
    type Error = std::convert::Infallible;

    fn decode(bytes: Bytes) -> Result<ActionError, Self::Error> {
        let known = ActionError::ALL.iter().find(|(_, code)| code.as_bytes() == &bytes[..]);
        Ok(known.map_or(ActionError::Unavailable, |(error, _)| *error))
    }
}

impl FromServerFnError for ActionError {
    type Encoder = Code;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            // Also for input that is no text at all.
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                #[cfg(feature = "ssr")]
                super::action::set_status(http::StatusCode::UNPROCESSABLE_ENTITY);
                Self::Invalid
            }
            _ => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_round_trip_and_unknown_bytes_mean_unavailable() {
        for (error, _) in ActionError::ALL {
            assert_eq!(ActionError::de(error.ser()), error);
        }
        assert_eq!(ActionError::de(Bytes::from_static(b"<html>")), ActionError::Unavailable);
    }
}
