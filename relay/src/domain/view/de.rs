//! The sentences in German.

use super::words::{Unit, Words, parts};

pub(super) const WORDS: Words = Words {
    ai: &["KI", "künstliche Intelligenz", "Künstliche Intelligenz"],
    assistant: "KI-Assistent von {dealer}",
    greeting: "Hallo! Ich bin der {assistant}. Was möchten Sie wissen?",
    title: "{assistant} von {dealer}",
    privacy: "Datenschutzerklärung von {dealer}",
    new_tab: "öffnet einen neuen Tab",
    close: "Chat schließen",
    menu: "Ihr Chat und Ihre Daten",
    unavailable: "Der Chat kann hier nicht gezeigt werden. So erreichen Sie uns:",
    nowhere: "Unter dieser Adresse gibt es keinen Chat.",
    who: "Sie schreiben dem KI-Assistenten von {dealer}, keinem Menschen.",
    kept: "Ihr Chat wird nach der letzten Nachricht {period} aufbewahrt, dann gelöscht.",
    gets_model: "Der Händler liest ihn, {model} erzeugt die Antworten, {operator} betreibt diesen Dienst.",
    gets_documents: "Der Händler liest ihn, {operator} betreibt diesen Dienst.",
    own_model: "ein von {operator} betriebenes Modell",
    rights_hint: "Ihre Rechte: Menü (⋯).",
    controller: "Verantwortlich für Ihre Daten ist {legal_name}, {address}, {country} ({email}).",
    company_number: "Registernummer: {number}.",
    legal_phone: "Telefon: {phone}.",
    model: "Um eine Antwort zu erzeugen, werden Ihre Nachrichten in diesem Chat und Stellen aus den Unterlagen des Händlers an {model} gesendet.",
    redacted_strictly: "Zuvor werden Namen, E-Mail-Adressen, Telefonnummern, Geburtsdaten, Anschriften, Postleitzahlen und Kennzeichen, die in Ihren Nachrichten erkannt werden, durch Platzhalter ersetzt.",
    redacted: "Zuvor werden E-Mail-Adressen, Telefonnummern, Geburtsdaten und Anschriften, die in Ihren Nachrichten erkannt werden, durch Platzhalter ersetzt.",
    unredacted: "Kontaktdaten werden so gesendet, wie sie in Ihren Nachrichten stehen; Nummern von Karten, Konten und Ausweisen werden maskiert, wo sie erkannt werden.",
    no_model: "Es wird kein Sprachmodell gefragt: Die Antworten stammen wörtlich aus den Unterlagen des Händlers.",
    operator: "{operator} betreibt diesen Chat im Auftrag von {dealer} als Auftragsverarbeiter ({contact}).",
    deletion: "Der Chat und darin hinterlassene Angaben werden {period} nach der letzten Nachricht gelöscht.",
    counts: "Nach der Löschung bleiben nur Zahlen, etwa wie viele Chats es an einem Tag gab; keine Worte, keine Namen.",
    special: "Bitte nennen Sie hier keine Angaben zu Gesundheit, Konten oder Ausweisen.",
    age: "Dieser Chat ist nicht für Personen unter 16 Jahren.",
    mistakes: "Eine KI kann sich irren: Es gilt, was Ihnen der Händler persönlich oder schriftlich bestätigt.",
    rights: "Im Menü (⋯) können Sie diesen Chat herunterladen oder löschen und Einwilligungen widerrufen. Für Auskunft, Berichtigung, Einschränkung oder Widerspruch schreiben Sie an {email}. Sie können sich auch bei Ihrer Datenschutzbehörde beschweren.",
    stored: [
        "In diesem Browser-Tab gespeichert, auf der Seite des Händlers: fc:open, damit der Chat auf der nächsten Seite wieder offen ist; bis Sie den Chat oder den Tab schließen; lesbar für die Seite des Händlers.",
        "Nach Ihrer ersten Nachricht, in diesem Chat: fc:session, ein zufälliges Zeichen, mit dem Ihr Gespräch wiedergefunden wird; bis Sie den Tab schließen; lesbar für diesen Chat.",
        "Nach Ihrer ersten Nachricht, in diesem Chat: fc:outbox, was Sie geschrieben und noch nicht gesendet haben und wie Sie Antworten gezeigt haben möchten; bis es gesendet ist oder Sie den Tab schließen; lesbar für diesen Chat.",
    ],
    choice: "Worum geht es?",
    kinds: ["Allgemeine Anfrage", "Probefahrt", "Inzahlungnahme", "Werkstatt oder HU", "Rückruf"],
    fields: [
        ("Name", ""),
        (
            "E-Mail-Adresse",
            "Das ist keine E-Mail-Adresse. Sie sollte aussehen wie name@example.com.",
        ),
        ("Telefonnummer", "Das ist keine Telefonnummer. Sie sollte aussehen wie 030 23125 012."),
        ("Wofür interessieren Sie sich?", ""),
        ("Kennzeichen Ihres Autos", "Das ist kein Kennzeichen. Es sollte aussehen wie M-AB 1234."),
        ("Meilenstand Ihres Autos", "Das ist kein Kilometerstand. Er sollte aussehen wie 45.000."),
        (
            "Fahrgestellnummer (FIN) Ihres Autos",
            "Das ist keine Fahrgestellnummer. Sie hat 17 Buchstaben und Ziffern, ohne I, O und Q.",
        ),
        ("Welcher Tag würde Ihnen passen?", "Bitte wählen Sie einen Tag, der nicht vorbei ist."),
        ("Um wie viel Uhr?", "Bitte wählen Sie eine Uhrzeit, zum Beispiel 14:30."),
        ("Was sonst noch wichtig ist", ""),
    ],
    kilometres: "Kilometerstand Ihres Autos",
    consent_email: "{legal_name} darf mir Angebote und Neuigkeiten per E-Mail senden. Ich kann das jederzeit widerrufen.",
    consent_sms: "{legal_name} darf mir Angebote und Neuigkeiten per Kurznachricht senden. Ich kann das jederzeit widerrufen.",
    consent_phone: "{legal_name} darf mich mit Angeboten und Neuigkeiten anrufen. Ich kann das jederzeit widerrufen.",
    consent_post: "{legal_name} darf mir Angebote und Neuigkeiten per Post senden. Ich kann das jederzeit widerrufen.",
    days: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
    closed: "geschlossen",
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    date: "{day}. {month}",
    comma: ", ",
    period,
};

fn period(text: &str) -> String {
    let part = |(count, unit): (u32, Unit)| {
        let (one, many) = match unit {
            Unit::Year => ("Jahr", "Jahre"),
            Unit::Month => ("Monat", "Monate"),
            Unit::Week => ("Woche", "Wochen"),
            Unit::Day => ("Tag", "Tage"),
        };
        format!("{count} {}", if count == 1 { one } else { many })
    };
    parts(text).into_iter().map(part).collect::<Vec<_>>().join(" und ")
}
