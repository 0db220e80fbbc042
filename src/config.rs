//! config.toml and the environment → a checked [`Config`].

mod bank_holidays;
mod duration;
mod environment;
mod files;
mod key_table;
mod load;
mod mail;
mod network;
mod schedule;
mod schema;
mod service;
mod settings;
mod subscribers;

pub use bank_holidays::known_until as bank_holidays_known_until;
pub use load::{load, load_with};
pub use schema::schema;
pub use settings::{
    CONSOLE, Config, DkimKey, Mail, Nation, OnUncertain, Pace, Relay, Retention, Service, StoreUrl, Tls, TransportUrl,
    Web,
};
