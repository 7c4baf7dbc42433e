//! The closed lists of the register. There is no free text in it, so nothing of a person can stand
//! there by accident.

use crate::domain::closed::words;

words! {
    /// What is asked for.
    Kind {
        /// To see the data: Art. 15.
        Access = "access",
        /// To have them corrected: Art. 16.
        Rectification = "rectification",
        /// To have them deleted: Art. 17.
        Erasure = "erasure",
        /// To have them locked: Art. 18.
        Restriction = "restriction",
        /// To take them along: Art. 20.
        Portability = "portability",
        /// To have a use of them end: Art. 21.
        Objection = "objection",
        /// To take a consent back: Art. 7(3).
        Withdrawal = "withdrawal",
        /// To complain about how they were handled: in the UK s.164A of the Data Protection Act 2018.
        Complaint = "complaint",
    }

    /// Whose law it falls under.
    Jurisdiction {
        /// The United Kingdom.
        Uk = "uk",
        /// The European Union and the rest of the EEA.
        Eu = "eu",
    }

    /// How it came.
    Channel {
        /// By e-mail.
        Mail = "mail",
        /// By a form.
        Form = "form",
        /// By telephone.
        Phone = "phone",
        /// By post.
        Letter = "letter",
        /// In the chat.
        Chat = "chat",
        /// In another way.
        Other = "other",
    }

    /// How the person showed that the data are theirs (A-T9e).
    Proof {
        /// By the chat's own token, in the open chat.
        Token = "token",
        /// By a link that was sent to the address in the lead.
        MailLink = "mail-link",
        /// By an address or a number that the dealer knew already.
        KnownContact = "known-contact",
        /// In another way.
        Other = "other",
        /// Not, or not yet.
        None = "none",
    }

    /// What was done about it.
    Action {
        /// The dealer, who is responsible, was told (B-33).
        Forwarded = "forwarded",
        /// The person was told that it has arrived.
        Acknowledged = "acknowledged",
        /// The person was asked for a proof that the data are theirs.
        IdentityAsked = "identity-asked",
        /// The clock was stopped, for a reason; under UK law only.
        Paused = "paused",
        /// The clock goes on.
        Resumed = "resumed",
        /// The time was made longer by two months, for a reason, and the person told so.
        Extended = "extended",
        /// Somebody who has the data was told (Art. 19).
        RecipientTold = "recipient-told",
        /// The person was answered.
        Answered = "answered",
    }

    /// Why the clock was stopped or the time made longer.
    Reason {
        /// It is not known yet who asks: UK GDPR Art. 12A(2), 12(6).
        Identity = "identity",
        /// A fee that may be asked for was not paid yet: UK GDPR Art. 12A(2), 12(5).
        Fee = "fee",
        /// It is not known yet which data are meant: UK GDPR Art. 12A(5); of access only.
        Clarification = "clarification",
        /// It is complex: Art. 12(3).
        Complex = "complex",
        /// The person has asked for many things: Art. 12(3).
        Many = "many",
    }

    /// How it ended.
    Outcome {
        /// All that was asked for was done.
        Granted = "granted",
        /// A part of it was done.
        Partly = "partly",
        /// Nothing of it was done.
        Refused = "refused",
    }

    /// Why it was not done as a whole (B-35).
    Ground {
        /// Nothing is kept of this person.
        NothingKept = "nothing-kept",
        /// It can't be known which data are this person's.
        NotIdentified = "not-identified",
        /// It is manifestly unfounded.
        Unfounded = "unfounded",
        /// It is excessive, above all as one of many.
        Excessive = "excessive",
        /// It would take from the rights of others.
        RightsOfOthers = "rights-of-others",
        /// The law commands to keep them.
        LegalObligation = "legal-obligation",
        /// They are needed for legal claims.
        LegalClaims = "legal-claims",
        /// They are needed for the freedom of expression.
        Expression = "expression",
        /// There are compelling grounds that outweigh the objection.
        Compelling = "compelling",
        /// The right does not reach these data.
        NotCovered = "not-covered",
        /// They are right as they are.
        Accurate = "accurate",
        /// A law of the country makes an exception.
        Exemption = "exemption",
        /// The complaint was looked into and nothing was found.
        NotUpheld = "not-upheld",
    }
}

impl Kind {
    /// The article that gives the right.
    pub fn article(self) -> &'static str {
        match self {
            Self::Access => "Art. 15",
            Self::Rectification => "Art. 16",
            Self::Erasure => "Art. 17",
            Self::Restriction => "Art. 18",
            Self::Portability => "Art. 20",
            Self::Objection => "Art. 21",
            Self::Withdrawal => "Art. 7(3)",
            Self::Complaint => "UK DPA 2018 s.164A",
        }
    }
}

impl Jurisdiction {
    /// The law of a dealer in this country (ISO 3166-1 alpha-2), where there is one of the two.
    pub fn of_country(country: &str) -> Option<Self> {
        match country {
            "GB" => Some(Self::Uk),
            country if EEA.contains(&country) => Some(Self::Eu),
            _ => None,
        }
    }
}

impl Ground {
    /// On which law it rests.
    pub fn law(self) -> &'static str {
        match self {
            Self::NothingKept => "Art. 15(1)",
            Self::NotIdentified => "Art. 11(2), 12(2)",
            Self::Unfounded | Self::Excessive => "Art. 12(5)(b)",
            Self::RightsOfOthers => "Art. 15(4), 20(4)",
            Self::LegalObligation => "Art. 17(3)(b)",
            Self::LegalClaims => "Art. 17(3)(e), 21(1)",
            Self::Expression => "Art. 17(3)(a)",
            Self::Compelling => "Art. 21(1)",
            Self::NotCovered => "Art. 17(1), 18(1), 20(1)",
            Self::Accurate => "Art. 16",
            Self::Exemption => "Art. 23; in the UK DPA 2018 Sch. 2 to 4",
            Self::NotUpheld => "UK DPA 2018 s.164A; Art. 77",
        }
    }

    /// Whether what was asked for can be refused so.
    pub fn fits(self, kind: Kind) -> bool {
        match self {
            Self::NothingKept | Self::NotIdentified | Self::Unfounded | Self::Excessive => {
                // A consent may always be taken back, and a complaint is always looked into.
                !matches!(kind, Kind::Withdrawal | Kind::Complaint)
            }
            Self::RightsOfOthers => matches!(kind, Kind::Access | Kind::Portability),
            Self::LegalObligation | Self::Expression => kind == Kind::Erasure,
            Self::LegalClaims => matches!(kind, Kind::Erasure | Kind::Objection),
            Self::Compelling => kind == Kind::Objection,
            Self::NotCovered => {
                matches!(kind, Kind::Erasure | Kind::Restriction | Kind::Portability)
            }
            Self::Accurate => kind == Kind::Rectification,
            Self::Exemption => kind != Kind::Withdrawal && kind != Kind::Complaint,
            Self::NotUpheld => kind == Kind::Complaint,
        }
    }
}

/// The states of the European Economic Area.
pub const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];
