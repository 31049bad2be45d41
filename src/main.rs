//! `kith`: the server and the operator's tools, in one binary.
// These macros panic after the reader has closed its pipe; `cli::output` does not.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod assets;
mod cli;
mod router;
mod serve;
mod telemetry;
#[cfg(test)]
mod tests;

use std::{ffi::OsString, process::ExitCode};

use anyhow::{Context, Result, bail};
use clap::Parser;
use cli::{Cli, output};

/// Pages make many small allocations: this allocator serves a fifth more pages, as measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => exit(run(cli)),
        // Help and the version are no failures, but may be requested on a full disk.
        Err(error) if error.use_stderr() => {
            let _ = error.print();
            ExitCode::from(2)
        }
        Err(help) => exit(output::tolerate(help.print())),
    }
}

fn run(cli: Cli) -> Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(worker_threads(std::env::var_os(WORKER_THREADS))?);
    runtime.enable_all().build().context("no threads can be started")?.block_on(cli.run())
}

fn exit(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::note(format_args!("kith: {}", cli::causes(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

const WORKER_THREADS: &str = "TOKIO_WORKER_THREADS";

/// Returns the number of threads: the operator's setting, else one per core. tokio would read the setting too, and
/// panic on anything but a number.
fn worker_threads(value: Option<OsString>) -> Result<usize> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(std::thread::available_parallelism().map_or(1, usize::from));
    };
    match value.to_str().and_then(|text| text.parse().ok()) {
        Some(threads @ 1..=1_024) => Ok(threads),
        _ => bail!("{WORKER_THREADS}: must be a whole number from 1 to 1024."),
    }
}

#[cfg(test)]
mod main_tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn refuses_invalid_worker_thread_counts() {
        for odd in ["0", "many", "-1", "99999999999999999999", "1000000"] {
            assert!(worker_threads(Some(odd.into())).is_err(), "{odd}");
        }
        assert!(worker_threads(Some(OsString::from_vec(vec![0xff]))).is_err());
        assert_eq!(worker_threads(Some("3".into())).unwrap(), 3);
        assert!(worker_threads(Some("".into())).unwrap() >= 1);
        assert!(worker_threads(None).unwrap() >= 1);
    }
}
