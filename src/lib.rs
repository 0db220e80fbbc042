//! Fortnightly sends families a 15-minute online-safety activity every fortnight.

pub mod clock;
pub mod config;
pub mod digest;
pub mod domain;
pub mod library;
pub mod mail;
pub mod service;
pub mod store;
pub mod web;
