//! Every sentence that the relay itself says in an answer, in each language. No model wrote them.

use crate::llm::Facts;

/// The fixed sentences of one language. `{dealer}` and `{assistant}` are filled in.
#[derive(Debug)]
pub struct Strings {
    /// In reply to a greeting.
    pub greeting: &'static str,
    /// In reply to thanks.
    pub thanks: &'static str,
    /// Are you human? Always states AI (C-07).
    pub is_ai: &'static str,
    /// Before the ways to reach a person.
    pub person: &'static str,
    /// When the dealer is closed now (C-20: honest about time).
    pub closed_now: &'static str,
    /// After the ways to reach a person: the form.
    pub form: &'static str,
    /// Before a quotation; `{title}` is filled in.
    pub quote: &'static str,
    /// Before a second quotation; `{title}` is filled in.
    pub also: &'static str,
    /// Nothing fits.
    pub nothing: &'static str,
    /// Nothing fits, but there is a form for what is asked for.
    pub wish: &'static str,
    /// A question on finance where the dealer has no text on it (C-40).
    pub no_finance: &'static str,
    /// Before the opening hours.
    pub hours: &'static str,
    /// Before the address.
    pub address: &'static str,
    /// Nothing was asked.
    pub empty: &'static str,
    /// No answer can be had now.
    pub unavailable: &'static str,
}

const EN: Strings = Strings {
    greeting: "Hello! I'm {assistant}. Ask me about our cars, opening hours, warranty or part exchange.",
    thanks: "You're welcome. Is there anything else you would like to know?",
    is_ai: "No, I'm not a person. I'm an AI: {assistant}. If you would rather talk to a person at {dealer}, just say so.",
    person: "You can talk to a person at {dealer}:",
    closed_now: "{dealer} is closed at the moment.",
    form: "Or leave your details in the form, and a person will get back to you.",
    quote: "From “{title}”:",
    also: "Also, from “{title}”:",
    nothing: "I can't find an answer to that in the information that {dealer} gave me. Leave your details in the form, and a person at {dealer} will answer you.",
    wish: "You can ask {dealer} for that in the form, and a person will answer you.",
    no_finance: "I can't answer questions about finance. Leave your details in the form, and a person at {dealer} will answer you.",
    hours: "The opening hours of {dealer}:",
    address: "You find {dealer} here:",
    empty: "Ask me about our cars, opening hours, warranty or part exchange.",
    unavailable: "I can't answer at the moment. Please ask again shortly, or leave your details in the form, and a person at {dealer} will answer you.",
};

const DE: Strings = Strings {
    greeting: "Hallo! Ich bin {assistant}. Fragen Sie mich nach Fahrzeugen, Öffnungszeiten, Garantie oder Inzahlungnahme.",
    thanks: "Gern geschehen. Möchten Sie noch etwas wissen?",
    is_ai: "Nein, ich bin kein Mensch. Ich bin eine KI: {assistant}. Wenn Sie lieber mit einem Menschen bei {dealer} sprechen möchten, sagen Sie es einfach.",
    person: "So erreichen Sie einen Menschen bei {dealer}:",
    closed_now: "{dealer} hat im Moment geschlossen.",
    form: "Oder hinterlassen Sie Ihre Kontaktdaten im Formular, dann meldet sich ein Mensch bei Ihnen.",
    quote: "Aus „{title}“:",
    also: "Außerdem aus „{title}“:",
    nothing: "Dazu finde ich in den Angaben von {dealer} keine Antwort. Hinterlassen Sie Ihre Kontaktdaten im Formular, dann antwortet Ihnen ein Mensch bei {dealer}.",
    wish: "Das können Sie bei {dealer} über das Formular anfragen; ein Mensch antwortet Ihnen.",
    no_finance: "Fragen zur Finanzierung kann ich nicht beantworten. Hinterlassen Sie Ihre Kontaktdaten im Formular, dann antwortet Ihnen ein Mensch bei {dealer}.",
    hours: "Die Öffnungszeiten von {dealer}:",
    address: "Hier finden Sie {dealer}:",
    empty: "Fragen Sie mich nach Fahrzeugen, Öffnungszeiten, Garantie oder Inzahlungnahme.",
    unavailable: "Ich kann im Moment nicht antworten. Bitte fragen Sie gleich noch einmal, oder hinterlassen Sie Ihre Kontaktdaten im Formular, dann antwortet Ihnen ein Mensch bei {dealer}.",
};

