//! The modules of a crate, and the files that each of them imports from.
//!
//! A name that a module re-exports counts as imported from the file that defines it, so a folder's
//! `mod.rs` that declares children and re-exports them ties nothing together. Tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, UseTree, Visibility};

/// A path of names, such as `["rules", "source"]` for the module `crate::rules::source`.
type Names = Vec<String>;

/// The modules of one crate.
pub(crate) struct Crate {
    modules: BTreeMap<Names, Module>,
}

struct Module {
    /// Relative to `src`.
    file: String,
    children: BTreeSet<String>,
    /// The names that `use` brings in, each with the path that it stands for.
    uses: BTreeMap<String, Names>,
    /// Those of `uses` that are re-exports, by which nothing is used here.
    exported: BTreeSet<String>,
    /// Every path of two names or more in the code, and every single name.
    paths: BTreeSet<Names>,
    /// Every name that follows a dot in the code, of a field or a method.
    members: BTreeSet<String>,
}

impl Crate {
    /// Reads the crate whose sources are in the folder `src`.
    pub(crate) fn read(src: &Path) -> Self {
        let mut modules = BTreeMap::new();
        read_folder(src, src, &mut modules);
        assert!(modules.len() > 3, "no sources in {}", src.display());
        let names: Vec<Names> = modules.keys().cloned().collect();
        for name in names {
            let Some((last, parent)) = name.split_last() else {
                continue;
            };
            if let Some(parent) = modules.get_mut(parent) {
                let parent: &mut Module = parent;
                parent.children.insert(last.clone());
            }
        }
        Self { modules }
    }

    /// Returns each file with the files of this crate that it imports from, without itself.
    pub(crate) fn imports(&self) -> impl Iterator<Item = (&str, BTreeSet<&str>)> {
        self.modules.iter().map(|(name, module)| {
            let used = module.paths.iter().filter_map(|path| {
                let single_export = path.len() == 1 && module.exported.contains(&path[0]);
                (!single_export).then(|| self.file_of(name, path))?
            });
            let files = used.filter(|&file| file != module.file).collect();
            (module.file.as_str(), files)
        })
    }

    /// Returns the files whose code has a field or method with this name.
    pub(crate) fn files_that_call(&self, name: &str) -> impl Iterator<Item = &str> {
        let modules = self.modules.values();
        let calling = modules.filter(move |module| module.members.contains(name));
        calling.map(|module| module.file.as_str())
    }

    /// Returns the file that defines what `path` names in the code of `module`.
    fn file_of(&self, module: &[String], path: &[String]) -> Option<&str> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.resolve(Vec::new(), rest, 0),
            "self" => self.resolve(module.to_vec(), rest, 0),
            "super" => self.resolve(module[..module.len().checked_sub(1)?].to_vec(), rest, 0),
            _ => {
                let here = &self.modules[module];
                let known = here.uses.contains_key(first)
                    || (here.children.contains(first) && path.len() > 1);
                known.then(|| self.resolve(module.to_vec(), path, 0))?
            }
        }
    }

    /// Follows `path` from the module `at`. `None`: it leads out of the crate, or to a module as a
    /// whole, which is not an import of anything in it.
    fn resolve(&self, mut at: Names, path: &[String], depth: usize) -> Option<&str> {
        assert!(depth < 32, "{path:?} does not end");
        let (first, rest) = path.split_first()?;
        if first == "super" {
            at.pop()?;
            return self.resolve(at, rest, depth + 1);
        }
        let module = self.modules.get(&at)?;
        if module.children.contains(first) {
            at.push(first.clone());
            return self.resolve(at, rest, depth + 1);
        }
        let Some(used) = module.uses.get(first) else {
            return Some(&module.file);
        };
        let (start, used) = used.split_first()?;
        let start = match start.as_str() {
            "crate" => Vec::new(),
            "self" => at,
            "super" => at[..at.len().checked_sub(1)?].to_vec(),
            child if module.children.contains(child) => {
                at.push(child.to_owned());
                at
            }
            _ => return None,
        };
        let path: Names = used.iter().chain(rest).cloned().collect();
        self.resolve(start, &path, depth + 1)
    }
}

