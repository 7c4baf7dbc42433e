//! `forecourt subject rectify`: puts right what stands in a lead (Art. 16 GDPR; A-C6.2).

use std::io::Read as _;

use anyhow::{Context, bail};
use clap::Args;
use protocol::{LeadId, failure::Problem, lead::FieldKind, limits::MAX_FIELD_CHARS};

use crate::{
    cli::{audit::note, output::Out, store::find_dealer},
    config::Config,
    store::{Correction, Rectified, Store},
};

/// Which field of which lead.
#[derive(Debug, Args)]
pub(in crate::cli) struct RectifyArgs {
    /// Whose lead it is, by the dealer's id, site key or name
    #[arg(long, value_name = "DEALER")]
    dealer: String,
    /// The lead, by its reference
    #[arg(long, value_name = "ID", value_parser = LeadId::parse)]
    lead: LeadId,
    /// The field, such as name, email or registration. What is right is read from standard input, so that it
    /// stands in no list of processes; nothing empties the field
    #[arg(long, value_name = "FIELD", value_parser = field)]
    field: FieldKind,
}

fn field(text: &str) -> Result<FieldKind, String> {
    let known = || FieldKind::ALL.map(FieldKind::name).join(", ");
    FieldKind::of(text).ok_or_else(|| format!("the fields are {}", known()))
}

pub(super) async fn run(
    config: &Config,
    store: &Store,
    args: &RectifyArgs,
    out: &Out,
) -> anyhow::Result<()> {
    let dealer = find_dealer(store, &args.dealer)?;
    let mut value = String::new();
    let most = u64::try_from(MAX_FIELD_CHARS * 4 + 2)?;
    std::io::stdin().take(most).read_to_string(&mut value).context("can't read what is right")?;
    let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
    note(store, config, "subject.rectify", Some(&dealer.id), vec![args.lead.to_string()]).await?;
    let correction =
        Correction { lead: args.lead.clone(), field: args.field, value, form: dealer.all_fields() };
    match store.dealer(&dealer.id).rectify(correction).await? {
        Rectified::Done => out.line(format!(
            "Put right. What stood there is kept beside it, and goes with the lead: tell whoever got {} from you.",
            args.lead
        )),
        Rectified::Same => out.line("That stands there already."),
        Rectified::NotThere => bail!("there is no lead {}, or no longer", args.lead),
        Rectified::TooOften => bail!("it was put right as often as may be: erase it instead"),
        Rectified::Refused(problems) => {
            let told: Vec<String> = problems
                .iter()
                .map(|problem| format!("{} {}", problem.field, told(problem.problem)))
                .collect();
            bail!("nothing was changed: {}", told.join(", "));
        }
    }
    Ok(())
}

fn told(problem: Problem) -> &'static str {
    match problem {
        Problem::Missing => "is missing",
        Problem::TooLong => "is too long",
        Problem::NotAnEmail => "is no e-mail address",
        Problem::NotAPhone => "is no telephone number",
        Problem::Invalid => "is not what its field asks for",
        Problem::Unknown => "is not asked by the dealer's form",
    }
}
