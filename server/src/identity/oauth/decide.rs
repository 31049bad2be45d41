//! Decides the outcome of a callback: one pure function of facts, so that the whole table can be read and tested.

use crate::base::id::UserId;

/// The purpose of an authorization request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// To sign in, for the first time or again.
    SignIn,
    /// To prove ownership of the account that has another provider's address.
    Prove,
    /// To link the identity to the account of the signed-in user.
    Link,
    /// To elevate the session.
    Elevate,
    /// To import name and picture again.
    Refresh,
}

impl Intent {
    pub(super) const ALL: [Self; 5] = [Self::SignIn, Self::Prove, Self::Link, Self::Elevate, Self::Refresh];

    /// Returns the value for the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Prove => "prove",
            Self::Link => "link",
            Self::Elevate => "elevate",
            Self::Refresh => "refresh",
        }
    }

    /// Returns true if only a signed-in user can have this purpose, and only in the session that started it.
    pub(super) fn is_own(self) -> bool {
        matches!(self, Self::Link | Self::Elevate | Self::Refresh)
    }
}

/// All inputs of the decision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub intent: Intent,
    /// The user who is signed in, in the session that started this.
    pub me: Option<Me>,
    /// The user the identity is linked to.
    pub owner: Option<UserId>,
    /// The account that the pending sign-up of this browser has to verify.
    pub waiting_for: Option<UserId>,
    /// The owners of the verified addresses.
    pub addresses: Addresses,
}

/// The signed-in user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Me {
    pub user: UserId,
    pub elevated: bool,
    /// True if the user has another identity at this provider.
    pub has_another: bool,
    pub has_password: bool,
}

/// The addresses a provider verified. Unverified addresses are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addresses {
    None,
    /// None of them has an account.
    Free,
    /// One of them has this account.
    Of(UserId),
}

/// The outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    SignIn(UserId),
    /// Links another provider's pending identity to the account that was just verified, and signs in.
    Proved(UserId),
    Link(UserId),
    Elevate(UserId),
    Refresh(UserId),
    /// An unknown identity: the user chooses a username, verifies an account, or enters an address. Grants nothing.
    SignUp(Step),
    Refuse(OAuthRefusal),
}

/// The next step of a new user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Choose,
    Prove(UserId),
    AskAddress,
}

/// The reason why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthRefusal {
    /// Expired, used before, started in another browser, or unknown.
    Gone,
    /// The user refused at the provider.
    Denied,
    /// The provider does not answer, or its response is unusable.
    Down,
    /// The provider asks us to wait.
    Wait,
    /// The provider allows no sign-in before the user verifies their address there.
    Unverified,
    /// The provider refuses this site: the operator has to correct the settings.
    Settings,
    LinkedElsewhere,
    LinkedAlready,
    /// An identity of this provider is linked already.
    HasAnother,
    NotThatOne,
    NotFresh,
    /// A user with a password elevates by the password.
    HasPassword,
    /// The session that started it has ended, or is no longer elevated.
    SessionGone,
}

