//! What follows from what a provider says: one function of facts, so that the whole table can be read, and tried.

use crate::id::UserId;

/// What a way to a provider was begun for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// To come in, for the first time or again.
    SignIn,
    /// To show whose account it is that another provider's address belongs to.
    Prove,
    /// To link it to the account one is signed in to.
    Link,
    /// To prove again who one is.
    Elevate,
    /// To take over name and picture once more.
    Refresh,
}

impl Intent {
    pub(super) const ALL: [Self; 5] = [Self::SignIn, Self::Prove, Self::Link, Self::Elevate, Self::Refresh];

    /// As the table has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Prove => "prove",
            Self::Link => "link",
            Self::Elevate => "elevate",
            Self::Refresh => "refresh",
        }
    }

    /// Whether only somebody signed in can mean it, and only in the session in which they began.
    pub(super) fn is_own(self) -> bool {
        matches!(self, Self::Link | Self::Elevate | Self::Refresh)
    }
}

/// All that counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub intent: Intent,
    /// Who is signed in, in the very session that began this.
    pub me: Option<Me>,
    /// Whose the identity is.
    pub owner: Option<UserId>,
    /// Whose account the waiting arrival of this browser has to prove.
    pub waiting_for: Option<UserId>,
    /// How the verified addresses stand.
    pub addresses: Addresses,
}

/// Who is signed in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Me {
    pub user: UserId,
    pub elevated: bool,
    /// They have another identity at this provider.
    pub has_another: bool,
    pub has_password: bool,
}

/// The addresses a provider verified. What it did not verify does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addresses {
    None,
    /// Nobody has any of them.
    Free,
    /// Somebody has one of them.
    Of(UserId),
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    SignIn(UserId),
    /// Links what another provider said to the account just shown, and signs in.
    Proved(UserId),
    Link(UserId),
    Elevate(UserId),
    Refresh(UserId),
    /// Nobody we know: they choose a username, prove an account, or type an address. Nothing is given to anybody.
    Arrive(Step),
    Refuse(Sorry),
}

/// What somebody new has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Choose,
    Prove(UserId),
    AskAddress,
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorry {
    /// Late, used before, begun in another browser, or not ours.
    Gone,
    /// They said no there.
    Denied,
    /// It does not answer, or not in a way that can be used.
    Down,
    /// It wants to be left alone for a while.
    Wait,
    /// It lets them in nowhere before they verify their address there.
    Unverified,
    /// It does not take this site: for the operator to mend.
    Settings,
    LinkedElsewhere,
    LinkedAlready,
    /// One of this provider is linked already.
    HasAnother,
    NotThatOne,
    NotFresh,
    /// Who has a password proves themselves by that.
    HasPassword,
    /// The session that began it is over, or no longer elevated.
    SessionGone,
}

/// The table. It never looks at a login name, and at an address only to say what somebody new does next.
///
/// | begun to | signed in, in that session | the identity is | verified addresses | what happens |
/// |---|---|---|---|---|
/// | come in | whoever | A's | whatever | sign in as A |
/// | come in | whoever | nobody's | one is A's | A is to be proved first; nothing is linked |
/// | come in | whoever | nobody's | all are free | choose a username |
/// | come in | whoever | nobody's | none | ask for an address, prove it by code |
/// | prove A | whoever | A's, and an arrival waits for A | whatever | link that arrival to A, sign in as A |
/// | prove A | whoever | not A's, or nothing waits | whatever | refuse |
/// | link, prove again, refresh | nobody | whatever | whatever | refuse |
/// | link | A, just proved | nobody's, A has none there | whatever | link it to A |
/// | link | A, not just proved | nobody's | whatever | refuse |
/// | link | A | A's or B's, or A has another there | whatever | refuse; nothing changes on either |
/// | prove again | A, who has no password | A's | whatever | do it |
/// | prove again | A, who has one | whatever | whatever | refuse: it is asked for |
/// | refresh | A | A's | whatever | do it |
/// | prove again, refresh | A | B's or nobody's | whatever | refuse |
pub(super) fn decide(facts: &Facts) -> Outcome {
    match (facts.intent, facts.me) {
        (Intent::SignIn, _) => facts.owner.map_or_else(|| Outcome::Arrive(next(facts.addresses)), Outcome::SignIn),
        (Intent::Prove, _) => match facts.owner {
            Some(owner) if facts.waiting_for == Some(owner) => Outcome::Proved(owner),
            _ => Outcome::Refuse(Sorry::NotThatOne),
        },
        (_, None) => Outcome::Refuse(Sorry::SessionGone),
        (Intent::Link, Some(me)) => link(facts.owner, me),
        (Intent::Elevate, Some(me)) if me.has_password => Outcome::Refuse(Sorry::HasPassword),
        (Intent::Elevate, Some(me)) if facts.owner == Some(me.user) => Outcome::Elevate(me.user),
        (Intent::Refresh, Some(me)) if facts.owner == Some(me.user) => Outcome::Refresh(me.user),
        (Intent::Elevate | Intent::Refresh, Some(_)) => Outcome::Refuse(Sorry::NotThatOne),
    }
}

