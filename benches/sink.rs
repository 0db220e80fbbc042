//! A server that takes mail as RFC 5321 asks and throws it away, cheap enough not to be what limits a sender: `sink PORT`.
//!
//! Mailboxes whose names begin with `full` are refused. It says on standard output when it listens. When its standard input ends,
//! it says how many messages it took and what each cost it, and ends. All connections share one thread: a thread for each spends
//! half of its time being woken.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Larger than a digest, so that one read can take all of it.
const ROOM: usize = 256 * 1024;

/// Ticks of the kernel's clock in a second, as /proc counts them.
const TICKS: f64 = 100.0;

static TAKEN: AtomicU64 = AtomicU64::new(0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let port: Option<u16> = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let Some(port) = port else { return Err(io::Error::other("usage: sink PORT")) };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A connection that breaks is its client's matter.
            tokio::spawn(serve(stream));
        }
    });
    println!("listening");
    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
    let taken = TAKEN.load(Ordering::Relaxed);
    #[allow(clippy::cast_precision_loss)]
    let each = cpu_seconds().unwrap_or(f64::NAN) * 1e6 / taken.max(1) as f64;
    println!("the sink took {taken} messages, with {each:.1} us of CPU each");
    Ok(())
}

/// User and system time of this process so far (proc(5)).
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: f64 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Some(ticks / TICKS)
}

/// Where a session stands.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Idle,
    /// MAIL was taken.
    Mail,
    /// RCPT was taken, too.
    Recipient,
    /// The content is coming.
    Content,
    /// QUIT was said.
    Over,
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(b"220 sink.example ESMTP\r\n").await?;
    let (mut room, mut filled) = (vec![0; ROOM], 0);
    let (mut step, mut answers) = (Step::Idle, Vec::new());
    while step != Step::Over && filled < room.len() {
        match stream.read(&mut room[filled..]).await? {
            0 => break,
            read => filled += read,
        }
        let used = take(&room[..filled], &mut step, &mut answers);
        room.copy_within(used..filled, 0);
        filled -= used;
        // All answers to what came together leave together (RFC 2920 §3.2).
        if !answers.is_empty() {
            stream.write_all(&answers).await?;
            answers.clear();
        }
    }
    Ok(())
}

/// Takes commands and content from what came, and returns how much of it is done with.
fn take(octets: &[u8], step: &mut Step, answers: &mut Vec<u8>) -> usize {
    let mut at = 0;
    while *step != Step::Over {
        if *step == Step::Content {
            let Some(length) = content(&octets[at..]) else {
                // The final dot may lie across two reads.
                return octets.len().saturating_sub(4).max(at);
            };
            at += length;
            *step = Step::Idle;
            TAKEN.fetch_add(1, Ordering::Relaxed);
            answers.extend_from_slice(b"250 2.0.0 Ok\r\n");
            continue;
        }
        let Some(length) = octets[at..].iter().position(|octet| *octet == b'\n') else { return at };
        answers.extend_from_slice(answer(octets[at..=at + length].trim_ascii(), step));
        at += length + 1;
        if *step == Step::Content {
            // The line end before the content is a part of what ends it where it is empty.
            at -= 2;
        }
    }
    at
}

/// The length of the content up to its final dot, from the line end before it; none until all of it is there.
fn content(octets: &[u8]) -> Option<usize> {
    memmem::find(octets, b"\r\n.\r\n").map(|at| at + 5)
}

fn answer(command: &[u8], step: &mut Step) -> &'static [u8] {
    let verb = command.split(|octet| *octet == b' ').next().unwrap_or_default();
    match verb.to_ascii_uppercase().as_slice() {
        b"EHLO" => b"250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
        b"HELO" => b"250 sink.example\r\n",
        b"MAIL" if *step == Step::Idle => {
            *step = Step::Mail;
            b"250 2.1.0 Ok\r\n"
        }
        b"RCPT" if *step != Step::Idle && memmem::find(command, b"<full").is_some() => b"550 5.2.2 Mailbox full\r\n",
        b"RCPT" if *step != Step::Idle => {
            *step = Step::Recipient;
            b"250 2.1.5 Ok\r\n"
        }
        b"DATA" if *step == Step::Recipient => {
            *step = Step::Content;
            b"354 End data with <CR><LF>.<CR><LF>\r\n"
        }
        b"MAIL" | b"RCPT" | b"DATA" => b"503 5.5.1 Bad sequence of commands\r\n",
        b"RSET" => {
            *step = Step::Idle;
            b"250 2.0.0 Ok\r\n"
        }
        b"NOOP" => b"250 2.0.0 Ok\r\n",
        b"QUIT" => {
            *step = Step::Over;
            b"221 2.0.0 Bye\r\n"
        }
        _ => b"502 5.5.2 Command not recognised\r\n",
    }
}
