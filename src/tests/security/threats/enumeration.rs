//! No response reveals whether an account exists (H15): not by its text, headers or length, not by the work behind it,
//! and not by its time.
//!
//! Times are compared as a stranger would: known and unknown names in turns, in random order, each with a name and a
//! client address of its own, so that no limit answers in place of the route. `xtask/nextest.toml` lets these tests run
//! alone.

use std::{collections::BTreeMap, time::Instant};

use http::StatusCode;
use sqlx::PgPool;

use super::{Answer, Site, queries::statements};

/// The number of names of each kind.
const PAIRS: usize = 200;
/// The first few are examined closely instead: the work behind them, and its effects.
const CLOSE: usize = 5;
/// Requests before the clock counts: connections are open, code and plans are warm.
const WARM: usize = 20;
/// The largest difference of the ranks of two equal series: chance exceeds it in one run of 16,000, in two runs one
/// time in a billion.
const UNLIKELY: f64 = 4.0;
/// Medians that differ by less than this many milliseconds, or this part of the whole, are equal.
const NEAR: (f64, f64) = (2.0, 0.05);
/// Ranks are compared as if the slower series were faster by a tenth, within these milliseconds. A row that is found, a
/// reference that is checked and a mail with another text take some 0.05 ms; to detect that over a network takes
/// thousands of requests, and the limit is five an hour for one name.
const SLACK: (f64, f64) = (0.25, 1.0);

/// The prefix of unknown names. The others have accounts: `known` with a password, `coded` without one (they sign in by
/// mail), `exile` is suspended. All names are of one length.
const GHOST: &str = "ghost";

