//! Bad configurations, each with the sentence that its operator gets.

mod mail;

use super::*;

const LEAST: &str =
    "[operator]\nname = \"Forecourt Hosting Ltd\"\ncontact = \"privacy@hosting.example\"\n";

fn load(
    text: &str,
    vars: Vars,
    flags: &[(&'static str, &str, &'static str)],
) -> Result<Config, Problems> {
    let flags = flags.iter().map(|(key, value, flag)| (*key, (*value).to_owned(), *flag)).collect();
    let sources = Sources { file: None, vars, flags };
    read::config("forecourt.toml", text, &sources, Purpose::Serve)
}

fn problem(text: &str, vars: Vars) -> String {
    load(text, vars, &[]).expect_err("this configuration should be refused").to_string()
}

#[test]
fn the_least_configuration_listens_on_this_machine_only() {
    let config = load(LEAST, Vars::default(), &[]).unwrap();
    assert!(config.listen.ip().is_loopback() && config.admin_listen.ip().is_loopback());
    assert_eq!(config.public_origin(config.listen), "http://127.0.0.1:8080");
    assert_eq!(config.llm.provider.word(), "documents");
    assert_eq!(config.planted, None);
}

#[test]
fn each_bad_value_is_told_with_its_place_and_its_remedy() {
    for (text, told) in [
        (
            "lisen = \"127.0.0.1:1\"\n",
            "forecourt.toml:1:1: `lisen` is not a known key. Did you mean `listen`?",
        ),
        ("listen = 8080\n", "forecourt.toml:1:10: `listen` is an integer, not a text"),
        (
            "listen = \"localhost\"\n",
            "`listen` is \"localhost\", which is no address with a port. Write for example \"127.0.0.1:8080\"",
        ),
        (
            "listen = \"0.0.0.0:80\"\n",
            "forecourt.toml:1:10: `listen` is reached from outside, and no public_url says",
        ),
        (
            "public_url = \"http://chat.example\"\n",
            "`public_url` is http:// on a public host. Use https:// and a proxy",
        ),
        (
            "public_url = \"https://chat.example/path\"\n",
            "`public_url` has a path, and an origin has none",
        ),
        ("public_url = \"chat.example\"\n", "`public_url` has no scheme"),
        (
            "trusted_proxies = [\"proxy\"]\n",
            "`trusted_proxies` has \"proxy\", which is not an address",
        ),
        ("stop_deadline_s = 0\n", "`stop_deadline_s` is out of range. Write 1 to 600"),
        (
            "[retention]\nmin = \"P12M\"\nmax = \"P1D\"\n",
            "`retention` is wrong: the operator's bounds are the wrong way round",
        ),
        (
            "[retention]\nmax = \"1 year\"\n",
            "forecourt.toml:2:7: `retention.max` is wrong: `1 year` is not a period",
        ),
        ("[limits]\nmax_sockets = 0\n", "`limits.max_sockets` is out of range"),
        ("[limits]\nmax_socket = 5\n", "Did you mean `max_sockets`?"),
        ("[log]\nformat = \"xml\"\n", "`log.format` is neither human nor json"),
        ("[log]\nfilter = \"relay=loud\"\n", "`log.filter` is not a filter"),
        (
            "[llm]\nprovider = \"gpt\"\n",
            "forecourt.toml:2:12: `llm.provider` is \"gpt\", which is no provider. Choose from documents,",
        ),
        (
            "[llm]\nprovider = \"openai\"\n",
            "openai needs a key. Set OPENAI_API_KEY or OPENAI_API_KEY_FILE",
        ),
        ("[llm]\napi_key = \"sk-canary\"\n", "`llm.api_key` is not a known key"),
        ("[llm]\nhistory_turns = 0\n", "`llm.history_turns` is wrong"),
        (
            "[llm]\n[[llm.fallback]]\nprovidr = \"openai\"\n",
            "`llm.fallback.providr` is not a known key. Did you mean `provider`?",
        ),
        (
            "[llm]\nprovider = \"documents\"\n[[llm.fallback]]\nprovider = \"openai-compatible\"\nmodel = \"m\"\nbase_url = \"http://llm.example/v1\"\n",
            "forecourt.toml:6:12: `llm.fallback[0].base_url` is wrong: would send",
        ),
        (
            "[llm]\n[[llm.fallback]]\nprovider = \"mistral\"\nkey_env = \"OTHER_API_KEY\"\n",
            "forecourt.toml:3:12: `llm.fallback[0].provider` is wrong: mistral needs a key. Set OTHER_API_KEY or OTHER_API_KEY_FILE",
        ),
        ("listen = \n", "is not TOML"),
    ] {
        let found = problem(&format!("{text}{LEAST}"), Vars::default());
        assert!(found.contains(told), "{text}\nshould tell: {told}\nbut tells: {found}");
        assert!(!found.contains("sk-canary"), "{found}");
    }
}

