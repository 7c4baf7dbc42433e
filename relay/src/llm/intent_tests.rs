//! Tests of intents: many ways to say the same, and what only looks like it.

use super::*;

fn all_are(intent: Intent, texts: &[&str]) {
    let wrong: Vec<_> =
        texts.iter().map(|text| (*text, of(text))).filter(|(_, found)| *found != intent).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn whoever_asks_whether_this_is_a_person_is_understood() {
    all_are(
        Intent::AreYouHuman,
        &[
            "Are you human?",
            "are you a human",
            "Are you a real person?",
            "r u a bot",
            "Are you a robot?",
            "Is this a bot?",
            "is this an AI",
            "Am I talking to a human?",
            "Am I speaking to a real person?",
            "am i chatting with a computer",
            "Are you real?",
            "You're a bot, right?",
            "Are you ChatGPT?",
            "is this automated",
            "What are you, a machine?",
            "Who am I talking to, a human or a bot?",
            "Is there a real person behind this?",
            "you are not human are you",
            "Are you AI or human?",
            "Is it a person or a program?",
            "human or bot?",
            "Are you alive?",
            "bot?",
            "Are you an actual person",
            "Is this ChatGPT",
            "Are you some kind of language model?",
            "Do I chat with a real human here?",
            "are u human",
            "Be honest: are you a person?",
            "Bist du ein Mensch?",
            "Sind Sie ein Mensch?",
            "Bist du ein Bot?",
            "Ist das eine KI?",
            "Sind Sie eine Maschine?",
            "Spreche ich mit einem Menschen?",
            "Rede ich mit einem Roboter?",
            "Bist du echt?",
            "Sitzt da ein echter Mensch?",
            "Schreibe ich mit einer KI?",
            "Mensch oder Maschine?",
            "Sind Sie eine echte Person?",
            "Antwortet hier ein Mensch?",
            "Bist du ChatGPT?",
            "Was bist du, ein Programm?",
            "Ist das hier ein Chatbot?",
            "Ist das automatisch?",
            "هل أنت إنسان؟",
            "هل أنت روبوت؟",
            "هل أنت بشر؟",
            "هل هذا ذكاء اصطناعي؟",
            "هل أنت شخص حقيقي؟",
            "هل أتحدث مع إنسان؟",
            "أنت روبوت؟",
            "هل هذا بوت؟",
            "من أنت؟ إنسان؟",
        ],
    );
}

#[test]
fn whoever_wants_a_person_is_understood() {
    all_are(
        Intent::Person,
        &[
            "talk to a person",
            "Can I speak to someone?",
            "I want to talk to a human",
            "Can I talk to a real person please?",
            "Please connect me to sales",
            "Put me through to an agent",
            "I'd like to speak with a salesperson",
            "get me a human",
            "call me back",
            "Could somebody contact me?",
            "human please",
            "I need to speak to the manager",
            "Is there a person I can talk to?",
            "Let me talk to your staff",
            "live agent",
            "Can someone call me tomorrow?",
            "How can I reach a person?",
            "Ich möchte mit einem Menschen sprechen",
            "Kann ich mit einem Mitarbeiter reden?",
            "Bitte verbinden Sie mich mit einem Berater",
            "Rückruf bitte",
            "Kann mich jemand anrufen?",
            "Ich will einen Menschen",
            "Mit wem kann ich persönlich sprechen?",
            "أريد التحدث مع شخص",
            "هل يمكنني التحدث إلى موظف؟",
            "حولني إلى موظف",
            "اتصلوا بي",
        ],
    );
}

#[test]
fn whatever_touches_finance_is_finance() {
    all_are(
        Intent::Finance,
        &[
            "Do you offer finance?",
            "What's the APR?",
            "How much per month for the Golf?",
            "Can I get it on PCP with bad credit?",
            "monthly payments on the Fiesta",
            "Would I get a loan?",
            "What interest rate do you charge?",
            "Can I lease it?",
            "What deposit do I need?",
            "Can I get credit?",
            "Can I have it on HP?",
            "Kann ich in Raten zahlen?",
            "Bieten Sie Finanzierung an?",
            "Wie hoch ist die Monatsrate?",
            "Was kostet das im Monat?",
            "Leasing möglich?",
            "Wie hoch ist der Zinssatz?",
            "هل لديكم تمويل؟",
            "هل يمكن الدفع بالتقسيط؟",
        ],
    );
}

#[test]
fn questions_about_cars_are_questions() {
    all_are(
        Intent::Question,
        &[
            "Is this car automatic?",
            "Is it a real leather interior?",
            "Does the Golf have an automatic gearbox?",
            "What does the 12-month warranty cover?",
            "I'm interested in the MX-5",
            "How much is the Kia e-Niro?",
            "Do you take part exchange?",
            "Hi, do you have a car with seven seats?",
            "Is the price of the Golf real?",
            "Ist das Auto echt so günstig?",
            "Welche Autos haben Automatik?",
            "Hat der Golf Sitzheizung?",
            "هل لديكم سيارة كهربائية؟",
            "Does your team deliver?",
            "Do your staff speak German?",
            "I need a car for five people",
            "I need a 7 person car",
            "Give me the sales price",
            "Let me know if anyone has reserved the Golf",
            "Is it a real spare wheel?",
            "Do I get a real key?",
            "Welches Auto raten Sie mir?",
            "Do you take credit cards?",
            "How much is the deposit to hold a car?",
            "How much hp does the Golf have?",
            "Can I return the car within a month?",
            "Is it on the latest software?",
            "Is this the newest software version?",
        ],
    );
}

#[test]
fn whoever_wants_anything_wants_a_person_only_if_a_person_follows() {
    all_are(
        Intent::Person,
        &[
            "give me a human",
            "I need a really good adviser",
            "let me have your manager",
            "Ich brauche einen Berater",
            "أريد موظفا",
        ],
    );
}

fn last(texts: &[&str]) -> Intent {
    let turn = |text: &&str| Turn { author: AuthorKind::Visitor, text: (*text).to_owned() };
    of_last(&texts.iter().map(turn).collect::<Vec<_>>())
}

#[test]
fn a_short_question_that_goes_on_with_finance_is_finance_too() {
    for follow_up in
        ["And for the Golf?", "over 36 months?", "what about with a trade in", "Is that 48 months?"]
    {
        assert_eq!(last(&["What's the APR?", follow_up]), Intent::Finance, "{follow_up}");
        assert_eq!(last(&["Do you have a Golf?", follow_up]), Intent::Question, "{follow_up}");
    }
    assert_eq!(last(&["APR?", "And for the Golf?", "and the Polo?"]), Intent::Finance);
    assert_eq!(last(&["Wie hoch ist die Monatsrate?", "Und für den Golf?"]), Intent::Finance);
    for own in ["Do you have a Golf?", "Which of your cars has the largest boot of all?"] {
        assert_eq!(last(&["What's the APR?", own]), Intent::Question, "{own}");
    }
    assert_eq!(last(&["What's the APR?", "And when are you open?"]), Intent::Hours);
    assert_eq!(last(&["What's the APR?", "Thanks!", "And the Golf?"]), Intent::Question);
}

#[test]
fn small_talk_hours_and_place_are_told_apart() {
    all_are(
        Intent::Greeting,
        &["Hi", "Hello!", "good morning", "Guten Tag", "مرحبا", "السلام عليكم"],
    );
    all_are(Intent::Thanks, &["thanks!", "Thank you", "Vielen Dank", "شكرا"]);
    all_are(
        Intent::Hours,
        &[
            "When are you open?",
            "What are your opening hours?",
            "Wann haben Sie geöffnet?",
            "ما هي ساعات العمل؟",
        ]
        .map(|text| text),
    );
    all_are(Intent::Address, &["Where are you?", "Wo sind Sie?", "ما هو عنوانكم؟"]);
    all_are(Intent::Empty, &["", " ?! ", "🚗"]);
}

#[test]
fn whoever_asks_for_a_form_is_understood() {
    for (kind, texts) in [
        (
            LeadKind::TestDrive,
            &[
                "Can I test drive it?",
                "I'd like to book a test-drive of the Golf on Saturday",
                "Kann ich eine Probefahrt machen?",
                "أريد تجربة قيادة",
            ][..],
        ),
        (
            LeadKind::PartExchange,
            &[
                "Could you part exchange my car?",
                "Do you take a trade-in",
                "Nehmen Sie meinen Wagen in Zahlung?",
                "أريد استبدال سيارتي",
            ],
        ),
        (
            LeadKind::Service,
            &[
                "I want to book a service",
                "When can I book an MOT?",
                "Ich brauche einen Werkstatttermin",
                "أريد حجز صيانة",
            ],
        ),
        (LeadKind::CallBack, &["Please call me back", "Bitte um Rückruf", "اتصلوا بي من فضلكم"]),
    ] {
        for text in texts {
            assert_eq!(wish(text), Some(kind), "{text}");
        }
    }
    for text in [
        "How long is the MOT?",
        "Does it have a full service history?",
        "Is it a four-wheel drive?",
        "What do you call this colour?",
        "Wie weit fährt er?",
        "ما لون السيارة؟",
        "",
    ] {
        assert_eq!(wish(text), None, "{text}");
    }
}
