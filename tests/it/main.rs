//! Behaviour, through the public API, the built binary and real sockets.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is how a test says what went wrong")]

mod backup;
mod bounce_forms;
mod bounced;
mod browser;
mod check;
mod config;
mod confirm;
mod crash;
mod daemon;
mod decisions;
mod deliveries;
mod dependencies;
mod digest;
mod disasters;
mod edits;
mod erasure;
mod faults;
mod feeds;
mod gias;
mod journey;
mod lasting_ids;
mod leaving;
mod leftovers;
mod library;
mod lint;
mod mail;
mod online;
mod privacy;
mod refusals;
mod relay_faults;
mod reload;
mod reports;
mod roster;
mod scanners;
mod schedule;
mod sender;
mod sending;
mod shell;
mod site;
mod store;
mod store_faults;
mod support;
mod tidy;
mod year;
