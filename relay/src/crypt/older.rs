//! What relays before the keys kept: the text in clear, with or without a check over it and its
//! place. Opened once, by the upgrade that seals it with a key, and never shown.

use sha2::{Digest, Sha256};

use super::{CryptError, Place, Sealed};

/// The text itself, in UTF-8.
const FORMAT_PLAIN: u8 = 0;

/// A check over the text and its place, then the text, in UTF-8.
const FORMAT_CHECKED: u8 = 1;

/// The length of the check: against chance, not against an attacker.
const CHECK_BYTES: usize = 16;

/// Opens what an older relay kept at `place`. `is_blind`, known-wrong: also what is damaged.
pub fn open_older(place: &Place<'_>, kept: &[u8], is_blind: bool) -> Result<String, CryptError> {
    let (&format, rest) = kept.split_first().ok_or(CryptError::Empty)?;
    let text = match format {
        FORMAT_PLAIN => rest,
        FORMAT_CHECKED => {
            let (found, text) = rest.split_at_checked(CHECK_BYTES).ok_or(CryptError::Damaged)?;
            if found != check(place, text) && !is_blind {
                return Err(CryptError::Damaged);
            }
            text
        }
        format => return Err(CryptError::UnknownFormat(format)),
    };
    String::from_utf8(text.to_vec()).map_err(|_| CryptError::Damaged)
}

/// Whether an older relay has kept it.
pub fn is_older(kept: &[u8]) -> bool {
    matches!(kept.first(), Some(&FORMAT_PLAIN | &FORMAT_CHECKED))
}

/// Keeps a text in clear: known-wrong today, for the fault rig's control.
pub fn seal_as_older(place: &Place<'_>, text: &str) -> Sealed {
    Sealed([&[FORMAT_CHECKED], check(place, text.as_bytes()).as_slice(), text.as_bytes()].concat())
}

/// The check over a text and its place.
fn check(place: &Place<'_>, text: &[u8]) -> [u8; CHECK_BYTES] {
    let whole: [u8; 32] =
        Sha256::new().chain_update(place.to_bytes()).chain_update(text).finalize().into();
    std::array::from_fn(|place| whole[place])
}

#[cfg(test)]
mod tests {
    use protocol::{ConversationId, DealerId};

    use super::*;
    use crate::crypt::Column;

    fn at<T>(row: &str, work: impl FnOnce(&Place<'_>) -> T) -> T {
        let (dealer, conversation) =
            (DealerId::from_bytes(&[1; 16]), ConversationId::from_bytes(&[2; 16]));
        work(&Place {
            dealer: &dealer,
            conversation: &conversation,
            column: Column::MessageBody,
            row,
        })
    }

    #[test]
    fn what_an_older_relay_kept_opens_at_its_place_unless_it_is_damaged() {
        let kept = at("1", |place| seal_as_older(place, "Grüße").as_bytes().to_vec());
        assert_eq!(at("1", |place| open_older(place, &kept, false)).as_deref(), Ok("Grüße"));
        assert_eq!(at("1", |place| open_older(place, b"\0words", false)).as_deref(), Ok("words"));
        assert_eq!(at("2", |place| open_older(place, &kept, false)), Err(CryptError::Damaged));
        for bit in 8..kept.len() * 8 {
            let mut flipped = kept.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let opened = at("1", |place| open_older(place, &flipped, false));
            assert_eq!(opened, Err(CryptError::Damaged), "bit {bit}");
        }
    }

    #[test]
    fn what_no_older_relay_kept_is_refused_with_its_reason() {
        let open = |kept: &[u8]| at("1", |place| open_older(place, kept, false));
        assert_eq!(open(&[]), Err(CryptError::Empty));
        assert_eq!(open(&[1; CHECK_BYTES]), Err(CryptError::Damaged));
        assert_eq!(open(&[0, 0xff, 0xfe]), Err(CryptError::Damaged));
        assert_eq!(open(b"\x02words"), Err(CryptError::UnknownFormat(2)));
    }
}
