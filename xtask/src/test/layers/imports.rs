//! The paths that a file uses inside its crate.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, File, ItemMod, ItemUse, Macro, Path, UseTree, parse_quote, visit::Visit};

use super::ModulePath;

/// Returns the paths that the code of `module` uses, from the root of the crate. The code of tests does not count.
pub fn of(module: &ModulePath, file: &File) -> Vec<ModulePath> {
    let mut reader = Reader { module, paths: Vec::new() };
    reader.visit_file(file);
    reader.paths
}

struct Reader<'a> {
    module: &'a ModulePath,
    paths: Vec<ModulePath>,
}

impl Reader<'_> {
    /// Adds a path as it is written, if it is inside the crate.
    fn add(&mut self, written: &[String]) {
        let above = written.iter().take_while(|name| *name == "super").count();
        let root: ModulePath = match written.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self") => self.module.clone(),
            Some("super") => self.module[..self.module.len().saturating_sub(above)].to_vec(),
            _ => return,
        };
        let rest = &written[above.max(1)..];
        self.paths.push(root.into_iter().chain(rest.iter().cloned()).collect());
    }

    fn add_tree(&mut self, prefix: &[String], tree: &UseTree) {
        let joined = |name: &dyn ToString| [prefix, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&joined(&path.ident), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(prefix, tree)),
            UseTree::Name(name) if name.ident == "self" => self.add(prefix),
            UseTree::Name(name) => self.add(&joined(&name.ident)),
            UseTree::Rename(rename) => self.add(&joined(&rename.ident)),
            UseTree::Glob(_) => self.add(prefix),
        }
    }

    /// Adds the paths in the unparsed code of a macro.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if colons == 2 => path.push(name.to_string()),
                TokenTree::Ident(name) => {
                    self.add(&path);
                    path = vec![name.to_string()];
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                _ => {}
            }
            colons = 0;
        }
        self.add(&path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_test(&item.attrs) {
            self.add_tree(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        self.add(&path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, code: &'ast Macro) {
        self.add_tokens(code.tokens.clone());
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.contains(&parse_quote!(#[cfg(test)]))
}
