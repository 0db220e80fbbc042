//! Behaviour, through the public API, the built binary and real sockets.

mod config;
mod digest;
mod journey;
mod library;
mod mail;
mod store;
mod support;
mod tidy;
mod world;