/// The decision table. It never uses a login name, and uses an address only to choose the next step of a new user.
///
/// | purpose | signed in, in that session | the identity is | verified addresses | outcome |
/// |---|---|---|---|---|
/// | sign in | any | A's | any | sign in as A |
/// | sign in | any | unlinked | one is A's | A is to be verified first; nothing is linked |
/// | sign in | any | unlinked | all are free | choose a username |
/// | sign in | any | unlinked | none | ask for an address, verify it by code |
/// | verify A | any | A's, and a pending sign-up waits for A | any | link that one to A, sign in as A |
/// | verify A | any | not A's, or nothing is pending | any | refuse |
/// | link, elevate, refresh | no user | any | any | refuse |
/// | link | A, elevated | unlinked, A has none there | any | link it to A |
/// | link | A, not elevated | unlinked | any | refuse |
/// | link | A | A's or B's, or A has another there | any | refuse; nothing changes on either |
/// | elevate | A, without a password | A's | any | do it |
/// | elevate | A, with a password | any | any | refuse: the password is required |
/// | refresh | A | A's | any | do it |
/// | elevate, refresh | A | B's or unlinked | any | refuse |
pub(super) fn decide(facts: &Facts) -> Outcome {
    match (facts.intent, facts.me) {
        (Intent::SignIn, _) => facts.owner.map_or_else(|| Outcome::SignUp(next(facts.addresses)), Outcome::SignIn),
        (Intent::Prove, _) => match facts.owner {
            Some(owner) if facts.waiting_for == Some(owner) => Outcome::Proved(owner),
            _ => Outcome::Refuse(OAuthRefusal::NotThatOne),
        },
        (_, None) => Outcome::Refuse(OAuthRefusal::SessionGone),
        (Intent::Link, Some(me)) => link(facts.owner, me),
        (Intent::Elevate, Some(me)) if me.has_password => Outcome::Refuse(OAuthRefusal::HasPassword),
        (Intent::Elevate, Some(me)) if facts.owner == Some(me.user) => Outcome::Elevate(me.user),
        (Intent::Refresh, Some(me)) if facts.owner == Some(me.user) => Outcome::Refresh(me.user),
        (Intent::Elevate | Intent::Refresh, Some(_)) => Outcome::Refuse(OAuthRefusal::NotThatOne),
    }
}

fn link(owner: Option<UserId>, me: Me) -> Outcome {
    match owner {
        Some(owner) if owner == me.user => Outcome::Refuse(OAuthRefusal::LinkedAlready),
        Some(_) => Outcome::Refuse(OAuthRefusal::LinkedElsewhere),
        None if !me.elevated => Outcome::Refuse(OAuthRefusal::SessionGone),
        None if me.has_another => Outcome::Refuse(OAuthRefusal::HasAnother),
        None => Outcome::Link(me.user),
    }
}

