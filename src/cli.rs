//! Arguments → what to do → exit code.

mod activities;
mod args;
mod backup;
mod bounce;
mod bulletin;
mod check;
mod console;
mod context;
mod decide;
mod deliveries;
mod failure;
mod init;
mod listing;
mod log;
mod mover;
mod nodes;
mod out;
mod plan;
mod preview;
mod progress;
mod report;
mod run;
mod send;
mod shell;
mod status;
mod subscribe;
mod subscribers;
mod suppressions;
mod sync;
mod table;
mod templates;
mod terminal;
mod users;
mod watcher;

use std::process::ExitCode;

use chrono::Utc;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::app::acting::as_person;
use crate::clock::Clock;
use crate::config;
use crate::domain::user::person::Person;
use args::Global;
use context::Context;
use failure::Failure;

/// Sends families a 15-minute online-safety activity every fortnight, through the schools and organisations that subscribe.
#[derive(Debug, Parser)]
#[command(name = "fortnightly", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a working config, templates and a starter library
    Init(init::Init),
    /// Find everything that is wrong with config, library, templates, help block and the coming 26 fortnights
    Check(check::Check),
    /// Show the calendar: dates, picks, pauses, and why
    Plan(plan::Plan),
    /// Write the whole run to disk, to look at before it goes out; changes nothing
    Preview(preview::Preview),
    /// Publish and send an edition now; run again, it finishes what is left and repeats nothing
    Send(send::Send),
    /// Send a bulletin: one mail outside the calendar, once ever to a mailbox; run again, it finishes what is left
    ///
    /// Its file is activities/bulletins/NAME.md. It goes to those whom the file names, or to some of them; with --edition, to those
    /// alone whose mail of that edition was accepted, or may have been, and who haven't left since: so it corrects the edition.
    Bulletin(bulletin::Bulletin),
    /// Run the daemon: schedule, sending, web, bounces
    Run(run::Run),
    /// Serve the operators' pages alone, without the daemon
    Console(console::Console),
    /// Show editions, deliveries, what comes next and what needs a person
    Status(status::Status),
    /// Tell what a school year came to: editions, subscribers, who joined and who left
    ///
    /// On a terminal it is shown as tables. With --out it is written as a page that prints on A4, or, with --csv or a name that ends
    /// in .csv, for spreadsheets. It holds no names of subscribers, and nothing about what anyone read.
    Report(report::Report),
    /// Show which processes share the store, and what each has in hand
    Nodes(nodes::Nodes),
    /// Let an edition or a bulletin go out, as it reads now
    Approve(decide::Approve),
    /// Give a band of a planned edition another activity
    Swap(decide::Swap),
    /// Stop an edition or a bulletin, also while it is being sent
    Hold(decide::Hold),
    /// Let a held edition or bulletin go its way again
    Release(decide::Release),
    /// Cancel an edition or a bulletin that was not sent, or retire an activity
    Withdraw(decide::Withdraw),
    /// Bring the store into line with the subscribers in the config
    Sync(sync::Sync),
    /// Add a subscriber, or change the bands of one
    Subscribe(subscribe::Subscribe),
    /// End every subscription of an address; it is never mailed again
    Unsubscribe(subscribe::Unsubscribe),
    /// List, show, change, import, export or erase subscribers
    #[command(subcommand)]
    Subscribers(subscribers::Subscribers),
    /// Look into the suppression list, and change it
    #[command(subcommand)]
    Suppressions(suppressions::Suppressions),
    /// Look into deliveries that failed, and take them up again
    #[command(subcommand)]
    Deliveries(deliveries::Command),
    /// List, add, change and remove those who may use the console
    #[command(subcommand)]
    Users(users::Users),
    /// Copy the store and its keys to one file, also while mail is being sent
    Backup(backup::Backup),
    /// Put a backup in the store's place; it sends nothing until `release`
    Restore(backup::Restore),
    /// Copy the store to another place, verify the copy, and leave the old one for good
    ///
    /// Nobody can change the store meanwhile. Where it ends in the middle, the same command goes on, and nothing is ever live
    /// twice. The key file stays where it is.
    Move(mover::Move),
    /// Read bounces, complaints and unsubscribe mails from files or standard input
    ///
    /// Automatic replies change nothing. Exit 75 asks a mail server to keep the message and to try again later: when the
    /// store is busy or full, and, for a message on standard input, whenever it could not be taken in.
    Bounce(bounce::Bounce),
    /// Begin a new activity
    #[command(subcommand)]
    Activities(activities::Activities),
    /// Compare your templates with the shipped ones, and take over what is new
    #[command(subcommand)]
    Templates(templates::Templates),
    /// Write completions for a shell
    Completions(shell::Completions),
    /// Write the JSON schema of config.toml, for editors
    Schema,
    /// Write the manual: one page, or a folder with a page for each command
    Man(shell::Man),
}