#[test]
fn without_an_operator_nothing_is_served() {
    let found = problem("", Vars::default());
    assert!(
        found.contains("`operator.name` is missing")
            && found.contains("`operator.contact` is missing"),
        "{found}"
    );
    let sources = Sources::default();
    assert!(read::config("forecourt.toml", "", &sources, Purpose::Tool).is_ok());
    let demo = read::config("forecourt.toml", "", &sources, Purpose::Demo).unwrap();
    assert!(!demo.operator.name.is_empty() && !demo.operator.contact.is_empty());
}

#[test]
fn nothing_is_served_while_data_would_go_beyond_the_bounds_without_anything_that_lets_them() {
    let load = |operator: &str, model: &str| {
        let text = format!("{LEAST}{operator}\n[llm]\nprovider = \"openai\"\n{model}\n");
        load(&text, Vars::from([("OPENAI_API_KEY", "sk-1")]), &[])
    };
    let bounds = "allowed_regions = [\"eu\"]\nregion = \"de\"";
    for (operator, model, told) in [
        (bounds, "region = \"us\"", "does not hold us, where gpt-4.1-mini of OpenAI works"),
        (bounds, "", "does not hold a region that is not stated, where gpt-4.1-mini of OpenAI"),
        ("allowed_regions = [\"eu\"]", "region = \"eu\"", "not stated, where the data are stored"),
        ("allowed_regions = [\"europe\"]", "", "has \"europe\", which is no region. Write \"eu\","),
        ("region = \"gb\"", "", "`operator.region` is \"gb\", which is no region"),
        (
            "",
            "transfer = \"trust\"",
            "`llm.transfer` is \"trust\", which lets no data go anywhere. Choose from",
        ),
        ("dpo = \"\"", "", "`operator.dpo` is empty"),
    ] {
        let found = load(operator, model).unwrap_err().to_string();
        assert!(found.contains(told), "{operator} {model}: {found}");
    }
    for (operator, model) in [
        (bounds, "region = \"us\"\ntransfer = \"scc\""),
        (bounds, "region = \"fr\""),
        // Without bounds nothing is refused, and what is not stated is told by the doctor.
        ("", ""),
    ] {
        let config = load(operator, model).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(config.facts().models.len(), 1);
    }
    // A command looks after the data all the same.
    let sources = Sources::default();
    let text = format!("{LEAST}allowed_regions = [\"eu\"]\n");
    assert!(read::config("forecourt.toml", &text, &sources, Purpose::Tool).is_ok());
}

#[test]
fn a_model_of_the_operators_own_works_where_the_operator_is() {
    let text = format!(
        "{LEAST}region = \"uk\"\n[llm]\nprovider = \"openai-compatible\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:1/v1\"\n\
         [[llm.fallback]]\nprovider = \"mistral\"\nregion = \"fr\"\n"
    );
    let config = load(&text, Vars::from([("MISTRAL_API_KEY", "k")]), &[]).unwrap();
    let models = config.facts().models;
    let told = |n: usize| {
        let region = models[n].place.region.as_ref().map(ToString::to_string);
        (models[n].party.clone(), models[n].host.clone(), region.unwrap())
    };
    assert_eq!(told(0), ("Forecourt Hosting Ltd".to_owned(), None, "uk".to_owned()));
    let host = Some("api.mistral.ai".to_owned());
    assert_eq!(told(1), ("Mistral AI".to_owned(), host, "fr".to_owned()));
}