/// Returns the next step of a new user.
pub(super) fn next(addresses: Addresses) -> Step {
    match addresses {
        Addresses::None => Step::AskAddress,
        Addresses::Free => Step::Choose,
        Addresses::Of(owner) => Step::Prove(owner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: UserId = UserId(1);
    const B: UserId = UserId(2);

    fn facts(intent: Intent, owner: Option<UserId>, addresses: Addresses) -> Facts {
        Facts { intent, me: None, owner, waiting_for: None, addresses }
    }

    fn as_a(facts: Facts, elevated: bool, has_another: bool) -> Facts {
        Facts { me: Some(Me { user: A, elevated, has_another, has_password: false }), ..facts }
    }

    #[test]
    fn decides_every_documented_case() {
        use Addresses::{Free, None as Unverified, Of};
        let sign_in = |owner, addresses| decide(&facts(Intent::SignIn, owner, addresses));
        assert_eq!(sign_in(Some(A), Unverified), Outcome::SignIn(A));
        assert_eq!(sign_in(Some(A), Of(B)), Outcome::SignIn(A), "the identity counts, not the address");
        assert_eq!(sign_in(None, Of(A)), Outcome::SignUp(Step::Prove(A)));
        assert_eq!(sign_in(None, Unverified), Outcome::SignUp(Step::AskAddress));
        assert_eq!(sign_in(None, Free), Outcome::SignUp(Step::Choose));
        let link = |owner, elevated, another| decide(&as_a(facts(Intent::Link, owner, Of(B)), elevated, another));
        assert_eq!(link(None, true, false), Outcome::Link(A));
        assert_eq!(link(None, false, false), Outcome::Refuse(OAuthRefusal::SessionGone));
        assert_eq!(link(None, true, true), Outcome::Refuse(OAuthRefusal::HasAnother));
        assert_eq!(link(Some(B), true, false), Outcome::Refuse(OAuthRefusal::LinkedElsewhere));
        assert_eq!(link(Some(A), true, true), Outcome::Refuse(OAuthRefusal::LinkedAlready));
        for (intent, done) in [(Intent::Elevate, Outcome::Elevate(A)), (Intent::Refresh, Outcome::Refresh(A))] {
            assert_eq!(decide(&as_a(facts(intent, Some(A), Free), false, false)), done);
            assert_eq!(
                decide(&as_a(facts(intent, Some(B), Free), true, false)),
                Outcome::Refuse(OAuthRefusal::NotThatOne)
            );
            assert_eq!(
                decide(&as_a(facts(intent, None, Of(A)), true, false)),
                Outcome::Refuse(OAuthRefusal::NotThatOne)
            );
            assert_eq!(decide(&facts(intent, Some(A), Free)), Outcome::Refuse(OAuthRefusal::SessionGone));
        }
        let mut known = as_a(facts(Intent::Elevate, Some(A), Free), true, false);
        known.me = known.me.map(|me| Me { has_password: true, ..me });
        assert_eq!(decide(&known), Outcome::Refuse(OAuthRefusal::HasPassword));
        let prove = |owner, waiting_for| decide(&Facts { waiting_for, ..facts(Intent::Prove, owner, Of(A)) });
        assert_eq!(prove(Some(A), Some(A)), Outcome::Proved(A));
        for (owner, waiting_for) in [(Some(B), Some(A)), (None, Some(A)), (Some(A), None), (None, None)] {
            assert_eq!(prove(owner, waiting_for), Outcome::Refuse(OAuthRefusal::NotThatOne));
        }
    }

    /// Returns every combination.
    fn all() -> impl Iterator<Item = Facts> {
        let who = [None, Some(A), Some(B)];
        let two = [false, true];
        let addresses = [Addresses::None, Addresses::Free, Addresses::Of(A), Addresses::Of(B)];
        Intent::ALL.into_iter().flat_map(move |intent| {
            who.into_iter().flat_map(move |user| {
                two.into_iter().flat_map(move |elevated| {
                    two.into_iter().flat_map(move |has_another| {
                        two.into_iter().flat_map(move |has_password| {
                            who.into_iter().flat_map(move |owner| {
                                who.into_iter().flat_map(move |waiting_for| {
                                    addresses.into_iter().map(move |addresses| Facts {
                                        intent,
                                        me: user.map(|user| Me { user, elevated, has_another, has_password }),
                                        owner,
                                        waiting_for,
                                        addresses,
                                    })
                                })
                            })
                        })
                    })
                })
            })
        })
    }

    #[test]
    fn no_combination_of_facts_grants_an_unverified_account() {
        let mut seen = 0;
        for facts in all() {
            seen += 1;
            let me = facts.me.map(|me| me.user);
            match decide(&facts) {
                Outcome::SignIn(user) => assert_eq!((facts.intent, Some(user)), (Intent::SignIn, facts.owner)),
                Outcome::Proved(user) => {
                    assert_eq!(facts.intent, Intent::Prove);
                    assert_eq!((facts.owner, facts.waiting_for), (Some(user), Some(user)), "{facts:?}");
                }
                Outcome::Link(user) => {
                    assert_eq!((facts.intent, facts.owner, me), (Intent::Link, None, Some(user)), "{facts:?}");
                    assert!(facts.me.is_some_and(|me| me.elevated && !me.has_another), "{facts:?}");
                }
                Outcome::Elevate(user) | Outcome::Refresh(user) => {
                    assert_eq!((facts.owner, me), (Some(user), Some(user)), "{facts:?}");
                    let refresh = facts.intent == Intent::Refresh;
                    assert!(refresh || facts.me.is_some_and(|me| !me.has_password), "{facts:?}");
                }
                Outcome::SignUp(_) => assert_eq!((facts.intent, facts.owner), (Intent::SignIn, None)),
                Outcome::Refuse(_) => {}
            }
        }
        assert_eq!(seen, 5 * 3 * 2 * 2 * 2 * 3 * 3 * 4);
    }

    #[test]
    fn email_addresses_never_change_the_granted_outcome() {
        for facts in all() {
            let others = [Addresses::None, Addresses::Free, Addresses::Of(A), Addresses::Of(B)];
            let outcomes = others.map(|addresses| decide(&Facts { addresses, ..facts }));
            let given =
                outcomes.map(|outcome| if matches!(outcome, Outcome::SignUp(_)) { None } else { Some(outcome) });
            assert!(given.iter().all(|other| *other == given[0]), "{facts:?}");
        }
    }
}
