//! The rules, pure: no I/O, no async, no ambient clock or randomness.

pub mod activity;
pub mod address;
pub mod audit;
pub mod band;
pub mod calendar;
pub mod delivery;
pub mod diagnostic;
pub mod edition;
pub mod edits;
pub mod fingerprint;
pub mod help;
pub mod lasting;
pub mod name_query;
pub mod planning;
pub mod prose;
pub mod refusal;
pub mod rendered;
pub mod segment;
pub mod selection;
pub mod sender;
pub mod sheet;
pub mod subscriber;
pub mod subscription;
pub mod text;
pub mod token;
pub mod user;
