//! `check`: everything that is wrong, before anything is sent.

use std::process::ExitCode;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::checker::Checker;
use crate::app::deliverability::Deliverability;
use crate::app::{AppError, bootstrap};
use crate::domain::diagnostic::Diagnostic;
use crate::messages;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Also ask the network: whether the relay takes us, whether the SPF, DKIM and DMARC records are in DNS, and whether the
    /// provider of the organisation's accounts answers
    #[arg(long)]
    online: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let (mut findings, later) = findings(context, self.online).await?;
        findings.sort_by(|a, b| (a.level, &a.file, a.line, a.column).cmp(&(b.level, &b.file, b.line, b.column)));
        let errors = findings.iter().filter(|f| f.is_error()).count() as u64;
        let warnings = findings.len() as u64 - errors;
        if self.json {
            out::json(&findings);
        } else {
            for finding in &findings {
                out::line(&out::painted(finding));
            }
            let counted =
                format!("{}, {}", out::count(errors, "error", "errors"), out::count(warnings, "warning", "warnings"));
            if let Some(later) = later {
                out::note(&format!("Not looked at yet, until these are mended: {later}."));
            }
            out::line(&if findings.is_empty() { "Everything is in order.".to_owned() } else { counted });
        }
        Ok(if errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// What was found, and what could not be looked at because of it.
async fn findings(context: &Context, online: bool) -> Result<(Vec<Diagnostic>, Option<&'static str>), Failure> {
    let config = match crate::config::load(&context.global.config) {
        Ok(config) => config,
        Err(findings) => return Ok((findings, Some("the library, the templates and the coming fortnights"))),
    };
    if online {
        context.refuse_pretended_time(&config)?;
    }
    let mut found = config.warnings.clone();
    let content = match bootstrap::content(&config) {
        Ok(content) => content,
        Err(findings) => {
            found.extend(findings);
            return Ok((found, Some("how the texts read, and the coming fortnights")));
        }
    };
    found.extend(content.warnings.clone());
    match bootstrap::open_copy(config, context.clock).await {
        Ok(app) => {
            found.extend(Checker::new(&app, &content).check().await?);
            if online {
                let deliverability = Deliverability::new(&app);
                // On a shared store others wait for what the look has changed, and who is asked may take their time.
                drop(app);
                let online = deliverability.look().await?;
                online.facts.iter().for_each(|fact| out::note(&messages::deliverability::fact(fact)));
                found.extend(online.findings);
            }
        }
        Err(AppError::Findings(findings)) => found.extend(findings),
        Err(error) => found.push(Diagnostic::error("store", messages::errors::error(&error))),
    }
    Ok((found, None))
}
