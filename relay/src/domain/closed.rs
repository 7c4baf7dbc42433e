//! Closed lists: enumerations of which each member has one word, in files, in the database and on the
//! command line.

/// Declares closed lists with the word of each member.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $member:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$about])* #[serde(rename = $word)] $member,)+
        }

        impl $name {
            /// All of them, in the order in which they are listed.
            pub const ALL: &[Self] = &[$(Self::$member),+];

            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$member => $word,)+
                }
            }

            /// Reads the word, or tells which there are.
            pub fn parse(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|one| one.word() == text);
                found.ok_or_else(|| {
                    let all: Vec<_> = Self::ALL.iter().map(|one| one.word()).collect();
                    format!("choose from {}", all.join(", "))
                })
            }
        }
    )+};
}

pub(in crate::domain) use words;
