//! Pictures in a bucket: through S3, to a server written by others that misbehaves on request (see
//! `end2end/s3/server.mjs`).

mod faults;
mod moving;

use std::{
    fs,
    io::{BufRead, BufReader, Lines, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, UNIX_EPOCH},
};

use http::StatusCode;
use sqlx::PgPool;
use stand_in_github::Picture;

use crate::tests::{
    Site,
    identity::avatars::{bytes, export},
    support::trace,
};

const SECRET: &str = "not-a-secret-but-long-enough-to-be-looked-for";
const SEND: &str = "/settings/profile/picture";

/// A bucket called `kith`; stops when dropped.
pub struct Bucket {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    folder: PathBuf,
    url: String,
}

impl Bucket {
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("kith-bucket-{}", server::base::random::request_id()));
        let mut command = Command::new("node");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("end2end/s3/server.mjs"));
        command.arg(&folder).args(["kith-key", SECRET]).env("NODE_NO_WARNINGS", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node starts");
        trace::note("token", SECRET);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next().expect("s3rver is missing: run `cargo xtask test`, which sees to it").unwrap();
        Self { child, lines, folder, url }
    }

    /// Makes it behave in this way from now on.
    pub fn behave(&mut self, mode: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{mode}").unwrap();
        assert_eq!(self.lines.next().unwrap().unwrap(), mode);
    }

    /// An instance of the server that stores its pictures `into` the bucket or the database, and knows the bucket.
    pub fn site(&self, pool: &PgPool, into: &str) -> Site {
        Site::with(
            pool,
            &[
                ("KITH_PICTURES", into),
                ("KITH_BUCKET", "s3://kith/faces"),
                ("KITH_BUCKET_ENDPOINT", &self.url),
                ("KITH_BUCKET_KEY_ID", "kith-key"),
                ("KITH_BUCKET_SECRET", SECRET),
            ],
        )
    }

    /// Returns the files in it, in order.
    pub fn files(&self) -> Vec<PathBuf> {
        let Ok(list) = fs::read_dir(self.folder.join("kith/faces")) else { return Vec::new() };
        let mut files: Vec<_> = list.map(|entry| entry.unwrap().path()).filter(|path| is_object(path)).collect();
        files.sort();
        files
    }

    /// Makes every file in it look old.
    pub fn grow_old(&self) {
        for file in self.files() {
            let old = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
            fs::File::options().write(true).open(file).unwrap().set_modified(old).unwrap();
        }
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn is_object(path: &Path) -> bool {
    path.to_string_lossy().ends_with("._S3rver_object")
}

/// Runs the due jobs.
async fn work(site: &Site) {
    while server::worker::run_due(&site.server).await.unwrap() > 0 {}
}

/// Runs the jobs that wait for their time, too.
async fn work_later(site: &Site) {
    site.sql("update jobs set run_at = now() where dead_at is null").await;
    work(site).await;
}

#[sqlx::test]
async fn stores_avatars_in_the_bucket_and_serves_them_itself(pool: PgPool) {
    let bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "bucket");
    let mut alan = site.signed_in("alan").await;
    let sent = alan.send_file(SEND, "picture", &Picture::Usual.bytes(1)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(site.count("select count(*) from avatar_images where small is null and large is null").await, 1);
    assert_eq!(bucket.files().len(), 2, "both sizes");
    let id = site.picture_of("alan").await.unwrap();
    for size in [96, 400] {
        let answer = site.browser().get(&format!("/avatars/{id}.{size}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("content-security-policy").contains("; sandbox;"));
        let (_, served) = bytes(&site, &format!("/avatars/{id}.{size}")).await;
        assert!(bucket.files().iter().any(|file| fs::read(file).unwrap() == served), "{size}");
    }
    // The removal that was queued in case of a failure finds that a user has the picture.
    work_later(&site).await;
    assert_eq!((bucket.files().len(), site.count("select count(*) from jobs").await), (2, 0));
}

#[sqlx::test]
async fn deletes_an_avatar_from_the_bucket_after_its_last_use(pool: PgPool) {
    let bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "bucket");
    site.picture("grace", 1).await;
    let (mut alan, mut edsger) = (site.signed_in("alan").await, site.signed_in("edsger").await);
    for _ in 0..2 {
        alan.send_file(SEND, "picture", &Picture::Usual.bytes(1)).await;
    }
    edsger.send_file(SEND, "picture", &Picture::Usual.bytes(2)).await;
    work_later(&site).await;
    assert_eq!(bucket.files().len(), 4, "the same picture is kept once, however often it is sent");
    alan.post("/settings/profile/picture/remove", &[]).await;
    work(&site).await;
    assert_eq!(bucket.files().len(), 4, "grace has it still");
    edsger.post("/settings/account/delete", &[("username_again", "edsger")]).await;
    work(&site).await;
    assert_eq!(bucket.files().len(), 2);
    site.sql("update users set avatar = null; update avatar_images set made_at = now() - interval '61 minutes'").await;
    server::worker::sweep::everything(&site.server).await.unwrap();
    work(&site).await;
    assert_eq!((bucket.files().len(), site.pictures().await), (0, 0));
}

#[sqlx::test]
async fn the_export_contains_the_avatar_or_a_note_about_it(pool: PgPool) {
    let mut bucket = Bucket::start();
    drop(Site::with_cast(&pool).await);
    let site = bucket.site(&pool, "bucket");
    let id = site.picture("alan", 1).await;
    let large = bytes(&site, &format!("/avatars/{id}.400")).await.1;
    let alan = site.signed_in("alan").await;
    let files = export(&site, &alan).await;
    assert!(files.iter().any(|(name, bytes)| name.starts_with("picture.") && *bytes == large));
    bucket.behave("down");
    let files = export(&site, &alan).await;
    let word = files.iter().find(|(name, _)| name == "picture-is-missing.txt").expect("word of it");
    assert!(String::from_utf8_lossy(&word.1).contains("a little later"));
    assert!(files.iter().any(|(name, _)| name == "posts.json"), "everything else is there");
}
