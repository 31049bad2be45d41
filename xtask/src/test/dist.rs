//! The packaged binary, as an operator sees it: an empty folder, a database, an origin. These checks do not depend on
//! its speed, so it is built without optimisation; the bench runs on the released build.

use std::fs;

use anyhow::{Result, ensure};

use super::{Run, counts::Counts};
use crate::{
    assets, dist,
    http::Connection,
    kith::{Kith, Plan},
};

pub fn check(run: &Run) -> Result<Counts> {
    let binary = dist::build_slow()?;
    let cluster = run.cluster()?;
    cluster.create_database("dist")?;
    let dir = binary.with_file_name("empty");
    fs::create_dir_all(&dir)?;
    let plan = Plan {
        binary: &binary,
        database: cluster.url("dist"),
        dir,
        public_host: Some("kith.test"),
        seed: false,
        elsewhere: false,
        bare: true,
        trace: false,
    };
    let kith = Kith::start(&plan)?;
    let mut connection = kith.connect()?;
    status(&mut connection, "/", 200)?;
    status(&mut connection, "/dev/mail", 404)?;
    let site = assets::build()?;
    for name in ["main.css", "kith.js", "kith_bg.wasm"] {
        status(&mut connection, &format!("/assets/{}", assets::hashed_name(&site, name)?), 200)?;
    }
    drop(connection);
    let left: Vec<_> = fs::read_dir(&plan.dir)?.collect();
    ensure!(left.is_empty(), "Kith wrote into the folder it was started in.");
    let ended = kith.stop()?;
    ensure!(ended.success(), "Kith did not end in good order when asked to ({ended}).");
    println!("{} needs nothing beside it.", binary.display());
    Ok(Counts::default())
}

fn status(connection: &mut Connection, path: &str, expected: u16) -> Result<()> {
    let answer = connection.get(path, &[])?;
    ensure!(answer.status == expected, "{path} answers {} instead of {expected}", answer.status);
    Ok(())
}