/// One action of a stranger's browser.
enum Step {
    /// Sends a form with a name: this is measured.
    Ask { path: &'static str, fields: fn(&str) -> Vec<(&'static str, String)>, status: StatusCode },
    /// Opens a page.
    Open(&'static str),
    /// Sends a wrong code.
    Guess(&'static str),
}

const SIGN_UP: &[Step] = &[
    Step::Ask {
        path: "/sign-up",
        fields: |name| {
            let person = [("username", format!("new_{name}")), ("display_name", "New Person".to_owned())];
            let password = [("password", "seven green umbrellas sing".to_owned())];
            by_address(name).into_iter().chain(person).chain(password).collect()
        },
        status: StatusCode::SEE_OTHER,
    },
    Step::Open("/sign-up/verify"),
    Step::Guess("/sign-up/verify"),
    Step::Open("/sign-up/finish"),
    Step::Ask { path: "/sign-up/resend", fields: |_| Vec::new(), status: StatusCode::SEE_OTHER },
    Step::Guess("/sign-up/verify"),
];
const FORGOT: &[Step] = &[Step::Ask { path: "/forgot-password", fields: by_address, status: StatusCode::OK }];
const CODE: &[Step] = &[
    Step::Ask { path: "/sign-in/code/send", fields: by_address, status: StatusCode::SEE_OTHER },
    Step::Open("/sign-in/code"),
    Step::Guess("/sign-in/code"),
];
const BY_NAME: &[Step] = &[Step::Ask {
    path: "/sign-in",
    fields: |name| wrong_password(name.to_owned()),
    status: StatusCode::UNPROCESSABLE_ENTITY,
}];
const BY_ADDRESS: &[Step] = &[Step::Ask {
    path: "/sign-in",
    fields: |name| wrong_password(format!("{name}@kith.example")),
    status: StatusCode::UNPROCESSABLE_ENTITY,
}];

fn by_address(name: &str) -> Vec<(&'static str, String)> {
    vec![("email", format!("{name}@kith.example"))]
}

fn wrong_password(identifier: String) -> Vec<(&'static str, String)> {
    vec![("identifier", identifier), ("password", "not the password".to_owned())]
}

/// Returns everything visible in a response except its time. Random values, and the name, are masked.
fn face(answer: &Answer, name: &str) -> String {
    let mut lines = vec![answer.status.to_string()];
    for (header, value) in &answer.headers {
        let value = value.to_str().unwrap();
        lines.push(match header.as_str() {
            "date" | "x-request-id" => format!("{header}: {}", value.len()),
            "set-cookie" => {
                let (cookie, rest) = value.split_once('=').unwrap();
                let (secret, attributes) = rest.split_once(';').unwrap();
                format!("{header}: {cookie}, {} long;{attributes}", secret.len())
            }
            _ => format!("{header}: {value}"),
        });
    }
    lines.sort_unstable();
    lines.push(answer.body.replace(name, "somebody"));
    lines.join("\n")
}

/// The observations of one kind of name.
#[derive(Default)]
struct Seen {
    faces: Vec<String>,
    statements: Vec<usize>,
    /// The times of each measured step.
    milliseconds: BTreeMap<&'static str, Vec<f64>>,
}

/// Runs the steps for one name, and records the observations.
async fn visit(site: &Site, steps: &[Step], (kind, n): (&str, usize), seen: &mut Seen) {
    let name = format!("{kind}{n:03}");
    let place = kind.bytes().fold(0_u8, u8::wrapping_add);
    let mut browser = site.browser().at(&format!("10.{place}.{}.{}", n / 250, n % 250));
    let close = n < CLOSE;
    for step in steps {
        let answer = match step {
            Step::Ask { path, fields, status } => {
                let fields = fields(&name);
                let fields: Vec<_> = fields.iter().map(|(field, value)| (*field, value.as_str())).collect();
                let begun = Instant::now();
                let answer = if close {
                    let (answer, count) = statements(browser.post(path, &fields)).await;
                    seen.statements.push(count);
                    answer
                } else {
                    browser.post(path, &fields).await
                };
                if n >= WARM {
                    seen.milliseconds.entry(path).or_default().push(begun.elapsed().as_secs_f64() * 1_000.0);
                }
                assert_eq!(answer.status, *status, "{name} at {path}: {}", answer.body);
                answer
            }
            Step::Open(path) if close => browser.get(path).await,
            Step::Guess(path) if close => browser.post(path, &[("code", "123456")]).await,
            Step::Open(_) | Step::Guess(_) => continue,
        };
        seen.faces.push(face(&answer, &name));
    }
}

/// Visits every name of every kind, in turns and each turn in another order.
async fn look<'a>(site: &Site, steps: &[Step], kinds: &[&'a str]) -> BTreeMap<&'a str, Seen> {
    let mut seen: BTreeMap<&str, Seen> = kinds.iter().map(|kind| (*kind, Seen::default())).collect();
    // A second run uses the same names, and the limit of mails to one address is five an hour.
    site.reset_limits().await;
    for n in 0..WARM + PAIRS {
        let mut order: Vec<&str> = kinds.to_vec();
        order.sort_by_cached_key(|_| server::base::random::digits());
        for kind in order {
            visit(site, steps, (kind, n), seen.get_mut(kind).unwrap()).await;
        }
    }
    seen
}

/// Fails if known names can be distinguished from unknown ones.
async fn all_look_alike(pool: &PgPool, steps: &[Step], known: &[&str]) {
    let site = site_with(pool, known).await;
    server::identity::auth::password::warm_up(&site.server).await.unwrap();
    let kinds: Vec<&str> = known.iter().copied().chain([GHOST]).collect();
    let first = look(&site, steps, &kinds).await;
    for kind in known {
        for (one, other) in first[kind].faces.iter().zip(&first[GHOST].faces) {
            assert_eq!(one, other, "{kind} and {GHOST}");
        }
        assert_eq!(first[kind].statements, first[GHOST].statements, "{kind} and {GHOST}");
    }
    let told = told_apart(&first, known);
    if told.is_empty() {
        return;
    }
    // A busy machine may differ once. A real difference repeats, in the same direction.
    let again = told_apart(&look(&site, steps, &kinds).await, known);
    for (what, by) in told {
        let twice = again.get(&what).filter(|again| **again * by > 0.0);
        assert!(twice.is_none(), "{what:?} took {by:+.2} ms longer than {GHOST}, and again {twice:+.2?}");
    }
}