fn link(owner: Option<UserId>, me: Me) -> Outcome {
    match owner {
        Some(owner) if owner == me.user => Outcome::Refuse(Sorry::LinkedAlready),
        Some(_) => Outcome::Refuse(Sorry::LinkedElsewhere),
        None if !me.elevated => Outcome::Refuse(Sorry::SessionGone),
        None if me.has_another => Outcome::Refuse(Sorry::HasAnother),
        None => Outcome::Link(me.user),
    }
}

/// What somebody new does next.
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
    fn every_row_of_the_table() {
        use Addresses::{Free, None as Unverified, Of};
        let sign_in = |owner, addresses| decide(&facts(Intent::SignIn, owner, addresses));
        assert_eq!(sign_in(Some(A), Unverified), Outcome::SignIn(A));
        assert_eq!(sign_in(Some(A), Of(B)), Outcome::SignIn(A), "the identity counts, not the address");
        assert_eq!(sign_in(None, Of(A)), Outcome::Arrive(Step::Prove(A)));
        assert_eq!(sign_in(None, Unverified), Outcome::Arrive(Step::AskAddress));
        assert_eq!(sign_in(None, Free), Outcome::Arrive(Step::Choose));
        let link = |owner, elevated, another| decide(&as_a(facts(Intent::Link, owner, Of(B)), elevated, another));
        assert_eq!(link(None, true, false), Outcome::Link(A));
        assert_eq!(link(None, false, false), Outcome::Refuse(Sorry::SessionGone));
        assert_eq!(link(None, true, true), Outcome::Refuse(Sorry::HasAnother));
        assert_eq!(link(Some(B), true, false), Outcome::Refuse(Sorry::LinkedElsewhere));
        assert_eq!(link(Some(A), true, true), Outcome::Refuse(Sorry::LinkedAlready));
        for (intent, done) in [(Intent::Elevate, Outcome::Elevate(A)), (Intent::Refresh, Outcome::Refresh(A))] {
            assert_eq!(decide(&as_a(facts(intent, Some(A), Free), false, false)), done);
            assert_eq!(decide(&as_a(facts(intent, Some(B), Free), true, false)), Outcome::Refuse(Sorry::NotThatOne));
            assert_eq!(decide(&as_a(facts(intent, None, Of(A)), true, false)), Outcome::Refuse(Sorry::NotThatOne));
            assert_eq!(decide(&facts(intent, Some(A), Free)), Outcome::Refuse(Sorry::SessionGone));
        }
        let mut known = as_a(facts(Intent::Elevate, Some(A), Free), true, false);
        known.me = known.me.map(|me| Me { has_password: true, ..me });
        assert_eq!(decide(&known), Outcome::Refuse(Sorry::HasPassword));
        let prove = |owner, waiting_for| decide(&Facts { waiting_for, ..facts(Intent::Prove, owner, Of(A)) });
        assert_eq!(prove(Some(A), Some(A)), Outcome::Proved(A));
        for (owner, waiting_for) in [(Some(B), Some(A)), (None, Some(A)), (Some(A), None), (None, None)] {
            assert_eq!(prove(owner, waiting_for), Outcome::Refuse(Sorry::NotThatOne));
        }
    }

    /// Every combination there is.
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
    fn no_combination_gives_an_account_to_whom_it_has_not_been_proved() {
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
                Outcome::Arrive(_) => assert_eq!((facts.intent, facts.owner), (Intent::SignIn, None)),
                Outcome::Refuse(_) => {}
            }
        }
        assert_eq!(seen, 5 * 3 * 2 * 2 * 2 * 3 * 3 * 4);
    }

    #[test]
    fn an_address_never_changes_what_is_given() {
        for facts in all() {
            let others = [Addresses::None, Addresses::Free, Addresses::Of(A), Addresses::Of(B)];
            let outcomes = others.map(|addresses| decide(&Facts { addresses, ..facts }));
            let given =
                outcomes.map(|outcome| if matches!(outcome, Outcome::Arrive(_)) { None } else { Some(outcome) });
            assert!(given.iter().all(|other| *other == given[0]), "{facts:?}");
        }
    }
}
