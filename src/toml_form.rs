//! The one reader of TOML: a description of the keys ([`table`]), values with their places ([`fields`], [`value`]), and
//! every error at once, put so that it helps someone who has never heard of TOML ([`source`], [`hints`]).
//!
//! `config` reads config.toml with it, `library` its front matter and help.toml.

pub(crate) mod document;
pub(crate) mod fields;
mod hints;
mod human_dates;
pub(crate) mod source;
pub(crate) mod table;
mod texts;
pub(crate) mod value;

pub(crate) use document::{Document, Override};
pub(crate) use fields::Fields;
pub(crate) use source::{Dialect, Place, SourceFile, shown};
pub(crate) use table::{Form, Key, Presence, Table};
pub(crate) use texts::{Text, texts};
pub(crate) use value::{Value, did_you_mean};
