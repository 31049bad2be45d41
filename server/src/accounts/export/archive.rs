//! A ZIP that is sent in pieces while it is written.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Bytes;
use tokio::sync::mpsc;
use zip::{
    CompressionMethod, ZipWriter,
    result::ZipError,
    write::{SimpleFileOptions, StreamWriter},
};

use crate::base::error::{Error, Result};

/// A piece is sent once it has this many bytes.
const PIECE_BYTES: usize = 64 * 1_024;
/// After compressing this many bytes, the task yields to other tasks.
const TURN_BYTES: usize = 64 * 1_024;

/// The archive. It keeps only the current piece and the list of its files in memory.
pub(super) struct Archive {
    zip: ZipWriter<StreamWriter<Buffer>>,
    buffer: Buffer,
    sender: mpsc::Sender<Result<Bytes>>,
    /// Bytes compressed since the last yield.
    compressed: usize,
}

impl Archive {
    pub(super) fn new(sender: mpsc::Sender<Result<Bytes>>) -> Self {
        let buffer = Buffer::default();
        Self { zip: ZipWriter::new_stream(buffer.clone()), buffer, sender, compressed: 0 }
    }

    /// Starts the next file.
    pub(super) fn start(&mut self, name: &str) -> Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options).map_err(broken)
    }

    /// Writes a part of the current file.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        for part in bytes.chunks(TURN_BYTES) {
            self.zip.write_all(part).map_err(|error| broken(error.into()))?;
            self.compressed += part.len();
            if self.compressed >= TURN_BYTES {
                self.compressed = 0;
                tokio::task::yield_now().await;
            }
            self.send_at_least(PIECE_BYTES).await?;
        }
        Ok(())
    }

    /// Writes a whole file.
    pub(super) async fn file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.start(name)?;
        self.write(bytes).await
    }

    /// Writes the end of the archive and sends the rest.
    pub(super) async fn finish(&mut self) -> Result<()> {
        let zip = mem::replace(&mut self.zip, ZipWriter::new_stream(Buffer::default()));
        zip.finish().map_err(broken)?;
        self.send_at_least(1).await
    }

    /// Sends what is in the buffer if it has at least `min_bytes` bytes. Waits while the client reads slowly.
    async fn send_at_least(&mut self, min_bytes: usize) -> Result<()> {
        let Some(piece) = self.buffer.take_at_least(min_bytes) else { return Ok(()) };
        self.sender.send(Ok(piece.into())).await.map_err(|error| Error::Unavailable(Box::new(error)))
    }
}

/// The part of the archive that is not sent yet. The ZIP writer keeps one handle, the archive the other.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take_at_least(&self, min_bytes: usize) -> Option<Vec<u8>> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (bytes.len() >= min_bytes).then(|| mem::take(&mut *bytes))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn broken(error: ZipError) -> Error {
    Error::internal(error)
}
