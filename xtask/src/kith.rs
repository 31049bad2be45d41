//! A Kith of our own, for browser tests, for measuring, and to verify that the packaged one starts.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{
    github::GitHub,
    http::Connection,
    issuer::Issuer,
    process::{self, Running},
    workspace,
};

/// The longest time until Kith must answer.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The way in which a Kith runs.
pub struct Plan<'a> {
    /// The binary.
    pub binary: &'a Path,
    pub database: String,
    /// The folder it runs in.
    pub dir: PathBuf,
    /// The host of its origin, if that is not the address it listens on; https then.
    pub public_host: Option<&'a str>,
    /// True to seed the database with the cast and the demo's posts.
    pub seed: bool,
    /// True to have providers for OAuth sign-in: the local GitHub of `end2end/github`, and an OpenID Connect issuer.
    pub elsewhere: bool,
    /// True to pass nothing of our environment except the settings here.
    pub bare: bool,
    /// True to log at every level.
    pub trace: bool,
}

/// A running Kith; stops when dropped.
pub struct Kith {
    running: Running,
    /// The local GitHub, if it was planned.
    pub github: Option<GitHub>,
    /// The issuer, if it was planned.
    pub issuer: Option<Issuer>,
    pub origin: String,
    /// The host that its requests must name.
    pub host: String,
    pub port: u16,
    log: PathBuf,
}

impl Kith {
    /// Migrates, seeds and serves; waits until it is healthy.
    pub fn start(plan: &Plan) -> Result<Self> {
        let port = free_port()?;
        let listen = format!("127.0.0.1:{port}");
        let (origin, host) = match plan.public_host {
            Some(host) => (format!("https://{host}"), host.to_owned()),
            None => (format!("http://{listen}"), listen.clone()),
        };
        let log = workspace::root().join(format!("target/kith-{port}.log"));
        let github = plan.elsewhere.then(|| GitHub::start("127.0.0.1:0", &origin)).transpose()?;
        let issuer = plan.elsewhere.then(|| Issuer::start(&origin)).transpose()?;
        let command = |verb: &str| {
            let mut command = plan.command(verb, &origin, &listen);
            command.envs(github.iter().flat_map(GitHub::settings));
            command.envs(issuer.iter().flat_map(Issuer::settings));
            command
        };
        process::run(&mut command("migrate"))?;
        if plan.seed {
            process::run(&mut command("seed"))?;
        }
        let output = File::create(&log).context("cannot write Kith's log")?;
        let mut serve = command("serve");
        if plan.trace {
            serve.env("KITH_LOG", "trace").env("KITH_LOG_FORMAT", "json");
            // In the browser tests many users sign up, from as many addresses.
            serve.env("KITH_TRUSTED_PROXIES", "127.0.0.0/8");
        }
        let running = Running::start(serve.stdout(output.try_clone()?).stderr(output))?;
        let mut kith = Self { running, github, issuer, origin, host, port, log };
        kith.wait_until_healthy()?;
        Ok(kith)
    }

    /// Opens a connection to it.
    pub fn connect(&self) -> Result<Connection> {
        Connection::open(self.port, &self.host)
    }

    /// Returns the process id, to query the system about it.
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// Stops it cleanly, and returns its exit status.
    pub fn stop(mut self) -> Result<ExitStatus> {
        self.running.ask_to_end();
        self.running.wait()
    }

    /// Returns the path of its log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Returns the last lines of its log.
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn wait_until_healthy(&mut self) -> Result<()> {
        let mut ended = false;
        let healthy = process::wait_for(START_TIMEOUT, || {
            ended = self.running.ended().is_some();
            ended || self.is_healthy()
        });
        if ended || !healthy {
            bail!("Kith does not start:\n{}", self.last_words());
        }
        Ok(())
    }

    fn is_healthy(&self) -> bool {
        let answer = self.connect().and_then(|mut connection| connection.get("/healthz", &[]));
        answer.is_ok_and(|answer| answer.status == 200)
    }
}

impl Drop for Kith {
    fn drop(&mut self) {
        fs::remove_file(&self.log).ok();
    }
}

impl Plan<'_> {
    fn command(&self, verb: &str, origin: &str, listen: &str) -> Command {
        let mut command = Command::new(self.binary);
        if self.bare {
            command.env_clear();
        }
        command.arg(verb).current_dir(&self.dir).stdout(Stdio::null());
        command.env("DATABASE_URL", &self.database).env("KITH_ORIGIN", origin).env("KITH_LISTEN", listen);
        command
    }
}

/// Returns a port that is free at the moment.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").context("no free port")?.local_addr()?.port())
}