fn read_folder(src: &Path, folder: &Path, modules: &mut BTreeMap<Names, Module>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if stem == "tests" {
            continue;
        }
        if path.is_dir() {
            read_folder(src, &path, modules);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(src).unwrap().to_str().unwrap().to_owned();
            let mut name: Names = file
                .trim_end_matches(".rs")
                .split('/')
                .map(str::to_owned)
                .collect();
            if ["mod", "lib", "main"].contains(&stem.as_str()) {
                name.pop();
            }
            modules.insert(name, Module::read(&path, file));
        }
    }
}

impl Module {
    fn read(path: &Path, file: String) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut module = Self {
            file,
            children: BTreeSet::new(),
            uses: BTreeMap::new(),
            exported: BTreeSet::new(),
            paths: BTreeSet::new(),
            members: BTreeSet::new(),
        };
        for item in parsed.items {
            if is_test(&item) {
                continue;
            }
            match item {
                Item::Mod(item) if item.content.is_none() => {}
                Item::Use(item) => {
                    let exports = !matches!(item.vis, Visibility::Inherited);
                    module.read_use(&item.tree, &mut Vec::new(), exports);
                }
                item => module.read_paths(item.to_token_stream()),
            }
        }
        module
    }

    fn read_use(&mut self, tree: &UseTree, before: &mut Names, exports: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.read_use(&path.tree, before, exports);
                before.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.read_use(tree, before, exports);
                }
            }
            UseTree::Name(name) if name.ident == "self" => {
                self.add_use(before.last().cloned(), before.clone(), exports);
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.add_use(
                    Some(name.clone()),
                    [before.as_slice(), &[name]].concat(),
                    exports,
                );
            }
            UseTree::Rename(rename) => {
                let mut path = before.clone();
                if rename.ident != "self" {
                    path.push(rename.ident.to_string());
                }
                self.add_use(Some(rename.rename.to_string()), path, exports);
            }
            UseTree::Glob(_) => {
                assert!(
                    before[0] != "crate" && before[0] != "super",
                    "{}: a glob import",
                    self.file
                );
            }
        }
    }

    fn add_use(&mut self, name: Option<String>, path: Names, exports: bool) {
        let Some(name) = name else { return };
        if exports {
            self.exported.insert(name.clone());
        } else {
            self.paths.insert(vec![name.clone()]);
        }
        self.uses.insert(name, path);
    }

    /// Collects the paths and members in code, also in the arguments of macros.
    fn read_paths(&mut self, tokens: TokenStream) {
        let mut path = Names::new();
        let mut colons = 0;
        let mut is_after_dot = false;
        for token in tokens {
            let is_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
            let is_member = std::mem::replace(&mut is_after_dot, is_dot);
            match token {
                TokenTree::Ident(ident) => {
                    if is_member {
                        self.members.insert(ident.to_string());
                    }
                    if colons != 2 {
                        self.add_path(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.add_path(&mut path);
                    colons = 0;
                    self.read_paths(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.add_path(&mut path);
                    colons = 0;
                }
            }
        }
        self.add_path(&mut path);
    }

    fn add_path(&mut self, path: &mut Names) {
        if path.len() > 1 {
            self.paths.insert(std::mem::take(path));
        }
        path.clear();
    }
}

/// Returns whether an item is only compiled for tests: its first attributes say so.
fn is_test(item: &Item) -> bool {
    let mut tokens = item.to_token_stream().into_iter();
    while matches!(tokens.next(), Some(TokenTree::Punct(mark)) if mark.as_char() == '#') {
        if tokens
            .next()
            .is_some_and(|attribute| attribute.to_string() == "[cfg (test)]")
        {
            return true;
        }
    }
    false
}