const AR: Strings = Strings {
    greeting: "مرحبًا! أنا {assistant}. اسألني عن السيارات أو ساعات العمل أو الضمان أو الاستبدال.",
    thanks: "على الرحب والسعة. هل تريد معرفة شيء آخر؟",
    is_ai: "لا، لست إنسانًا. أنا ذكاء اصطناعي (AI): {assistant}. إن كنت تفضّل التحدث إلى شخص لدى {dealer} فقل ذلك فقط.",
    person: "يمكنك التحدث إلى شخص لدى {dealer}:",
    closed_now: "{dealer} مغلق الآن.",
    form: "أو اترك بياناتك في النموذج وسيتواصل معك أحد الموظفين.",
    quote: "من «{title}»:",
    also: "وأيضًا من «{title}»:",
    nothing: "لا أجد إجابة عن ذلك في المعلومات التي قدّمها {dealer}. اترك بياناتك في النموذج وسيجيبك شخص لدى {dealer}.",
    wish: "يمكنك طلب ذلك من {dealer} عبر النموذج، وسيجيبك أحد الموظفين.",
    no_finance: "لا يمكنني الإجابة عن أسئلة التمويل. اترك بياناتك في النموذج وسيجيبك شخص لدى {dealer}.",
    hours: "ساعات عمل {dealer}:",
    address: "تجد {dealer} هنا:",
    empty: "اسألني عن السيارات أو ساعات العمل أو الضمان أو الاستبدال.",
    unavailable: "لا أستطيع الإجابة في الوقت الحالي. اسأل مرة أخرى بعد قليل، أو اترك بياناتك في النموذج وسيجيبك شخص من {dealer}.",
};

/// The sentences of a language; English where there are none.
pub fn strings(language: &str) -> &'static Strings {
    match crate::knowledge::lexicon::base(language).as_str() {
        "de" => &DE,
        "ar" => &AR,
        _ => &EN,
    }
}

/// A sentence with the dealer's names filled in.
pub fn fill(sentence: &str, facts: &Facts) -> String {
    sentence.replace("{dealer}", &facts.dealer_name).replace("{assistant}", &facts.assistant)
}

/// The name of a language as a prompt says it; only names from this list enter the instructions.
pub fn prompt_language(tag: &str) -> &'static str {
    match crate::knowledge::lexicon::base(tag).as_str() {
        "de" => "German",
        "ar" => "Arabic",
        "fr" => "French",
        "es" => "Spanish",
        "it" => "Italian",
        "nl" => "Dutch",
        "pl" => "Polish",
        "pt" => "Portuguese",
        "tr" => "Turkish",
        "ru" => "Russian",
        _ => "English",
    }
}

/// How many words of a language fit into `LLM_OUTPUT_TOKENS`: long words are several tokens, and
/// letters outside of Latin more.
pub fn prompt_words(tag: &str) -> u32 {
    match crate::knowledge::lexicon::base(tag).as_str() {
        "ar" | "ru" => 60,
        "de" | "fr" | "es" | "it" | "nl" | "pl" | "pt" | "tr" => 80,
        _ => 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_are_you_human_states_ai_in_each_language() {
        assert!(EN.is_ai.contains(" AI"));
        assert!(DE.is_ai.contains(" KI"));
        assert!(AR.is_ai.contains("ذكاء اصطناعي"));
    }

    #[test]
    fn a_region_makes_no_difference_and_an_unknown_language_is_answered_in_english() {
        assert_eq!(strings("de-AT").thanks, DE.thanks);
        assert_eq!(strings("fr").thanks, EN.thanks);
    }
}
