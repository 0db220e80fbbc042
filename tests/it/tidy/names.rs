//! Who uses what in `src`: every module of the library, and every name that a file takes from another one.
//!
//! Names are followed through `use`, `pub use`, globs, `self::` and `super::` to the file that defines them, so that a
//! re-export hides nothing. What is compiled for tests alone is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

use super::code::{Code, is_test};
use crate::support::root;

/// A source file, without its tests.
pub(super) struct Source {
    /// Its path below `src/`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) code: Code,
}

/// One name that one file takes from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tie {
    /// The file that says it.
    pub(super) user: String,
    /// The file that defines it, behind all re-exports.
    pub(super) home: String,
    pub(super) name: String,
    /// The files whose re-exports were followed on the way.
    pub(super) through: Vec<String>,
}

/// The library in `src`, read once.
pub(super) struct Crate {
    pub(super) files: Vec<Source>,
    modules: Vec<Module>,
    /// Paths that begin in the crate and lead nowhere: the resolver, or the code, is wrong.
    pub(super) lost: Vec<String>,
    pub(super) ties: BTreeSet<Tie>,
}

#[derive(Default)]
struct Module {
    file: usize,
    parent: usize,
    children: BTreeMap<String, usize>,
    items: BTreeSet<String>,
    imports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    /// Every path that is said in it, other than a single word.
    said: Vec<Vec<String>>,
}

/// What a path leads to.
struct Found {
    file: usize,
    name: String,
    module: Option<usize>,
    through: Vec<usize>,
}

impl Crate {
    pub(super) fn read() -> Self {
        let root = root().join("src");
        let mut read = Self { files: Vec::new(), modules: Vec::new(), lost: Vec::new(), ties: BTreeSet::new() };
        for name in ["lib.rs", "main.rs"] {
            read.file(&root, &root.join(name), &root, 0);
        }
        read.tie();
        read
    }

    /// Reads a file as a module, and those that it declares; `folder` is where they lie.
    fn file(&mut self, root: &Path, path: &Path, folder: &Path, parent: usize) -> usize {
        let text = std::fs::read_to_string(path).unwrap();
        let items = without_tests(syn::parse_file(&text).unwrap().items);
        let below = path.strip_prefix(root).unwrap().display().to_string();
        self.files.push(Source { path: below, text, code: Code::of(&items) });
        let file = self.files.len() - 1;
        self.module(root, file, items, folder, parent)
    }

    fn module(&mut self, root: &Path, file: usize, items: Vec<Item>, folder: &Path, parent: usize) -> usize {
        let me = self.modules.len();
        self.modules.push(Module { file, parent, ..Module::default() });
        for item in items {
            if let Item::Mod(inner) = item {
                let name = inner.ident.to_string();
                let folder = folder.join(&name);
                let child = match inner.content {
                    Some((_, items)) => self.module(root, file, without_tests(items), &folder, me),
                    None => self.file(root, &file_of(&folder), &folder, me),
                };
                self.modules[me].children.insert(name, child);
                continue;
            }
            self.modules[me].items.extend(names_of(&item));
            self.modules[me].visit_item(&item);
        }
        me
    }

    /// Follows every path to its end.
    fn tie(&mut self) {
        for at in 0..self.modules.len() {
            let module = &self.modules[at];
            let paths = module.imports.values().chain(&module.globs).chain(&module.said);
            for path in paths {
                let Some(found) = self.resolve(at, path, 0) else {
                    if ["crate", "self", "super"].contains(&path[0].as_str()) {
                        self.lost.push(format!("{}: {}", self.files[module.file].path, path.join("::")));
                    }
                    continue;
                };
                if found.file == module.file {
                    continue;
                }
                let name = |file: usize| self.files[file].path.clone();
                let mut through: Vec<String> = found.through.iter().map(|file| name(*file)).collect();
                through.retain(|file| *file != name(module.file) && *file != name(found.file));
                let tie = Tie { user: name(module.file), home: name(found.file), name: found.name, through };
                self.ties.insert(tie);
            }
        }
    }

