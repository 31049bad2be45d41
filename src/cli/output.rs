//! Output of the commands. A reader that closed its pipe (`kith user list | head`) has read enough, which is no error;
//! a full disk is an error. Neither panics, as `println!` would.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

use anyhow::{Result, anyhow};

/// Writes a line to standard output, as `println!` does: `say!("{count} moved.")?`.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::output::line(&format_args!($($words)*)) };
}
pub(super) use say;

/// Writes a line to standard output.
///
/// # Errors
/// Returns an error if the line cannot be written and the reader is still there.
pub fn line(text: &impl Display) -> Result<()> {
    tolerate(write(&mut io::stdout().lock(), text))
}

/// Writes a line about the program's work to standard error, if it is open.
pub fn note(text: impl Display) {
    let _ = write(&mut io::stderr().lock(), &text);
}

/// Writes a line that must not get lost to the first of `places` that accepts it. Returns `false` if none does.
pub fn to_any(places: &mut [&mut dyn Write], text: &impl Display) -> bool {
    places.iter_mut().any(|place| write(place, text).is_ok())
}

/// Decides which write failures count.
///
/// # Errors
/// Returns every error except a closed pipe.
pub fn tolerate(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow!("the output cannot be written: {error}. What the command changed stays changed"))
        }
        _ => Ok(()),
    }
}

/// Writes in one piece, so that a line is written whole or not at all.
fn write(place: &mut (impl Write + ?Sized), text: &impl Display) -> io::Result<()> {
    place.write_all(format!("{text}\n").as_bytes())?;
    place.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that always fails.
    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn tolerates_closed_pipes_and_reports_other_errors_in_one_line() {
        assert!(tolerate(write(&mut Failing(ErrorKind::BrokenPipe), &"x")).is_ok());
        for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::Other] {
            let error = tolerate(write(&mut Failing(kind), &"x")).unwrap_err();
            let said = format!("{error:#}");
            assert!(said.starts_with("the output cannot be written") && !said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn writes_a_line_to_the_first_working_output() {
        for kind in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
            let mut taken = Vec::new();
            assert!(to_any(&mut [&mut Failing(kind), &mut taken], &"the link"));
            assert_eq!(taken, b"the link\n");
            assert!(!to_any(&mut [&mut Failing(kind), &mut Failing(kind)], &"the link"));
        }
    }
}
