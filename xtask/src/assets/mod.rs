//! `target/site`: the files that browsers load besides pages.
//!
//! Files under `/assets/` carry a fingerprint in their name and are served as immutable; `manifest.json` maps
//! `main.css` to `main.3f2a….css`. Files with a fixed name (`favicon.ico`) are under `root/`. Beside each text file are
//! its `.br` and `.gz`. The folder is replaced as a whole, and only if one of its sources has changed.

mod css;
mod references;
mod script;
mod site;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{digest, wasm, workspace};
use site::Site;

/// The source of this program, as far as it affects the result.
const OURSELVES: &str = concat!(
    include_str!("mod.rs"),
    include_str!("css.rs"),
    include_str!("references.rs"),
    include_str!("script.rs"),
    include_str!("site.rs"),
    include_str!("../wasm.rs")
);

/// The budgets, in bytes as sent; a budget is for the sum of its files.
pub const BUDGETS: [(&str, &[&str], u64); 3] = [
    ("wasm", &["kith_bg.wasm"], 95 * 1024),
    ("CSS", &["main.css"], 12 * 1024),
    ("scripts", &["loader.js", "kith.js", "page.js"], 8 * 1024),
];

/// The sources of the site, apart from the parts of the stylesheet.
struct Sources {
    /// Our scripts by name.
    scripts: Vec<(String, PathBuf)>,
    /// Fonts and images: copied unchanged.
    files: Vec<(String, PathBuf)>,
    /// Served at `/` under their own name.
    fixed: Vec<(String, PathBuf)>,
}

/// Brings `target/site` up to date, and returns its path.
pub fn build() -> Result<PathBuf> {
    let root = workspace::root();
    let compiled = wasm::compile()?;
    let sources = Sources::find(root)?;
    let site = root.join("target/site");
    let stamp = site.with_extension("stamp");
    let inputs = fingerprint(&sources, &compiled)?;
    if site.exists() && fs::read_to_string(&stamp).is_ok_and(|made_of| made_of == inputs) {
        return Ok(site);
    }
    eprintln!("Binding, hashing and compressing the assets.");
    let half = site.with_extension("new");
    write(&sources, &compiled, &half)?;
    swap(&half, &site)?;
    fs::write(stamp, inputs)?;
    Ok(site)
}

/// Returns the file name of the asset with a logical name.
pub fn hashed_name(site: &Path, name: &str) -> Result<String> {
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(site.join("manifest.json"))?)?;
    let hashed = manifest[name].as_str().with_context(|| format!("the site has no {name}"))?;
    Ok(hashed.to_owned())
}

/// Returns the transfer size in bytes of assets by their logical names: compressed with brotli if they are served so.
pub fn transfer_sizes(site: &Path, names: &[&str]) -> Result<u64> {
    let mut sum = 0;
    for name in names {
        let hashed = hashed_name(site, name)?;
        let compressed = fs::metadata(site.join(format!("{hashed}.br")));
        sum += compressed.or_else(|_| fs::metadata(site.join(hashed)))?.len();
    }
    Ok(sum)
}

impl Sources {
    fn find(root: &Path) -> Result<Self> {
        let public = root.join("public");
        let fixed = files_under(&public.join("root"))?;
        let inside = files_under(&public)?.into_iter().filter(|path| !path.starts_with(public.join("root")));
        let (mut scripts, files): (Vec<_>, Vec<_>) = inside.partition(|path| is_script(path));
        scripts.extend(files_under(&root.join("app/js"))?.into_iter().filter(|path| is_script(path)));
        Ok(Self { scripts: named(scripts)?, files: named(files)?, fixed: named(fixed)? })
    }
}

fn write(sources: &Sources, compiled: &Path, dir: &Path) -> Result<()> {
    let scratch = dir.with_extension("bind");
    let bound = wasm::bind(compiled, &scratch)?;
    fs::remove_dir_all(scratch)?;
    let mut site = Site::begin(dir)?;
    site.add("kith.js", script::lighten(&bound.js).as_bytes())?;
    site.add("kith_bg.wasm", &bound.wasm)?;
    for (name, path) in &sources.files {
        site.add(name, &fs::read(path)?)?;
    }
    add_scripts(&mut site, &sources.scripts)?;
    let styles = css::bundle(&workspace::root().join("style/main.css"))?;
    site.add("main.css", references::rewrite(&styles, site.names())?.as_bytes())?;
    for (name, path) in &sources.fixed {
        match fs::read_to_string(path) {
            Ok(text) => site.add_fixed(name, references::rewrite(&text, site.names())?.as_bytes())?,
            Err(_) => site.add_fixed(name, &fs::read(path)?)?,
        }
    }
    site.finish()
}

/// Adds each script after those it imports, because their names become part of its text and so of its fingerprint.
fn add_scripts(site: &mut Site, scripts: &[(String, PathBuf)]) -> Result<()> {
    let mut waiting = Vec::new();
    for (name, path) in scripts {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        waiting.push((name.as_str(), text));
    }
    while !waiting.is_empty() {
        let names: Vec<&str> = waiting.iter().map(|(name, _)| *name).collect();
        let (later, ready): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, text)| {
            let mut imports = references::find(text);
            imports.any(|import| names.contains(&import))
        });
        if ready.is_empty() {
            bail!("These scripts import each other in a circle: {}", names.join(", "));
        }
        for (name, text) in ready {
            let text = references::rewrite(&script::lighten(&text), site.names())?;
            site.add(name, text.as_bytes())?;
        }
        waiting = later;
    }
    Ok(())
}

/// Returns a fingerprint that changes when any input changes, or this program.
fn fingerprint(sources: &Sources, compiled: &Path) -> Result<String> {
    let mut paths = files_under(&workspace::root().join("style"))?;
    let all = [&sources.scripts, &sources.files, &sources.fixed];
    paths.extend(all.into_iter().flatten().map(|(_, path)| path.clone()));
    paths.push(compiled.to_owned());
    let mut seen = String::new();
    for path in paths {
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        seen.push_str(&format!("{} {}\n", path.display(), digest::short(&content)));
    }
    seen.push_str(&digest::short(OURSELVES.as_bytes()));
    Ok(seen)
}

/// Puts the new folder in the place of the old one; processes that have files of the old one open keep them.
fn swap(new: &Path, place: &Path) -> Result<()> {
    let old = place.with_extension("old");
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    if place.exists() {
        fs::rename(place, &old)?;
    }
    fs::rename(new, place).context("cannot put the new assets in their place")?;
    if old.exists() {
        fs::remove_dir_all(old)?;
    }
    Ok(())
}

/// Returns every file below `dir` except hidden ones and notes, in a fixed order; none if there is no such folder.
fn files_under(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !dir.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            found.extend(files_under(&path)?);
        } else if !hidden && path.extension().is_none_or(|kind| kind != "md") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "js")
}

fn named(paths: Vec<PathBuf>) -> Result<Vec<(String, PathBuf)>> {
    let name = |path: &PathBuf| Some(path.file_name()?.to_str()?.to_owned());
    let all = paths.into_iter().map(|path| Ok((name(&path).context("a file name is not UTF-8")?, path)));
    all.collect()
}