/// Runs the program and returns its exit code: 0 done; 1 not done, or a check found something; 2 wrong usage or configuration.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap knows which stream each belongs to.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    out::set_color(cli.global.color);
    let daemon = matches!(cli.command, Command::Run(_) | Command::Console(_));
    out::set_quiet(cli.global.quiet);
    let log = log::start(&cli.global, daemon);
    let clock = match cli.global.now {
        None => Clock::System,
        Some(moment) if daemon => Clock::ticking_from(moment.with_timezone(&Utc)),
        Some(moment) => Clock::Fixed(moment.with_timezone(&Utc)),
    };
    let context = Context { global: cli.global, clock };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let result = match runtime {
        Ok(runtime) => {
            // What the daemon decides, nobody is at the controls for.
            let person = if daemon { None } else { config::account().map(Person::Account) };
            let result = runtime.block_on(as_person(person.as_ref(), dispatch(&context, cli.command)));
            // A write that hangs in a thread of its own must not keep a stopped program alive.
            runtime.shutdown_timeout(std::time::Duration::from_secs(1));
            result
        }
        Err(error) => Err(Failure::Other(anyhow::anyhow!("cannot start: {error}"))),
    };
    drop(log);
    match result {
        Ok(_) if out::was_lost() => ExitCode::FAILURE,
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

async fn dispatch(context: &Context, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Init(command) => command.run(context),
        Command::Check(command) => command.run(context).await,
        Command::Plan(command) => command.run(context).await,
        Command::Preview(command) => command.run(context).await,
        Command::Send(command) => Box::pin(command.run(context)).await,
        Command::Bulletin(command) => Box::pin(command.run(context)).await,
        Command::Run(command) => command.run(context).await,
        Command::Console(command) => command.run(context).await,
        Command::Status(command) => command.run(context).await,
        Command::Report(command) => command.run(context).await,
        Command::Nodes(command) => command.run(context).await,
        Command::Approve(command) => command.run(context).await,
        Command::Swap(command) => command.run(context).await,
        Command::Hold(command) => command.run(context).await,
        Command::Release(command) => command.run(context).await,
        Command::Withdraw(command) => command.run(context).await,
        Command::Sync(command) => command.run(context).await,
        Command::Subscribe(command) => command.run(context).await,
        Command::Unsubscribe(command) => command.run(context).await,
        Command::Subscribers(command) => command.run(context).await,
        Command::Suppressions(command) => command.run(context).await,
        Command::Deliveries(command) => command.run(context).await,
        Command::Users(command) => command.run(context).await,
        Command::Backup(command) => command.run(context).await,
        Command::Restore(command) => command.run(context).await,
        Command::Move(command) => command.run(context).await,
        Command::Bounce(command) => command.run(context).await,
        Command::Activities(command) => command.run(context),
        Command::Templates(command) => command.run(context),
        Command::Completions(command) => command.run(Cli::command()),
        Command::Schema => {
            out::json(&config::schema());
            Ok(ExitCode::SUCCESS)
        }
        Command::Man(command) => command.run(Cli::command(), &context.global.config),
    }
}