    /// Where a path leads that is said in module `at`; `None` when that is another crate.
    fn resolve(&self, at: usize, path: &[String], depth: usize) -> Option<Found> {
        assert!(depth < 32, "{} turns in a circle", path.join("::"));
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" | "fortnightly" => self.below(0, rest, depth),
            "self" => self.below(at, rest, depth),
            "super" => self.below(self.modules[at].parent, rest, depth),
            _ => self.below(at, path, depth),
        }
    }

    /// Where a path leads that is read from within module `at`.
    fn below(&self, at: usize, path: &[String], depth: usize) -> Option<Found> {
        let module = &self.modules[at];
        let Some((first, rest)) = path.split_first() else {
            let name = if at == 0 { "crate".to_owned() } else { self.name(at) };
            return Some(Found { file: module.file, name, module: Some(at), through: Vec::new() });
        };
        if first == "super" {
            return self.below(module.parent, rest, depth);
        }
        if let Some(child) = module.children.get(first)
            && let Some(found) = self.below(*child, rest, depth)
        {
            return Some(found);
        }
        if module.items.contains(first) {
            return Some(Found { file: module.file, name: first.clone(), module: None, through: Vec::new() });
        }
        if let Some(import) = module.imports.get(first).filter(|import| import.as_slice() != path) {
            return self.on_from(at, import, rest, depth);
        }
        module.globs.iter().find_map(|glob| {
            let found = self.resolve(at, glob, depth + 1)?;
            // A glob of an enum: its variants belong to it.
            let inner = found.module?;
            let mut found = self.below(inner, path, depth + 1)?;
            found.through.push(module.file);
            Some(found)
        })
    }

    /// Goes on with `rest` from where an import leads.
    fn on_from(&self, at: usize, import: &[String], rest: &[String], depth: usize) -> Option<Found> {
        // `use csv::Reader` beside a `mod csv` of our own would be ambiguous, and does not compile.
        let mut found = self.resolve(at, import, depth + 1)?;
        let mut through = std::mem::take(&mut found.through);
        if let Some(inner) = found.module.filter(|_| !rest.is_empty()) {
            found = self.below(inner, rest, depth + 1)?;
            through.append(&mut found.through);
        }
        through.push(self.modules[at].file);
        found.through = through;
        Some(found)
    }

    fn name(&self, module: usize) -> String {
        let parent = &self.modules[self.modules[module].parent];
        let name = parent.children.iter().find(|(_, child)| **child == module).map(|(name, _)| name.clone());
        name.unwrap_or_default()
    }

    /// Groups of files that need each other, each with the ties inside it.
    pub(super) fn circles(&self) -> Vec<Vec<&Tie>> {
        let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for tie in &self.ties {
            next.entry(&tie.user).or_default().insert(&tie.home);
        }
        let reach = |from: &str| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
            while let Some(file) = open.pop() {
                for to in next.get(file.as_str()).into_iter().flatten() {
                    if seen.insert((*to).to_owned()) {
                        open.push((*to).to_owned());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&str, BTreeSet<String>> = next.keys().map(|file| (*file, reach(file))).collect();
        let both = |a: &str, b: &str| {
            reached.get(a).is_some_and(|set| set.contains(b)) && reached.get(b).is_some_and(|set| set.contains(a))
        };
        let mut circles: Vec<Vec<&Tie>> = Vec::new();
        for tie in self.ties.iter().filter(|tie| both(&tie.user, &tie.home)) {
            match circles.iter_mut().find(|circle| both(&circle[0].user, &tie.user)) {
                Some(circle) => circle.push(tie),
                None => circles.push(vec![tie]),
            }
        }
        circles
    }
}

/// The file of a module.
fn file_of(folder: &Path) -> PathBuf {
    folder.with_extension("rs")
}

/// The names that an item defines; those of a macro's call are its own words with a capital.
fn names_of(item: &Item) -> Vec<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Macro(item) => {
            let Some(name) = &item.ident else {
                let words = item.mac.tokens.clone().into_iter().map(|token| token.to_string());
                return words.filter(|word| word.starts_with(char::is_uppercase)).collect();
            };
            name
        }
        _ => return Vec::new(),
    };
    vec![name.to_string()]
}

fn without_tests(items: Vec<Item>) -> Vec<Item> {
    items.into_iter().filter(|item| !is_test(attributes(item))).collect()
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl Module {
    fn take_use(&mut self, tree: &UseTree, mut path: Vec<String>) {
        match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.take_use(&inner.tree, path);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.take_use(tree, path.clone())),
            UseTree::Glob(_) => self.globs.push(path),
            UseTree::Name(name) => self.import(name.ident.to_string(), name.ident.to_string(), path),
            UseTree::Rename(rename) => self.import(rename.ident.to_string(), rename.rename.to_string(), path),
        }
    }

    fn import(&mut self, name: String, alias: String, mut path: Vec<String>) {
        if name == "self" {
            let last = path.last().cloned().unwrap_or_default();
            self.imports.insert(if alias == "self" { last } else { alias }, path);
            return;
        }
        path.push(name);
        if alias == "_" {
            self.said.push(path);
        } else if let Some(other) = self.imports.insert(alias, path) {
            // The same word in two namespaces, or in two functions.
            self.said.push(other);
        }
    }

    fn say(&mut self, path: Vec<String>) {
        if path.len() > 1 {
            self.said.push(path);
        }
    }

    /// The paths in what a macro or an attribute is given.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut colons, mut alone) = (0, true);
        for token in tokens {
            match token {
                TokenTree::Ident(word) if colons == 2 && !path.is_empty() => path.push(word.to_string()),
                TokenTree::Ident(word) => {
                    self.say(std::mem::take(&mut path));
                    if alone && colons == 0 {
                        path.push(word.to_string());
                    }
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Punct(sign) => {
                    self.say(std::mem::take(&mut path));
                    (colons, alone) = (0, sign.as_char() != '.' && sign.as_char() != '$');
                    continue;
                }
                TokenTree::Group(group) => {
                    self.say(std::mem::take(&mut path));
                    self.scan(group.stream());
                }
                TokenTree::Literal(_) => self.say(std::mem::take(&mut path)),
            }
            (colons, alone) = (0, true);
        }
        self.say(path);
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.take_use(&item.tree, Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.say(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.scan(call.tokens.clone());
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.scan(list.tokens.clone());
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}
