//! The tests in a browser: Playwright, the machine's Chromium, and a Kith of our own with the cast in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use nix::unistd::geteuid;

use super::{Run, counts::Counts, trace};
use crate::{
    assets,
    github::GitHub,
    issuer::Issuer,
    kith::{Kith, Plan},
    process::{self, Running},
    run::build_server,
    system, workspace,
};

/// Names and places of browsers that Playwright can drive.
const BROWSERS: [&str; 7] = [
    // The same engine without windows: half again as fast.
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

pub fn types(_: &Run) -> Result<Counts> {
    install_packages()?;
    process::run(program("tsc").arg("--noEmit"))?;
    Ok(Counts::default())
}

pub fn check(run: &Run) -> Result<Counts> {
    let chromium = chromium()?;
    install_fonts();
    install_packages()?;
    assets::build()?;
    let binary = build_server(false)?;
    GitHub::build()?;
    let cluster = run.cluster()?;
    cluster.create_database("browser")?;
    let kith = Kith::start(&Plan {
        binary: &binary,
        database: trace::with_password(&cluster.url("browser")),
        dir: workspace::root().to_owned(),
        public_host: None,
        seed: true,
        elsewhere: true,
        bare: false,
        trace: true,
    })?;
    let traced = trace::folder("browser")?;
    let report = workspace::root().join("target/playwright.json");
    fs::remove_file(&report).ok();
    let mut playwright = program("playwright");
    playwright.args(["test", "--pass-with-no-tests", "--reporter=list,json"]).args(&run.args);
    playwright.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    playwright.env("KITH_URL", &kith.origin).env("CHROMIUM", chromium);
    playwright.env("KITH_SECRETS", traced.join("kith.secrets"));
    playwright.envs(kith.github.iter().map(|github| ("GITHUB_URL", &github.url)));
    playwright.envs(kith.issuer.iter().map(|issuer| ("ISSUER_URL", &issuer.url)));
    let settings = kith.github.iter().flat_map(GitHub::settings).chain(kith.issuer.iter().flat_map(Issuer::settings));
    for (_, secret) in settings.filter(|(name, _)| name.ends_with("_CLIENT_SECRET")) {
        trace::note(&traced.join("kith.secrets"), trace::CLIENT_SECRET, secret)?;
    }
    let succeeded = Running::start(&mut playwright)?.wait()?.success();
    let mut counts = read(&report).unwrap_or_default();
    if !succeeded {
        eprintln!("Kith's last words:\n{}", kith.last_words());
        ensure!(counts.failed > 0, "The browser tests did not run to their end.");
    }
    keep_log(kith.log(), &traced.join("kith.log"))?;
    counts.add(trace::check(&traced, &trace::KINDS[..trace::IN_BROWSERS], run.args.is_empty())?);
    Ok(counts)
}

/// Keeps Kith's log, except its welcome: that shows the demo's password on purpose.
fn keep_log(log: &Path, kept: &Path) -> Result<()> {
    let log = fs::read(log).context("Kith's log is gone")?;
    let lines = log.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"  Sign in as "));
    Ok(fs::write(kept, lines.collect::<Vec<_>>().concat())?)
}

fn read(report: &Path) -> Option<Counts> {
    Counts::of_playwright(&serde_json::from_slice(&fs::read(report).ok()?).ok()?)
}

fn folder() -> PathBuf {
    workspace::root().join("end2end")
}

fn program(name: &str) -> Command {
    let mut command = Command::new(folder().join("node_modules/.bin").join(name));
    command.current_dir(folder());
    command
}

/// Runs `npm ci`, unless the installed packages match the lock file.
pub fn install_packages() -> Result<()> {
    system::require("node", "nodejs", "node")?;
    system::require("npm", "npm", "node")?;
    let lock = fs::read(folder().join("package-lock.json")).context("end2end has no package-lock.json")?;
    let stamp = folder().join("node_modules/.kith-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    eprintln!("Installing Playwright.");
    let mut npm = Command::new("npm");
    npm.current_dir(folder()).args(["ci", "--no-audit", "--no-fund"]);
    process::run(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    fs::write(stamp, lock).context("cannot note what is installed")
}

/// Installs a font with Arial's metrics, which Kith's fallback font is adjusted to: without one, a page whose font
/// loads late jumps. Most desktops have one; a Debian container has none.
fn install_fonts() {
    let there = Path::new("/usr/share/fonts/truetype/liberation").exists();
    if !there && system::is_debian() && geteuid().is_root() {
        // The tests work without it.
        system::apt_install(&["fonts-liberation"]).unwrap_or_else(|why| eprintln!("{why:#}"));
    }
}

/// Returns the path of a Chromium, from `CHROMIUM` or the machine, or freshly installed.
fn chromium() -> Result<PathBuf> {
    if let Some(given) = env::var_os("CHROMIUM") {
        return Ok(given.into());
    }
    if let Some(found) = on_machine() {
        return Ok(found);
    }
    ensure!(
        system::is_debian() && geteuid().is_root(),
        "No Chromium or Chrome found; install one ({}), or set CHROMIUM to its path.",
        system::hint("chromium", "--cask chromium")
    );
    install_chromium()?;
    on_machine().context("Chromium was installed, but is not to be found")
}

/// Installs or upgrades Debian's Chromium. Only newer versions of Debian have the one without windows.
pub fn install_chromium() -> Result<()> {
    system::apt_install(&["chromium-headless-shell"]).or_else(|_| system::apt_install(&["chromium"]))
}

fn on_machine() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs: Vec<PathBuf> = env::split_paths(&path).collect();
    let places = BROWSERS.iter().flat_map(|name| dirs.iter().map(move |dir| dir.join(name)));
    places.into_iter().find(|place| place.is_file())
}
