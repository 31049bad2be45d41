//! Rows for Postgres, in the binary format of `copy`: no quoting, and nothing for the server to parse.

use std::collections::BTreeSet;

use sqlx::{PgConnection, postgres::PgCopyIn};

/// From the epoch of Unix to that of Postgres, in microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// The number of bytes after which rows are sent.
const CHUNK: usize = 256 * 1024;

/// Rows being copied into one table, in the binary format of `copy`.
pub(super) struct Sheet<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
    bytes: Vec<u8>,
}

impl<'c> Sheet<'c> {
    pub(super) async fn open(db: &'c mut PgConnection, statement: &str) -> sqlx::Result<Self> {
        let mut bytes = Vec::with_capacity(CHUNK + 8 * 1024);
        bytes.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
        Ok(Self { copy: db.copy_in_raw(statement).await?, bytes })
    }

    pub(super) fn row(&mut self, fields: i16) -> &mut Self {
        self.bytes.extend_from_slice(&fields.to_be_bytes());
        self
    }

    fn field(&mut self, value: &[u8]) -> &mut Self {
        // No value here is near the limit of 2 GB.
        self.bytes.extend_from_slice(&(value.len() as i32).to_be_bytes());
        self.bytes.extend_from_slice(value);
        self
    }

    pub(super) fn null(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
        self
    }

    pub(super) fn int(&mut self, value: i64) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    pub(super) fn small(&mut self, value: i16) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.field(value.as_bytes())
    }

    /// Writes a `tsvector` without positions.
    pub(super) fn lexemes(&mut self, lexemes: &BTreeSet<String>) -> &mut Self {
        let mut value = (lexemes.len() as i32).to_be_bytes().to_vec();
        for lexeme in lexemes {
            value.extend_from_slice(lexeme.as_bytes());
            // The end of the text, and no positions.
            value.extend_from_slice(&[0, 0, 0]);
        }
        self.field(&value)
    }

    /// Writes a time, given in microseconds since 1970.
    pub(super) fn at(&mut self, moment: i64) -> &mut Self {
        self.int(moment - EPOCH)
    }

    pub(super) async fn send_full(&mut self) -> sqlx::Result<()> {
        if self.bytes.len() < CHUNK {
            return Ok(());
        }
        self.copy.send(self.bytes.as_slice()).await?;
        self.bytes.clear();
        Ok(())
    }

    pub(super) async fn finish(mut self) -> sqlx::Result<()> {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        self.copy.send(self.bytes.as_slice()).await?;
        self.copy.finish().await.map(drop)
    }
}
