//! Behaviour, through the public API, the built binary and real sockets.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is how a test says what went wrong")]

mod backup;
mod bounce_forms;
mod bounce_maildir;
mod bounced;
mod browser;
mod bulletin_mail;
mod bulletin_pages;
mod bulletin_preview;
mod bulletins;
mod bulletins_make_way;
mod bulletins_watched;
mod card_parts;
mod check;
mod config;
mod confirm;
mod console;
mod crash;
mod daemon;
#[cfg(feature = "postgres")]
mod database_tls;
mod decisions;
mod decisions_as_seen;
mod deliveries;
mod dependencies;
mod digest;
mod disasters;
mod echoed_secrets;
mod edits;
mod erasure;
mod face;
mod faults;
mod feeds;
mod few_mails;
mod foreign_schema;
mod gias;
mod journey;
mod large_decisions;
mod large_import;
mod last_word;
mod lasting_ids;
mod leaving;
mod leftovers;
mod library;
mod lint;
mod lock_spans;
#[cfg(feature = "postgres")]
mod looks;
mod lost_decisions;
mod mail;
mod model;
#[cfg(feature = "postgres")]
mod moving;
#[cfg(feature = "postgres")]
mod nodes;
mod odd_files;
mod online;
mod opened_ahead;
mod operator_notices;
mod operators;
#[cfg(feature = "postgres")]
mod outages;
mod overwriting;
mod pages;
mod picture_faults;
mod pictures;
mod pictures_published;
mod placeholders;
mod preview_page;
mod printables;
mod printing;
mod privacy;
mod refusals;
mod relay_faults;
mod reload;
mod remote_parts;
mod reply_octets;
mod reports;
mod resends;
mod roster;
mod scanners;
mod schedule;
mod sender;
mod sending;
#[cfg(feature = "postgres")]
mod several_nodes;
mod shell;
mod sign_in;
mod silent_relay;
mod site;
mod spreadsheets;
mod store;
mod store_faults;
mod store_gone;
mod support;
mod survival;
mod template_bombs;
mod templates;
mod terminal;
mod throttling;
mod tidy;
#[cfg(feature = "postgres")]
mod unlike_nodes;
mod users;
mod waves;
mod writing;
mod year;
mod year_report;
