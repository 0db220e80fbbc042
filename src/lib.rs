#![doc = include_str!("ARCHITECTURE.md")]

pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod digest;
pub mod domain;
pub mod library;
pub mod mail;
pub mod service;
pub mod store;
pub mod web;
