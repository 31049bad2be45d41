//! Cleans up after a command, however it ends.
//!
//! `cargo xtask` starts a second small process, the guard, and tells it about every program, database cluster and
//! folder that must not outlive the command. The guard waits at the end of a pipe. When the pipe closes — the command
//! is done, was interrupted, or was killed without a chance to clean up — it stops and removes all of them that are
//! left. There is no other clean-up code; leftovers of a dead guard (power cut) are found by the next run, by their
//! unheld lock.

use std::{
    collections::BTreeSet,
    fmt::Display,
    fs::File,
    io::{BufRead, BufReader, Write, stdin, stdout},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    devdb::{private, throwaway},
    process,
};

/// The name of the hidden command that runs the guard.
pub const COMMAND: &str = "guard";

static LINK: Mutex<Option<Link>> = Mutex::new(None);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Our end of the pipe.
struct Link {
    guard: Child,
    tell: ChildStdin,
    hear: BufReader<ChildStdout>,
}

/// Starts the guard and makes Ctrl-C, SIGTERM and a closed terminal end everything in order.
pub fn start() -> Result<()> {
    let mut guard = Command::new(std::env::current_exe()?)
        .arg(COMMAND)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .context("cannot start the guard process")?;
    let tell = guard.stdin.take().context("the guard has no input")?;
    let hear = BufReader::new(guard.stdout.take().context("the guard has no output")?);
    *link() = Some(Link { guard, tell, hear });
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        eprintln!("\nStopping.");
        finish();
        std::process::exit(130);
    })
    .context("cannot watch for Ctrl-C")
}

/// Tells the guard one thing and waits until it has recorded it.
pub fn note(verb: &str, what: impl Display) -> Result<()> {
    let mut link = link();
    let Some(open) = link.as_mut() else {
        bail!("interrupted");
    };
    writeln!(open.tell, "{verb} {what}").context("the guard process is gone")?;
    let mut reply = String::new();
    open.hear.read_line(&mut reply)?;
    ensure!(reply.trim() == "ok", "the guard cannot {verb} {what}: {}", reply.trim());
    Ok(())
}

/// Makes the guard clean up everything and waits for it. Nothing can be started afterwards.
pub fn finish() {
    let Some(Link { mut guard, tell, hear }) = link().take() else {
        return;
    };
    drop((tell, hear));
    guard.wait().ok();
}

/// Waits if the command was interrupted: its end is then the signal handler's task, and errors are only consequences.
pub fn wait_if_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_secs(1));
    }
}

fn link() -> MutexGuard<'static, Option<Link>> {
    LINK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The things that the guard has to clean up.
#[derive(Default)]
struct Charge {
    groups: BTreeSet<i32>,
    shared: Vec<(PathBuf, File)>,
    discarded: Vec<(PathBuf, File)>,
}

/// The guard itself: listens until the pipe closes, then cleans up everything.
pub fn serve() -> Result<()> {
    let mut charge = Charge::default();
    for line in stdin().lines().map_while(Result::ok) {
        let reply = match charge.take_note(&line) {
            Ok(()) => "ok".to_owned(),
            Err(error) => format!("{error:#}").replace('\n', " "),
        };
        // The pipe has no reader if the command was killed in this very moment; the loop then ends by itself.
        writeln!(stdout(), "{reply}").ok();
    }
    charge.put_away();
    Ok(())
}

impl Charge {
    fn take_note(&mut self, line: &str) -> Result<()> {
        let (verb, what) = line.split_once(' ').context("half a line")?;
        match verb {
            "group" => {
                self.groups.insert(what.parse()?);
            }
            "gone" => {
                self.groups.remove(&what.parse()?);
            }
            "share" => self.shared.push((what.into(), private::join(Path::new(what))?)),
            "discard" => self.discarded.push((what.into(), throwaway::own(Path::new(what))?)),
            _ => bail!("unknown verb"),
        }
        Ok(())
    }

    fn put_away(self) {
        thread::scope(|scope| {
            for group in self.groups {
                scope.spawn(move || process::end_group(group));
            }
        });
        let shared = self.shared.into_iter().map(|(home, hold)| private::leave(&home, hold));
        let discarded = self.discarded.into_iter().map(|(dir, hold)| throwaway::discard(&dir, hold));
        for error in shared.chain(discarded).filter_map(Result::err) {
            eprintln!("While putting things away: {error:#}");
        }
    }
}