/// Returns the kinds that took measurably longer than the unknown, the step, and the difference in milliseconds.
fn told_apart<'a>(seen: &BTreeMap<&str, Seen>, known: &[&'a str]) -> BTreeMap<(&'a str, &'static str), f64> {
    let mut told = BTreeMap::new();
    for kind in known {
        for (path, times) in &seen[kind].milliseconds {
            if let Some(by) = apart(times, &seen[GHOST].milliseconds[path]) {
                told.insert((*kind, *path), by);
            }
        }
    }
    told
}

/// Returns the difference of two series of times in milliseconds, if they can be distinguished: by their medians, or by
/// their ranks.
fn apart(one: &[f64], other: &[f64]) -> Option<f64> {
    let (a, b) = (median(one), median(other));
    let slack = (0.1 * b).clamp(SLACK.0, SLACK.1);
    let z = rank_test(one, other, slack).max(rank_test(other, one, slack));
    println!("{a:.3} ms, {b:.3} ms, z = {z:+.2}");
    ((a - b).abs() > NEAR.0.max(NEAR.1 * b) || z > UNLIKELY).then_some(a - b)
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Returns the number of standard deviations by which the ranks of the first series (Mann-Whitney's U) exceed those of
/// the other, if that one were slower by `slack`.
fn rank_test(slow: &[f64], fast: &[f64], slack: f64) -> f64 {
    let wins = slow.iter().flat_map(|a| fast.iter().map(move |b| f64::from(u8::from(*a > b + slack)))).sum::<f64>();
    let (n, m) = (slow.len() as f64, fast.len() as f64);
    (wins - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

async fn site_with(pool: &PgPool, kinds: &[&str]) -> Site {
    let site = Site::new(pool);
    for kind in kinds {
        site.add_users(kind, i32::try_from(WARM + PAIRS).unwrap()).await;
    }
    site.sql("delete from passwords using users u where u.id = user_id and u.username like 'coded%'").await;
    site.sql("update users set suspended_at = now(), suspended_reason = 'spam' where username like 'exile%'").await;
    site.sql("analyze").await;
    site
}

// H15.
#[sqlx::test]
async fn wrong_password_for_an_address_reveals_no_account(pool: PgPool) {
    all_look_alike(&pool, BY_ADDRESS, &["known", "coded", "exile"]).await;
}

// H15.
#[sqlx::test]
async fn wrong_password_for_a_username_reveals_no_account(pool: PgPool) {
    all_look_alike(&pool, BY_NAME, &["known"]).await;
}

// H15.
#[sqlx::test]
async fn signing_up_and_resending_the_code_reveals_no_account(pool: PgPool) {
    all_look_alike(&pool, SIGN_UP, &["known"]).await;
}

// H15.
#[sqlx::test]
async fn requesting_a_password_reset_reveals_no_account(pool: PgPool) {
    all_look_alike(&pool, FORGOT, &["known", "coded", "exile"]).await;
}

// H15.
#[sqlx::test]
async fn requesting_a_sign_in_code_reveals_no_account(pool: PgPool) {
    all_look_alike(&pool, CODE, &["known", "coded", "exile"]).await;
}

#[test]
fn distinguishes_different_times_but_not_equal_ones() {
    // A pseudo-random walk that is the same on every run.
    let series = |start: u64, more: f64| -> Vec<f64> {
        let mut state = start;
        let next = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            20.0 + more + (state >> 40) as f64 / f64::from(1 << 24) * 4.0
        });
        next.take(PAIRS).collect()
    };
    assert_eq!(apart(&series(1, 0.0), &series(2, 0.0)), None);
    assert!(apart(&series(1, 1.8), &series(2, 0.0)).is_some(), "by the ranks");
    assert!(apart(&series(1, 2.5), &series(2, 0.0)).is_some(), "by the medians");
    assert!(apart(&series(1, 0.0), &series(2, 1.8)).is_some_and(|by| by < 0.0));
}
