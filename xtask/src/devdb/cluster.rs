//! One Postgres cluster: create, start, query, stop.

use std::{
    fs,
    os::unix::{fs::MetadataExt, fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use postgres::{Client, Config, NoTls};

use super::{account::Account, binaries::Binaries};
use crate::process;

/// The port is only part of the socket's name, and each cluster has a folder for its socket.
const SOCKET: &str = ".s.PGSQL.5432";

/// The longest path of a unix socket that every system accepts.
const SOCKET_LIMIT: usize = 103;

/// Settings for clusters with disposable data: nothing waits for the disk.
const CARELESS: [&str; 4] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"];

/// A cluster on disk, reachable by its socket when it runs.
pub struct Cluster {
    pub account: Account,
    pub binaries: Binaries,
    pub data: PathBuf,
    pub sockets: PathBuf,
    pub careless: bool,
}

impl Cluster {
    /// Creates the cluster's files unless they exist. A half-made cluster is never visible: it is renamed when done.
    pub fn create(&self) -> Result<()> {
        if self.data.join("PG_VERSION").exists() {
            return Ok(());
        }
        let half = self.data.with_extension("new");
        if half.exists() {
            fs::remove_dir_all(&half)?;
        }
        self.account.make_dir(&half)?;
        // macOS knows the same order of characters under another name.
        let locale = if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" };
        let mut initdb = self.account.command(&self.binaries.program("initdb"));
        initdb.arg("--pgdata").arg(&half).args(["--username", "kith", "--auth", "trust"]);
        initdb.args(["--encoding", "UTF8", "--locale", locale]);
        if self.careless {
            initdb.arg("--no-sync");
        }
        process::run(initdb.stdout(Stdio::null())).context("cannot make a Postgres cluster")?;
        fs::rename(&half, &self.data).context("cannot put the new Postgres cluster in its place")
    }

    /// Starts it unless it runs and answers, and creates the database `kith` if it is missing.
    pub fn start(&self) -> Result<()> {
        self.make_socket_dir()?;
        if postmaster(&self.data).is_some() {
            if process::wait_for(Duration::from_secs(2), || self.answers()) {
                return self.create_database("kith");
            }
            // The process lives but is out of reach: its socket was removed.
            stop(&self.data)?;
        }
        remove_stale_pid_file(&self.data)?;
        // Orphans of a killed postmaster hold on to its shared memory for a moment.
        for patience in [Some(1), Some(3), None] {
            match (process::capture(&mut self.start_command()), patience) {
                (Ok(_), _) => break,
                (Err(_), Some(seconds)) => thread::sleep(Duration::from_secs(seconds)),
                (Err(error), None) => {
                    bail!("Postgres does not start: {error:#}\n{}", self.last_words())
                }
            }
        }
        self.create_database("kith")
    }

    /// Returns the URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        let host = self.sockets.to_string_lossy().replace('/', "%2F");
        format!("postgres://kith@{host}/{database}")
    }

    /// Returns a `psql` of this cluster that stops at the first error and reads no configuration files.
    pub fn psql(&self, database: &str) -> Command {
        let mut psql = Command::new(self.binaries.psql());
        psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname"]).arg(self.url(database));
        psql
    }

    /// Runs statements, all or none of them.
    pub fn execute(&self, database: &str, statements: &str) -> Result<()> {
        self.connect(database)?.batch_execute(statements).context("Postgres refuses a statement")
    }

    /// Creates an empty database unless it exists.
    pub fn create_database(&self, name: &str) -> Result<()> {
        let mut client = self.connect("postgres")?;
        if client.query("select from pg_database where datname = $1", &[&name])?.is_empty() {
            client.batch_execute(&format!(r#"create database "{name}" template template0"#))?;
        }
        Ok(())
    }

    fn connect(&self, database: &str) -> Result<Client> {
        let mut config = Config::new();
        config.host_path(&self.sockets).user("kith").dbname(database).options("-c client_min_messages=warning");
        config.connect(NoTls).with_context(|| format!("no connection to the database {database}"))
    }

    fn start_command(&self) -> Command {
        let mut options = format!("-c listen_addresses= -c unix_socket_directories={}", self.sockets.display());
        options.push_str(" -c unix_socket_permissions=0700 -c timezone=UTC -c log_timezone=UTC");
        for setting in CARELESS.iter().filter(|_| self.careless) {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let mut pg_ctl = self.account.command(&self.binaries.program("pg_ctl"));
        pg_ctl.args(["start", "--wait", "--silent", "--timeout", "120"]);
        pg_ctl.arg("--pgdata").arg(&self.data).arg("--log").arg(self.log());
        pg_ctl.args(["--options", &options]);
        pg_ctl
    }

    fn make_socket_dir(&self) -> Result<()> {
        let length = self.sockets.join(SOCKET).as_os_str().len();
        ensure!(length <= SOCKET_LIMIT, "{} is too long a path for a socket", self.sockets.display());
        if !self.sockets.exists() {
            self.account.make_dir(&self.sockets)?;
        }
        // The place is public and its name can be guessed: another account must not have created it first.
        let found = fs::symlink_metadata(&self.sockets)?;
        ensure!(
            found.is_dir() && found.uid() == self.account.uid() && found.permissions().mode() & 0o077 == 0,
            "{} does not belong to Postgres' account alone; remove it",
            self.sockets.display()
        );
        Ok(())
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.sockets.join(SOCKET)).is_ok()
    }

    fn log(&self) -> PathBuf {
        self.data.join("kith.log")
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }
}

/// Returns the major version that created a cluster on disk.
pub fn major_of(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Returns the process that runs the cluster, if one does.
pub fn postmaster(data: &Path) -> Option<i32> {
    let pid = recorded_pid(data)?;
    (process::alive(pid) && command_line(pid).contains(&*data.to_string_lossy())).then_some(pid)
}

/// Stops the cluster: at once for its clients, cleanly for its files.
pub fn stop(data: &Path) -> Result<()> {
    let Some(pid) = postmaster(data) else {
        return Ok(());
    };
    for (signal, seconds) in [(Signal::SIGINT, 30), (Signal::SIGQUIT, 5), (Signal::SIGKILL, 5)] {
        kill(Pid::from_raw(pid), signal).ok();
        if process::wait_until_gone(pid, Duration::from_secs(seconds)) {
            return Ok(());
        }
    }
    bail!("Postgres (process {pid}) does not stop")
}

fn recorded_pid(data: &Path) -> Option<i32> {
    fs::read_to_string(data.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

/// Removes a stale pid file: after a power cut the recorded number may belong to another program, which Postgres would
/// mistake for a running server.
fn remove_stale_pid_file(data: &Path) -> Result<()> {
    let foreign = |pid| process::alive(pid) && !command_line(pid).contains("postgres");
    if recorded_pid(data).is_some_and(foreign) {
        fs::remove_file(data.join("postmaster.pid")).context("cannot remove a stale postmaster.pid")?;
    }
    Ok(())
}

fn command_line(pid: i32) -> String {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(line) => String::from_utf8_lossy(&line).into_owned(),
        Err(_) => {
            process::capture(Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()])).unwrap_or_default()
        }
    }
}
