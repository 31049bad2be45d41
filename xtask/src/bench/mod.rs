//! `cargo xtask bench`: how fast Kith is here and now, beside its budgets.
//!
//! Everything runs on this machine, load included, so a figure alone says little: what is compared is measured in turns,
//! round by round, and the ratio is given with its spread. The load is bounded in connections and in time.
//!
//! `cargo xtask bench million` measures what must stay fast on a large site.

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

/// Rounds of each comparison; odd, so that there is a middle one.
const ROUNDS: usize = 5;

/// The cast, who sign in with the seed's password.
const CAST: [&str; 5] = ["ada", "grace", "alan", "edsger", "barbara"];
const PASSWORD: &str = "neighbours-are-kind";

/// Measures everything. `only` the figures whose name contains the first argument, when there is one.
pub fn run(args: &[String]) -> Result<()> {
    if let Some((_, rest)) = args.split_first().filter(|(what, _)| *what == "million") {
        return million::run(rest);
    }
    let only = args.first().map_or("", String::as_str);
    let site = assets::build()?;
    eprintln!("Building an optimised server (about six minutes the first time).");
    let binary = build_for_bench()?;
    let cluster = throwaway::open()?;
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
    // A password is hashed at start, and its memory is given back some seconds later.
    std::thread::sleep(std::time::Duration::from_secs(10));
    let idle = sizes::resident(kith.id());
    sizes::assets(&site)?;
    sizes::page(&kith)?;
    let cookie = sign_ins(&kith)?;
    pages(&kith, &cookie, only)?;
    sizes::memory("resident memory, idle", idle, 40);
    sizes::memory("resident memory, after the load", sizes::resident(kith.id()), 120);
    Ok(())
}

/// The home page, written by hand in maud: same statement, same layers, same bytes but for a few markers.
const TWIN: &str = "/bench/twin";

/// Pages a second, in turns, each beside the first of its group.
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

/// A page by hand that says less would win for nothing.
fn same_bytes(kith: &Kith) -> Result<()> {
    let size = |path| Ok::<_, anyhow::Error>(kith.connect()?.get(path, &[])?.body.len());
    let (ours, by_hand) = (size("/")?, size(TWIN)?);
    let apart = (ours as f64 / by_hand as f64 - 1.0) * 100.0;
    println!("\nuncompressed: {ours} bytes, by hand {by_hand} ({apart:+.1} %; at most 5 apart)");
    ensure!(apart.abs() <= 5.0, "The page by hand no longer is the same page: bring app/src/twin.rs up to date.");
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

/// Signs the cast in one after the other (a password's check is meant to be slow); gives the last one's cookie.
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

/// The middle, and how far the others are from it.
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
