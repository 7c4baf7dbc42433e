//! The words by which telephone numbers are known.

use crate::redact::scan::Phrases;

/// Words before a number.
pub(super) const NAMES: Phrases = Phrases::new(&[
    "tel",
    "telephone",
    "phone",
    "mobile",
    "mob",
    "cell",
    "cellphone",
    "landline",
    "whatsapp",
    "my number",
    "contact number",
    "phone number",
    "mobile number",
    "call me",
    "ring me",
    "text me",
    "call on",
    "ring on",
    "reach me",
    "contact me",
    "call",
    "ring",
    "handy",
    "telefon",
    "telefonnummer",
    "handynummer",
    "mobilnummer",
    "rufnummer",
    "meine nummer",
    "mobil",
    "fon",
    "هاتف",
    "هاتفي",
    "رقمي",
    "رقم هاتفي",
    "جوال",
    "جوالي",
    "موبايل",
    "واتساب",
    "اتصل",
]);

/// What may stand between such a word and the number.
pub(super) const BETWEEN: Phrases = Phrases::new(&[
    "is", "no", "nr", "number", "nummer", "numbers", "on", "at", "under", "ist", "unter", "lautet",
    "my", "me", "back", "هو", "على",
]);