#[test]
fn a_command_uses_the_keys_that_it_finds_and_needs_none() {
    let read = |key: &str| {
        let vars = Vars::from([("OPENAI_API_KEY", key), ("OPENAI_API_KEY_FILE", "")]);
        let sources = Sources { file: None, vars, flags: Vec::new() };
        let text = "[llm]\nprovider = \"openai\"\n";
        read::config("forecourt.toml", text, &sources, Purpose::Tool).unwrap().llm
    };
    assert!(read("sk-canary").api_key.is_some());
    assert!(read("").api_key.is_none());
    assert!(read("one with spaces").api_key.is_none());
}

#[test]
fn a_variable_overrides_the_file_and_a_flag_overrides_both() {
    let text = format!(
        "listen = \"127.0.0.1:1\"\nadmin_listen = \"127.0.0.1:1\"\ndata = \"one\"\n{LEAST}"
    );
    let vars = Vars::from([
        ("FORECOURT_ADMIN_LISTEN", "127.0.0.1:2"),
        ("FORECOURT_DATA", "two"),
        ("FORECOURT_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
    ]);
    let config = load(&text, vars, &[("data", "three", "--data")]).unwrap();
    assert_eq!((config.listen.port(), config.admin_listen.port()), (1, 2));
    assert_eq!(config.data, PathBuf::from("three"));
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn every_key_can_be_overridden_by_its_variable() {
    for key in KEYS {
        let vars = Vars::from([(key.variable, "\u{1}")]);
        let overridden = load(LEAST, vars, &[]);
        // Texts without a form of their own take anything; all else names its variable.
        let free = key.path.starts_with("keys.")
            || matches!(key.path, "data" | "operator.name" | "llm.model" | "llm.base_url");
        match overridden {
            Ok(config) => {
                assert!(free && format!("{config:?}").contains("\\u{1}"), "{}", key.variable);
            }
            Err(problems) => {
                assert!(
                    problems.to_string().contains(key.variable),
                    "{}: {problems}",
                    key.variable
                );
            }
        }
    }
}

#[test]
fn a_bad_or_misspelt_variable_is_named() {
    let bad = Vars::from([("FORECOURT_LISTEN", "here")]);
    assert!(problem(LEAST, bad).starts_with("FORECOURT_LISTEN: `listen` is \"here\""));
    let misspelt = Vars::from([("FORECOURT_LISTN", "127.0.0.1:1")]);
    assert!(
        problem(LEAST, misspelt)
            .contains("FORECOURT_LISTN: is not a known variable. Did you mean FORECOURT_LISTEN?")
    );
    let other = Vars::from([
        ("FORECOURT_PORT", "tcp://10.0.0.1:80"),
        ("FORECOURT_SERVICE_HOST", "10.0.0.1"),
    ]);
    assert!(load(LEAST, other, &[]).is_ok());
}

#[test]
fn http_is_for_this_machine_a_private_network_or_behind_a_proxy_that_speaks_tls() {
    for (url, extra, origin) in [
        ("http://localhost:8080", "", "http://localhost:8080"),
        ("http://192.168.1.5:8080", "", "http://192.168.1.5:8080"),
        ("https://Chat.Example/", "", "https://chat.example"),
        ("http://chat.example", "behind_tls_proxy = true\n", "http://chat.example"),
    ] {
        let config = load(&format!("public_url = \"{url}\"\n{extra}{LEAST}"), Vars::default(), &[]);
        assert_eq!(config.unwrap().public_url.as_deref(), Some(origin), "{url}");
    }
}

#[test]
fn the_operators_key_comes_from_one_place() {
    let key = "fok_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let source = |text: &str, vars: Vars| {
        load(&format!("data = \"/srv/data\"\n{LEAST}{text}"), vars, &[])
            .map(|config| (config.keys.display().to_string(), config.operator_key.to_string()))
    };
    let none = Vars::default;
    let at = |place: &str| format!("the operator's key file {place}");
    for (text, vars, dir, wanted) in [
        ("", none(), "/srv/data", at("/srv/data/operator.key")),
        ("[keys]\ndir = \"/srv/keys\"\n", none(), "/srv/keys", at("/srv/keys/operator.key")),
        ("[keys]\noperator_file = \"/run/key\"\n", none(), "/srv/data", at("/run/key")),
        ("", Vars::from([("FORECOURT_OPERATOR_KEY_FILE", "/run/k")]), "/srv/data", at("/run/k")),
        (
            "",
            Vars::from([("FORECOURT_OPERATOR_KEY", key)]),
            "/srv/data",
            "FORECOURT_OPERATOR_KEY".to_owned(),
        ),
        (
            "[keys]\noperator_command = [\"kms\", \"read\"]\n",
            none(),
            "/srv/data",
            "the command kms of keys.operator_command".to_owned(),
        ),
    ] {
        assert_eq!(source(text, vars).unwrap(), (dir.to_owned(), wanted), "{text}");
    }
    let file = "[keys]\noperator_file = \"/run/key\"\n";
    for (text, vars, told) in [
        (
            file,
            Vars::from([("FORECOURT_OPERATOR_KEY", key)]),
            "FORECOURT_OPERATOR_KEY: stands beside keys.operator_file",
        ),
        ("[keys]\noperator_command = []\n", none(), "names no program"),
        ("", Vars::from([("FORECOURT_OPERATOR_KEY", "canary")]), "(number 1) that is no key"),
    ] {
        let problems = source(text, vars).unwrap_err().to_string();
        assert!(problems.contains(told) && !problems.contains("canary"), "{problems}");
    }
}

#[test]
fn no_print_of_a_configuration_holds_a_key() {
    let operator = "fok_c0ffee2233445566778899aabbccddeeff00112233445566778899aabbccddee";
    let vars = Vars::from([
        ("OPENAI_API_KEY", "sk-canary"),
        ("ANTHROPIC_API_KEY", "sk-canary"),
        ("FORECOURT_OPERATOR_KEY", operator),
    ]);
    let text = format!(
        "{LEAST}[llm]\nprovider = \"openai\"\n[[llm.fallback]]\nprovider = \"anthropic\"\n"
    );
    let sources = Sources { file: None, vars, flags: Vec::new() };
    let config = read::config("forecourt.toml", &text, &sources, Purpose::Serve).unwrap();
    assert!(config.llm.api_key.is_some() && config.llm.fallback[0].api_key.is_some());
    for print in [format!("{config:?}"), format!("{config:#?}"), format!("{sources:?}")] {
        assert!(!print.contains("sk-canary") && !print.contains("c0ffee"), "{print}");
    }
}

#[test]
fn the_example_and_the_handbook_name_every_key_and_no_other() {
    let example = include_str!("../../../examples/forecourt.toml");
    let handbook = include_str!("../../../docs/operations.md");
    for key in KEYS {
        let last = key.path.rsplit('.').next().unwrap_or(key.path);
        assert!(example.contains(&format!("{last} = ")), "{} in the example", key.path);
        assert!(handbook.contains(&format!("`{}`", key.path)), "{} in the handbook", key.path);
        assert!(
            handbook.contains(&format!("`{}`", key.variable)),
            "{} in the handbook",
            key.variable
        );
    }
    // The example is whole once its comments are taken away from keys, and still right.
    let all: String = example
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .flat_map(|line| [line, "\n"])
        .collect();
    let roots = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/certs/ca.pem");
    let all = all.replace("/etc/forecourt/mail-ca.pem", roots);
    let vars = Vars::from([
        ("OPENAI_COMPATIBLE_API_KEY", "k"),
        ("MISTRAL_EU_API_KEY", "m"),
        ("FORECOURT_MAIL_PASSWORD", "p"),
    ]);
    for text in [example, all.as_str()] {
        load(text, vars.clone(), &[]).unwrap_or_else(|problems| panic!("{problems}"));
    }
}
