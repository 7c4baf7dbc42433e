//! `[[deliver]]`: what is wrong with an entry is told with its remedy, and what is right keeps its secret.

use super::*;

const BAD: &[(&str, &str, &str)] = &[
    (
        "[lead_form]",
        "[[deliver]]\nname = \"crm\"\n[lead_form]",
        "`deliver` names no one way of delivery. Write one of webhook = \"https://…\", adf",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nwebhook = \"https://a.example\"\nadf = \"https://a.example\"\n[lead_form]",
        "`deliver` names no one way of delivery",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nadf = \"https://a.example\"\n[lead_form]",
        "`deliver.name` is missing. Name it, and keep that name",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nwebhook = \"crm.example/leads\"\n[lead_form]",
        "`deliver.webhook` is no web address. Write https:// and the whole address",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nwebhook = \"https://a.example\"\npayload = \"fat\"\n[lead_form]",
        "`deliver.payload` is neither thin nor full",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nadf = \"https://a.example\"\npayload = \"full\"\n[lead_form]",
        "`deliver.payload` stands without a webhook. Remove it: the other ways tell all of the lead",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nmail = [\"sales\"]\n[lead_form]",
        "`deliver.mail` has \"sales\", which is not an e-mail address",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nmail = []\n[lead_form]",
        "`deliver.mail` has none or too many. Write 1 to 10 addresses",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nmail = [\"a@b.example\"]\nformat = \"html\"\n[lead_form]",
        "`deliver.format` is neither text nor adf",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nadf = \"https://a.example\"\nformat = \"adf\"\n[lead_form]",
        "`deliver.format` stands without a mail",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nadf = \"https://a.example\"\nkinds = [\"loan\"]\n[lead_form]",
        "`deliver.kinds` has \"loan\", which is no kind of lead. Choose from enquiry, test_drive",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nadf = \"https://a.example\"\nwhen = \"noon\"\n[lead_form]",
        "`deliver.when` is neither open nor closed",
    ),
    (
        "[lead_form]",
        "[[deliver]]\nname = \"a\"\nadf = \"https://a.example\"\n[[deliver]]\nname = \"a\"\nadf = \"https://b.example\"\n[lead_form]",
        "`deliver` is called \"a\", as another one is. Give each a name of its own",
    ),
];

#[test]
fn each_bad_entry_is_told_with_its_remedy() {
    for (from, to, told) in BAD {
        let found = problem(from, to);
        assert!(found.contains(told), "{to}\nshould tell: {told}\nbut tells: {found}");
    }
}

#[test]
fn systems_are_read_in_order_and_keep_their_secret_by_their_name() {
    let more = "[[deliver]]\nname = \"crm\"\nwebhook = \"https://a.example/x\"\n\
                [[deliver]]\nname = \"dms\"\nadf = \"https://b.example\"\n\
                [[deliver]]\nname = \"sales\"\nmail = [\"a@D.example\", \"b@c.example\", \"c@c.example\"]\n\
                [[deliver]]\nname = \"vendor\"\nmail = [\"a@e.example\"]\nformat = \"adf\"\n[lead_form]";
    let text = changed("[lead_form]", more);
    let mut dealer = read(&text).unwrap().into_dealer(None, &SeededRandom::new(1));
    let told: Vec<_> =
        dealer.deliver.iter().map(|one| (&*one.name, one.word(), one.hosts().join(" "))).collect();
    let wanted = [
        ("crm", "webhook", "a.example".to_owned()),
        ("dms", "adf", "b.example".to_owned()),
        ("sales", "mail", "c.example d.example".to_owned()),
        ("vendor", "adf_mail", "e.example".to_owned()),
    ];
    assert_eq!(told, wanted);
    let at = Timestamp::from_millis(1);
    assert!(dealer.change_secret("crm", at) && !dealer.change_secret("dms", at));
    let next = read(&text).unwrap().into_dealer(Some(&dealer), &SeededRandom::new(2));
    assert_eq!(next.deliver, dealer.deliver);
    let renamed = text.replace("\"crm\"", "\"other\"");
    let next = read(&renamed).unwrap().into_dealer(Some(&dealer), &SeededRandom::new(2));
    assert!(matches!(next.deliver[0].channel, TargetChannel::Webhook { secret: 1, .. }));
    // A secret that was changed is never in force again, also where the system was gone meanwhile.
    let back = read(&text).unwrap().into_dealer(Some(&next), &SeededRandom::new(2));
    assert!(matches!(back.deliver[0].channel, TargetChannel::Webhook { secret: 2, .. }));
}
