//! One open connection: it asks, takes the answers, and notices what was not asked for.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::time::{Instant, timeout, timeout_at};

use super::relay::Capabilities;
use super::stream::Stream;
use super::transaction::{Content, evaluate_replies};
use crate::domain::delivery::Reply;
use crate::mail::reply::presentable;

/// The greeting and the answer to EHLO, which lettre takes itself.
const GREETED: u64 = 2;

/// An open connection, past EHLO.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    stream: Stream,
    /// Replies that were taken.
    taken: u64,
    pub(super) capabilities: Capabilities,
}

impl Connection {
    /// Takes the greeting and says EHLO.
    ///
    /// # Errors
    /// What was said, or that nothing was.
    pub(super) async fn greet(stream: Stream, hello: &ClientId, limit: Duration) -> Result<Self, Reply> {
        let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(stream.clone()), hello);
        let smtp = within(limit, greeting).await?;
        let capabilities = Capabilities::read(stream.heard().iter().map(String::as_str));
        Ok(Self { smtp, stream, taken: GREETED, capabilities })
    }

    /// Says EHLO again, inside TLS, and reads what is offered.
    ///
    /// # Errors
    /// As [`Connection::greet`].
    pub(super) async fn hello(&mut self, hello: &ClientId, limit: Duration) -> Result<(), Reply> {
        let response = self.command(limit, format!("EHLO {hello}\r\n")).await?;
        self.capabilities = Capabilities::read(response.message());
        Ok(())
    }

    /// One command and its reply. An answer of 4xx or 5xx is an error, as is none.
    pub(super) async fn command(&mut self, limit: Duration, command: impl Display) -> Result<Response, Reply> {
        self.undisturbed()?;
        let answer = within(limit, self.smtp.command(command)).await;
        self.taken += u64::from(answer.as_ref().map_or_else(|reply| reply.code.is_some(), |_| true));
        answer
    }

    /// One command and its reply, whatever it is. Without a code the caller must let the connection go.
    pub(super) async fn ask(&mut self, limit: Duration, command: impl Display) -> Reply {
        answer(self.command(limit, command).await)
    }

    /// The commands of a transaction's opening, and the answers: all at once where that is offered (RFC 2920), else one
    /// by one up to the first that refuses. The limit is for all of them.
    pub(super) async fn ask_all(&mut self, limit: Duration, commands: &[String]) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(commands.len());
        let deadline = Instant::now() + limit;
        if !self.capabilities.pipelining {
            for command in commands {
                replies.push(self.ask(deadline - Instant::now(), command).await);
                if evaluate_replies(&replies).is_err() {
                    break;
                }
            }
            return replies;
        }
        replies.push(self.ask(limit, commands.concat()).await);
        while replies.len() < commands.len()
            && replies.last().is_some_and(|last| !matches!(last.code, None | Some(421)))
        {
            let reply = match timeout_at(deadline, self.smtp.read_response()).await {
                Ok(response) => answer(response.map_err(|error| failure(&error))),
                Err(_) => Reply { code: None, text: no_answer(limit) },
            };
            self.taken += u64::from(reply.code.is_some());
            replies.push(reply);
        }
        replies
    }

    /// The content with its final dot, and the reply. The second value says that the dot cannot have been sent.
    pub(super) async fn say(&mut self, limit: Duration, message: &str) -> (Reply, bool) {
        // What is there before the dot is not the answer to it.
        if self.is_stale().await {
            return (early(), true);
        }
        let reply = self.ask(limit, Content(message)).await;
        let unsent = reply.code.is_none() && self.stream.write_failed();
        (reply, unsent)
    }

    /// Whether the relay hung up, or said something that nobody asked for.
    pub(super) async fn is_stale(&self) -> bool {
        self.undisturbed().is_err() || self.stream.is_disturbed().await
    }

    /// Notices answers that came before their question: whoever takes one for the answer to the next is lost.
    fn undisturbed(&self) -> Result<(), Reply> {
        if self.stream.is_even(self.taken) { Ok(()) } else { Err(early()) }
    }

    /// Ends a transaction before its content. False when the connection can no longer be used.
    pub(super) async fn reset(&mut self, limit: Duration) -> bool {
        self.ask(limit, "RSET\r\n").await.code.is_some_and(|code| code / 100 == 2)
    }

    /// Says goodbye.
    pub(super) async fn quit(mut self, limit: Duration) {
        self.ask(limit, "QUIT\r\n").await;
    }

    /// The stream below.
    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }
}

fn early() -> Reply {
    Reply { code: None, text: "the relay said something before it was asked, or hung up".to_owned() }
}

/// Runs one phase. An error reply, a broken connection and silence all come back as a [`Reply`].
pub(super) async fn within<T>(limit: Duration, phase: impl Future<Output = Result<T, Error>>) -> Result<T, Reply> {
    match timeout(limit, phase).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(failure(&error)),
        Err(_) => Err(Reply { code: None, text: no_answer(limit) }),
    }
}

fn answer(result: Result<Response, Reply>) -> Reply {
    result.map_or_else(
        |reply| reply,
        |response| Reply {
            code: Some(response.code().into()),
            text: presentable(&response.message().collect::<Vec<_>>().join(" ")),
        },
    )
}

fn failure(error: &Error) -> Reply {
    let code = error.status().map(u16::from);
    let source = std::error::Error::source(error).map(ToString::to_string);
    let text = match (code, source) {
        (Some(_), Some(said)) => said,
        (Some(_), None) => String::new(),
        (None, _) => error.to_string(),
    };
    Reply { code, text: presentable(&text) }
}

/// What stands for a reply that never came.
pub(super) fn no_answer(limit: Duration) -> String {
    format!("no answer within {limit:?}")
}
