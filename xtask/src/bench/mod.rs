//! `cargo xtask bench`: the speed of Kith on this machine, compared with its budgets.
//!
//! Everything runs on this machine, load included, so a figure alone says little: values to compare are measured in
//! turns, round by round, and the ratio is given with its spread. The load is bounded in connections and in time.
//!
//! `cargo xtask bench million` measures the parts that must remain fast on a large site.

mod hostile;
mod load;
mod million;
#[path = "../../../server/src/db/settings.rs"]
mod settings;
mod sizes;
mod statements;

use anyhow::{Context, Result, ensure};

use crate::{
    assets,
    devdb::throwaway,
    kith::{Kith, Plan},
    run::build_for_bench,
    workspace,
};
use load::{Request, Round};

/// The rounds of each comparison; odd, so that there is a middle one.
const ROUNDS: usize = 5;

/// The cast. They sign in with the seed's password.
const CAST: [&str; 5] = ["ada", "grace", "alan", "edsger", "barbara"];
const PASSWORD: &str = "neighbours-are-kind";

/// Measures everything, or with an argument only the figures whose name contains it.
pub fn run(args: &[String]) -> Result<()> {
    if let Some((_, rest)) = args.split_first().filter(|(what, _)| *what == "million") {
        return million::run(rest);
    }
    let only = args.first().map_or("", String::as_str);
    let site = assets::build()?;
    eprintln!("Building an optimised server (about six minutes the first time).");
    let binary = build_for_bench()?;
    let cluster = throwaway::open(None)?;
    cluster.create_database("bench")?;
    let kith = Kith::start(&Plan {
        binary: &binary,
        database: cluster.url("bench"),
        dir: workspace::root().to_owned(),
        public_host: None,
        seed: true,
        elsewhere: false,
        bare: false,
        trace: false,
    })?;
    // A password is hashed at start, and its memory is freed some seconds later.
    std::thread::sleep(std::time::Duration::from_secs(10));
    let idle = sizes::resident(kith.id());
    sizes::assets(&site)?;
    sizes::page(&kith)?;
    let cookie = sign_ins(&kith)?;
    pages(&kith, &cookie, only)?;
    sizes::memory("resident memory, idle", idle, 40);
    sizes::memory("resident memory, after the load", sizes::resident(kith.id()), 120);
    if only.is_empty() || only == "hostile" {
        hostile::sign_ins(&kith)?;
        hostile::bodies(&kith)?;
    }
    Ok(())
}

/// The home page, written by hand in maud: same statement, same layers, same bytes except a few markers.
const TWIN: &str = "/bench/twin";

/// Measures pages per second, in turns, each compared with the first of its group.
fn pages(kith: &Kith, cookie: &str, only: &str) -> Result<()> {
    let request = |name, path, cookie| Request { name, port: kith.port, host: &kith.host, path, cookie };
    let groups = [
        (
            "against the same page by hand (budget: at least 0.85)",
            vec![request("by hand, anonymous", TWIN, None), request("feed, anonymous", "/", None)],
        ),
        (
            "signed in, against the same page by hand (budget: at least 0.85)",
            vec![request("by hand, signed in", TWIN, Some(cookie)), request("feed, signed in", "/", Some(cookie))],
        ),
        (
            "others, against the feed",
            vec![
                request("feed, anonymous", "/", None),
                request("following, signed in", "/following", Some(cookie)),
                request("profile, anonymous", "/@ada", None),
                request("devices: the check", "/settings/devices", Some(cookie)),
                request("not found (no query)", "/no/such/page", None),
                request("/healthz", "/healthz", None),
            ],
        ),
    ];
    for (title, requests) in groups.iter().filter(|(title, _)| title.contains(only)) {
        println!("\n{title}");
        println!(
            "{:<24} {:>9} {:>19} {:>8} {:>8}  ratio to the first",
            "page", "pages/s", "least – most", "p50 ms", "p99 ms"
        );
        let measured = load::in_turns(requests, ROUNDS)?;
        for (request, rounds) in requests.iter().zip(&measured) {
            report(request.name, rounds, &measured[0]);
        }
    }
    same_bytes(kith)
}

/// A handwritten page with less content would win without merit.
fn same_bytes(kith: &Kith) -> Result<()> {
    let size = |path| Ok::<_, anyhow::Error>(kith.connect()?.get(path, &[])?.body.len());
    let (ours, by_hand) = (size("/")?, size(TWIN)?);
    let apart = (ours as f64 / by_hand as f64 - 1.0) * 100.0;
    println!("\nuncompressed: {ours} bytes, by hand {by_hand} ({apart:+.1} %; at most 5 apart)");
    ensure!(
        apart.abs() <= 5.0,
        "The page by hand no longer is the same page: bring app/src/dev/bench_page.rs up to date."
    );
    Ok(())
}

fn report(name: &str, rounds: &[Round], first: &[Round]) {
    let rates = spread(rounds.iter().map(|round| round.rate));
    let ratios = spread(rounds.iter().zip(first).map(|(round, first)| round.rate / first.rate));
    let p50 = spread(rounds.iter().map(|round| round.percentile(50)));
    let p99 = spread(rounds.iter().map(|round| round.percentile(99)));
    println!(
        "{name:<24} {:>9.0} {:>8.0} – {:>8.0} {:>8.2} {:>8.2}  {:.2} ({:.2} – {:.2})",
        rates.middle, rates.least, rates.most, p50.middle, p99.middle, ratios.middle, ratios.least, ratios.most
    );
}

/// Signs in the users of the cast one after the other (checking a password is slow on purpose); returns the cookie of
/// the last.
fn sign_ins(kith: &Kith) -> Result<String> {
    let mut took = Vec::new();
    let mut cookie = None;
    for who in CAST {
        let mut connection = kith.connect()?;
        let start = std::time::Instant::now();
        let form = format!("identifier={who}&password={PASSWORD}");
        let answer = connection.post("/sign-in", &[("origin", &kith.origin)], &form)?;
        took.push(start.elapsed().as_secs_f64() * 1_000.0);
        ensure!(answer.status == 303, "{who} cannot sign in ({})", answer.status);
        let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
        let mut pairs = set.filter_map(|(_, value)| value.split(';').next());
        cookie = pairs.find(|pair| pair.starts_with("id=")).map(str::to_owned);
    }
    let took = spread(took.into_iter());
    println!("\nsign-in: {:.0} ms ({:.0} – {:.0})", took.middle, took.least, took.most);
    cookie.context("signing in set no cookie")
}

/// The middle value, and the distance of the others from it.
struct Spread {
    least: f64,
    middle: f64,
    most: f64,
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    Spread { least: at(0), middle: at(values.len() / 2), most: at(values.len().saturating_sub(1)) }
}
