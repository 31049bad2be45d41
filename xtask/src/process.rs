//! Starts and stops other programs.
//!
//! Every child gets a process group of its own, announced to the [`guard`](crate::guard): a Ctrl-C reaches only xtask,
//! which then stops each child with all of *its* children, in order. Children read nothing from the terminal.

use std::{
    fs,
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

use crate::guard;

/// The longest time a program may take to end after SIGTERM; Kith drains its connections for at most 15 s.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// A program of ours in the background. Dropping it stops it.
pub struct Running {
    child: Child,
    name: String,
}

impl Running {
    /// Starts `command` in a group of its own.
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child =
            command.stdin(Stdio::null()).process_group(0).spawn().with_context(|| format!("cannot start {name}"))?;
        let running = Self { child, name };
        guard::note("group", running.child.id())?;
        Ok(running)
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns its exit status, if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it, and the processes it started, to end cleanly.
    pub fn ask_to_end(&self) {
        killpg(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM).ok();
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().with_context(|| format!("cannot wait for {}", self.name))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended().is_none() {
            end_group(self.child.id().cast_signed());
            self.child.wait().ok();
        }
        guard::note("gone", self.child.id()).ok();
    }
}

/// Runs `command` to its end with its output on the terminal; returns an error unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    let status = Running::start(command)?.wait()?;
    ensure!(status.success(), "`{line}` failed ({status})");
    Ok(())
}

/// Runs a short command and returns its output; its error output becomes the error.
pub fn capture(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Returns true if a program of this name can be run.
pub fn exists(program: &str) -> bool {
    let mut version = Command::new(program);
    version.arg("--version").stdin(Stdio::null());
    version.stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// Returns true if the process lives. A zombie answers signals as well, so on Linux the process state decides.
pub fn alive(pid: i32) -> bool {
    if kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return false;
    }
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return true;
    };
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !matches!(state, Some('Z' | 'X'))
}

/// Asks a whole group to end, and kills it if it does not.
pub fn end_group(leader: i32) {
    let group = Pid::from_raw(leader);
    if killpg(group, Signal::SIGTERM).is_ok() {
        wait_until_gone(leader, STOP_TIMEOUT);
        killpg(group, Signal::SIGKILL).ok();
    }
}

/// Waits for a process that need not be a child of ours; returns true if it has ended.
pub fn wait_until_gone(pid: i32, patience: Duration) -> bool {
    wait_for(patience, || !alive(pid))
}

/// Calls `done` every 20 ms until it returns true or `patience` is over.
pub fn wait_for(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > patience {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn describe(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
