#![doc = include_str!("ARCHITECTURE.md")]

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod domain;
pub mod editorial;
pub mod http_client;
pub mod library;
pub mod mail;
pub mod messages;
pub mod oidc;
mod ordinary_file;
mod output;
pub mod pictures;
pub mod render;
pub mod store;
mod toml_form;
pub mod web;
