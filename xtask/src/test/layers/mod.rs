//! The order of the modules: a group of modules uses only the groups it may, and no modules import each other in a
//! circle. Tests are exempt.

mod imports;
mod rules;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};
use petgraph::{algo::tarjan_scc, graphmap::DiGraphMap};

use self::rules::{CRATES, Rules};
use super::{Run, counts::Counts, prose::rust_files};
use crate::workspace;

/// A path inside a crate: of a module, or of an item in one.
type ModulePath = Vec<String>;
/// The modules of a crate, each with the paths it imports.
type Imports = BTreeMap<ModulePath, Vec<ModulePath>>;

/// Fails for an import that a group may not make, and for a circle of imports.
pub fn check(_: &Run) -> Result<Counts> {
    let mut wrong = Vec::new();
    for rules in &CRATES {
        let imports = read(&workspace::root().join(rules.source))?;
        println!("{}: {} modules", rules.source, imports.len());
        wrong.extend(forbidden(rules, &imports));
        wrong.extend(circles(rules, &imports));
    }
    wrong.iter().for_each(|line| println!("{line}"));
    ensure!(wrong.is_empty(), "A module uses one that it may not know (xtask/src/test/layers/rules.rs).");
    Ok(Counts::default())
}

/// Reads every module of a crate, except tests.
fn read(source: &Path) -> Result<Imports> {
    let mut modules = Imports::new();
    for file in rust_files(source)? {
        let module = module_of(file.strip_prefix(source)?);
        if module.iter().any(|name| name == "tests") {
            continue;
        }
        let text = fs::read_to_string(&file)?;
        let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        let imports = imports::of(&module, &parsed);
        modules.insert(module, imports);
    }
    Ok(modules)
}

/// Returns the module of a file, by its path below the root of the crate.
fn module_of(file: &Path) -> ModulePath {
    let file = file.with_extension("");
    let names = file.iter().map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| !matches!(name.as_str(), "mod" | "lib" | "main")).collect()
}

/// Returns the imports from a group that the importing group may not use.
fn forbidden(rules: &Rules, imports: &Imports) -> Vec<String> {
    let mut wrong = BTreeSet::new();
    for (module, used) in imports {
        let Some(group) = module.first().filter(|group| !rules.is_composition(group)) else { continue };
        let Some(allowed) = rules.allowed(group) else {
            wrong.insert(format!("{}/{group} belongs to no group", rules.source));
            continue;
        };
        for used in used.iter().filter_map(|path| path.first()).map(|first| rules.module(first)) {
            let is_known = rules.allowed(used).is_some() || rules.is_composition(used);
            if used != group && is_known && !allowed.contains(&used) {
                wrong.insert(format!("{}: {} uses {used}", rules.source, module.join("::")));
            }
        }
    }
    wrong.into_iter().collect()
}

/// Returns the circles of imports between modules. A module may use those inside it, and they may use it.
fn circles(rules: &Rules, imports: &Imports) -> Vec<String> {
    let names: BTreeMap<&ModulePath, String> = imports.keys().map(|module| (module, module.join("::"))).collect();
    let mut graph: DiGraphMap<&str, ()> = DiGraphMap::new();
    for (module, used) in imports {
        for path in used {
            // The longest beginning that is a module: the rest names an item in it.
            let target = (1..=path.len()).rev().find_map(|length| names.get_key_value(&path[..length].to_vec()));
            let Some((target, name)) = target else { continue };
            let is_related = module.starts_with(target) || target.starts_with(module);
            let is_composition = |path: &ModulePath| path.first().is_none_or(|first| rules.is_composition(first));
            if !is_related && !is_composition(module) && !is_composition(target) {
                graph.add_edge(&names[module], name, ());
            }
        }
    }
    let circles = tarjan_scc(&graph).into_iter().filter(|modules| modules.len() > 1);
    circles.map(|modules| format!("{}: a circle of imports: {}", rules.source, modules.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        source: "x",
        groups: &[("low", &[]), ("high", &["low"])],
        composition: &["parts"],
        exports: &[("Parts", "parts")],
    };

    fn imports(modules: &[(&str, &str)]) -> Imports {
        let path = |text: &str| -> ModulePath { text.split("::").map(str::to_owned).collect() };
        let read =
            |(module, code): &(&str, &str)| (path(module), imports::of(&path(module), &syn::parse_file(code).unwrap()));
        modules.iter().map(read).collect()
    }

    #[test]
    fn upward_imports_are_refused() {
        let upward = imports(&[("low::a", "use crate::{Error, high::b::X};"), ("high::b", "use crate::low::a;")]);
        assert_eq!(forbidden(&RULES, &upward), ["x: low::a uses high"]);
        let in_a_macro = imports(&[("low", "fn f() { format!(\"{}\", crate::high::X) }")]);
        assert_eq!(forbidden(&RULES, &in_a_macro), ["x: low uses high"]);
        let in_a_test = imports(&[("low", "#[cfg(test)] mod tests { use crate::high; }")]);
        assert!(forbidden(&RULES, &in_a_test).is_empty());
        assert_eq!(forbidden(&RULES, &imports(&[("low", "use crate::Parts;")])), ["x: low uses parts"]);
        assert_eq!(forbidden(&RULES, &imports(&[("new", "")])), ["x/new belongs to no group"]);
    }

    #[test]
    fn finds_circles_but_allows_imports_between_parent_and_child() {
        let circle = imports(&[
            ("high::a", "use super::b::X;"),
            ("high::b", "fn f() { crate::high::c::g() }"),
            ("high::c", "use super::{a::{self, Y}};"),
        ]);
        assert_eq!(circles(&RULES, &circle).len(), 1);
        let inside = imports(&[("high", "mod a; pub use a::X;"), ("high::a", "use super::Y;")]);
        assert!(circles(&RULES, &inside).is_empty());
        let composed = imports(&[("high::a", "use crate::parts::X;"), ("parts", "use crate::high::a;")]);
        assert!(circles(&RULES, &composed).is_empty());
    }
}
