//! The sentences in English.

use super::words::{Unit, Words, parts};

pub(super) const WORDS: Words = Words {
    ai: &["AI", "A.I.", "artificial intelligence", "Artificial intelligence"],
    assistant: "AI assistant of {dealer}",
    greeting: "Hello! I am the {assistant}. What would you like to know?",
    title: "{assistant} of {dealer}",
    privacy: "Privacy policy of {dealer}",
    new_tab: "opens in a new tab",
    close: "Close chat",
    menu: "Your chat and your data",
    unavailable: "The chat cannot be shown here. You can reach us like this:",
    nowhere: "There is no chat at this address.",
    who: "You are writing to the AI assistant of {dealer}, not to a person.",
    kept: "Your chat is kept for {period} after its last message, then deleted.",
    gets_model: "The dealer reads it, {model} generates the answers, {operator} runs this service.",
    gets_documents: "The dealer reads it, {operator} runs this service.",
    own_model: "{operator}'s own model",
    rights_hint: "Your rights: menu (⋯).",
    controller: "Responsible for your data is {legal_name}, {address}, {country} ({email}).",
    company_number: "Company number: {number}.",
    legal_phone: "Telephone: {phone}.",
    model: "To generate an answer, your messages of this chat and passages from the dealer's documents are sent to {model}.",
    redacted_strictly: "Before that, names, e-mail addresses, telephone numbers, dates of birth, postal addresses, postcodes and registration plates that are recognised in your messages are replaced by placeholders.",
    redacted: "Before that, e-mail addresses, telephone numbers, dates of birth and postal addresses that are recognised in your messages are replaced by placeholders.",
    unredacted: "Contact details are sent as they stand in your messages; numbers of cards, accounts and identity papers are masked where they are recognised.",
    no_model: "No language model is asked: answers are quoted from the dealer's own documents.",
    operator: "{operator} runs this chat on behalf of {dealer}, as its processor ({contact}).",
    deletion: "The chat, and any details you leave in it, are deleted {period} after its last message.",
    counts: "After deletion only counts remain, such as the number of chats in a day; no words, no names.",
    special: "Please don't share health, financial account or ID details here.",
    age: "This chat is not for under-16s.",
    mistakes: "An AI can be wrong: what counts is what the dealer confirms to you in person or in writing.",
    rights: "In the menu (⋯) you can download or delete this chat and withdraw consents. For access, correction or restriction, or to object, write to {email}. You can also complain to your data-protection authority.",
    stored: [
        "Stored in this browser tab, in the dealer's site: fc:open, so that the chat is open again on the next page; until you close the chat or the tab; read by the dealer's site.",
        "After your first message, in this chat: fc:session, a random token that finds your conversation again; until you close the tab; read by this chat.",
        "After your first message, in this chat: fc:outbox, what you have typed and not sent yet and how you want replies shown; until it is sent or you close the tab; read by this chat.",
    ],
    choice: "What is it about?",
    kinds: ["General enquiry", "Test drive", "Part exchange", "Service or MOT", "Call me back"],
    fields: [
        ("Name", ""),
        ("E-mail address", "This is not an e-mail address. It should look like name@example.com."),
        ("Telephone number", "This is not a telephone number. It should look like 0131 496 0123."),
        ("What are you interested in?", ""),
        (
            "Registration plate of your car",
            "This is not a registration plate. It should look like AB12 CDE.",
        ),
        ("Mileage of your car, in miles", "This is not a mileage. It should look like 45,000."),
        (
            "Chassis number (VIN) of your car",
            "This is not a VIN. It has 17 letters and digits, none of them I, O or Q.",
        ),
        ("Which day would suit you?", "Please choose a day that is not over."),
        ("At what time?", "Please choose a time, for example 14:30."),
        ("Anything else", ""),
    ],
    kilometres: "Mileage of your car, in kilometres",
    consent_email: "{legal_name} may send me offers and news by e-mail. I can withdraw this at any time.",
    consent_sms: "{legal_name} may send me offers and news by text message. I can withdraw this at any time.",
    consent_phone: "{legal_name} may call me with offers and news. I can withdraw this at any time.",
    consent_post: "{legal_name} may send me offers and news by post. I can withdraw this at any time.",
    days: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    closed: "closed",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    date: "{day} {month}",
    comma: ", ",
    period,
};

fn period(text: &str) -> String {
    let part = |(count, unit): (u32, Unit)| {
        let unit = match unit {
            Unit::Year => "year",
            Unit::Month => "month",
            Unit::Week => "week",
            Unit::Day => "day",
        };
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    };
    parts(text).into_iter().map(part).collect::<Vec<_>>().join(" and ")
}
