//! Identifiers: the hand-written readers of OCIDs, regions and model names, held against the patterns that document them; the
//! table of realms and regions, held against the SDK's; and model ids and addresses that try to change where a request goes.

use crate::common::{shared, Random};
use oci_genai_edge::error::Code;
use oci_genai_edge::options::Options;
use oci_genai_edge::routing::base_url::Endpoint;
use oci_genai_edge::routing::ocid::{Ocid, MAX_LEN, PATTERN};
use oci_genai_edge::routing::region::{InvalidRegion, Realm, Region};
use oci_genai_edge::routing::route::{ApiFormat, Overrides, Route, Site, Transport};
use regex::Regex;
use serde_json::Value;

const SEED: u64 = 20_231_130;
const ROUNDS: usize = 200_000;

/// What [`Region::parse`] takes besides the short codes of the table, after lower-casing: an area, words, a number. At most 32
/// bytes, which a pattern can't say well.
const REGION: &str = r"(?-u)^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$";
const REGION_MAX_LEN: usize = 32;

/// What [`Route::to`] takes for a name, after an `oci:` prefix was taken off. At most 255 bytes, and never what starts like an
/// OCID.
const VENDOR_MODEL: &str = r"(?-u)^[A-Za-z][A-Za-z0-9_-]*\.[A-Za-z0-9][A-Za-z0-9._:/@-]*$";
const NAME_MAX_LEN: usize = 255;

/// The short codes, in the order of the SDK's table, so that the readers' own table isn't its own oracle.
const SHORT_CODES: &str = "yny hyd mel bom kix icn syd nrt yul yyz fra zrh jed dxb gru cwl lhr iad ord phx sjc vcp scl ams mrs \
    jnb sin cdg arn mad mtz lin qro mty auh lej bog vap xsp ruh orf aga hsg jbp nrq onm lfi luf ric pia tus ltn brs nja ukb mct \
    ibr wga bgy mxp snn ork dtm dus dac str vll beg doh vve ebb ebl avz avf ahu rba rkt shj dtz dln bno yxj pgc jsk hnw";

// ---------------------------------------------------------------- strings

/// Strings near a grammar: whole examples, examples with a few edits, and strings over the grammar's own letters.
struct Generator {
    random: Random,
    examples: &'static [&'static str],
    alphabet: &'static [&'static str],
}

impl Generator {
    fn next(&mut self) -> String {
        let mut text: String = match self.random.below(10) {
            0..=6 => (*self.random.pick(self.examples)).to_owned(),
            _ => (0..self.random.below(14))
                .map(|_| *self.random.pick(self.alphabet))
                .collect(),
        };
        for _ in 0..*self.random.pick(&[0, 1, 1, 2, 4]) {
            text = self.edit(&text);
        }
        text
    }

    fn edit(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let at = self.random.below(chars.len() + 1);
        let inside = self.random.below(chars.len());
        match self.random.below(6) {
            0 if !chars.is_empty() => drop(chars.remove(inside)),
            1 if !chars.is_empty() => {
                chars[inside] = if chars[inside].is_lowercase() {
                    chars[inside].to_ascii_uppercase()
                } else {
                    chars[inside].to_ascii_lowercase()
                }
            }
            2 => {
                // A piece said twice, or a great deal of it.
                let piece: Vec<char> = chars.iter().skip(inside).take(6).copied().collect();
                let times = if self.random.chance(20) { 60 } else { 1 };
                chars.splice(at..at, piece.repeat(times));
            }
            3 => chars.truncate(at),
            _ => drop(chars.splice(at..at, self.random.pick(self.alphabet).chars())),
        }
        chars.into_iter().collect()
    }
}

#[test]
fn ocids_are_what_the_pattern_says() {
    let pattern = Regex::new(PATTERN).unwrap();
    let mut generator = Generator {
        random: Random(SEED),
        examples: &[
            "ocid1.generativeaiendpoint.oc1.us-chicago-1.amaaaaaaexample",
            "ocid1.generativeaiendpoint.oc1.iad.x",
            "ocid1.generativeaimodel.oc19.eu-frankfurt-2..amaaaaaaexample",
            "ocid1.generativeaimodel.oc1.ord.future.amaaaaaaexample",
            "ocid1.tenancy.oc1..aaaaaaaaexample",
            "OCID12.Private_Endpoint.OC4.UK-GOV-LONDON-1.Am_a-A9",
            "ocid123.a.b.c.d.e",
            "ocid1.a.b..c",
            "ocid1.a.b...c",
        ],
        alphabet: &[
            "ocid",
            "ocid1",
            "OCID2",
            ".",
            ".",
            "..",
            "a",
            "Z",
            "0",
            "9",
            "-",
            "_",
            "oc1",
            "iad",
            "us-chicago-1",
            "com/",
            "/",
            "@",
            "%2e",
            " ",
            "\n",
            "\0",
            "é",
            "ı",
            "K",
            "ſ",
            "．",
            "。",
            "１",
            "\u{200B}",
        ],
    };
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let text = generator.next();
        let read = Ocid::parse(&text).ok();
        let captures = pattern.captures(&text).filter(|_| text.len() <= MAX_LEN);
        let seen = read.map(|id| [id.resource_type(), id.realm(), id.region(), id.unique()]);
        let wanted =
            captures.map(|found| [1, 2, 3, 4].map(|group| found.get(group).unwrap().as_str()));
        assert_eq!(seen, wanted, "seed {SEED}, round {round}: {text:?}");
        *(if seen.is_some() {
            &mut accepted
        } else {
            &mut refused
        }) += 1;
    }
    // Both sides are worth something only where both answers are common.
    assert!(
        accepted > ROUNDS / 10 && refused > ROUNDS / 10,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn the_longest_ocid() {
    let of = |length: usize| {
        let start = "ocid1.a.oc1..";
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    assert!(Ocid::parse(&of(MAX_LEN)).is_ok() && Ocid::parse(&of(MAX_LEN + 1)).is_err());
}

#[test]
fn regions_are_what_the_pattern_says() {
    let pattern = Regex::new(REGION).unwrap();
    let codes: Vec<&str> = SHORT_CODES.split_ascii_whitespace().collect();
    assert_eq!(codes.len(), 85);
    let mut generator = Generator {
        random: Random(SEED + 1),
        examples: &[
            "us-chicago-1",
            "eu-frankfurt-2",
            "uk-gov-london-1",
            "eu-dcc-rating-2",
            "IAD",
            "ord",
            "phx",
            "xx-newplace-12",
            "zz-a-b-c-0",
            "US-Gov-Phoenix-1",
            "us-aaaaaaaaaaaaaaaaaaaaaaaaaa-1",
        ],
        alphabet: &[
            "us", "eu", "a", "Z", "-", "-", "--", "1", "0", "gov", "iad", "fra", ".", "/", "com/",
            "@", ":", "#", "?", "\\", "%", " ", "\n", "\0", "é", "ı", "K", "ſ", "１", "．", "－",
        ],
    };
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let text = generator.next();
        // Only ASCII has a case here: a Kelvin sign is no k.
        let lower = text.to_ascii_lowercase();
        let known = codes.contains(&lower.as_str());
        let wanted = known || (lower.len() <= REGION_MAX_LEN && pattern.is_match(&lower));
        let read = Region::parse(&text, None);
        assert_eq!(
            read.is_ok(),
            wanted,
            "seed {}, round {round}: {text:?}",
            SEED + 1
        );
        match read {
            Ok(region) => {
                accepted += 1;
                assert!(
                    pattern.is_match(region.name()),
                    "{text:?} is {:?}",
                    region.name()
                );
                assert!(
                    known || region.name() == lower,
                    "{text:?} is {:?}",
                    region.name()
                );
                let host = format!(
                    "inference.generativeai.{}.oci.{}",
                    region.name(),
                    region.realm().domain()
                );
                assert_eq!(region.inference_host(), host, "{text:?}");
            }
            Err(why) => {
                refused += 1;
                assert_eq!(why, InvalidRegion::Malformed, "{text:?}");
            }
        }
    }
    assert!(
        accepted > ROUNDS / 10 && refused > ROUNDS / 10,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn names_are_what_the_pattern_says() {
    let pattern = Regex::new(VENDOR_MODEL).unwrap();
    let mut generator = Generator {
        random: Random(SEED + 2),
        examples: &[
            "meta.llama-3.3-70b-instruct",
            "cohere.command-r-08-2024",
            "oci:cohere.command-a-03-2025",
            "OCI:Google.Gemini-2.5-pro",
            "openai.gpt-oss-120b",
            "xai.grok-4",
            "my-vendor.team/model:tag@1",
            "v_1.0",
            "oci:ocidental.model",
            "a.b",
        ],
        alphabet: &[
            "meta", "oci:", "OCI:", "oci", "ocid", ".", ".", "a", "Z", "0", "-", "_", ":", "/",
            "@", "\\", "#", "?", "%2f", " ", "\n", "\0", "\r\n", "é", "ı", "K", "．", "。", "🙂",
        ],
    };
    let site = Site {
        region: Some("us-chicago-1".into()),
        ..Site::default()
    };
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let text = generator.next();
        let id = match text.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("oci:") => &text[4..],
            _ => &text,
        };
        let like_an_ocid = id
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("ocid"));
        let wanted = !like_an_ocid && id.len() <= NAME_MAX_LEN && pattern.is_match(id);
        match Route::to(&text, &site, Overrides::default()) {
            Ok(route) => {
                accepted += 1;
                assert!(
                    wanted,
                    "seed {}, round {round}: {text:?} was accepted",
                    SEED + 2
                );
                assert_eq!(route.model(), id, "{text:?}");
                assert_eq!(
                    route.host(),
                    "inference.generativeai.us-chicago-1.oci.oraclecloud.com",
                    "{text:?}"
                );
                let command_r = id.to_ascii_lowercase().starts_with("cohere.command-r");
                let way = if command_r {
                    (Transport::Native, Some(ApiFormat::Cohere))
                } else {
                    (Transport::OpenAi, None)
                };
                assert_eq!((route.transport(), route.api_format()), way, "{text:?}");
            }
            Err(error) => {
                refused += 1;
                assert!(
                    !wanted,
                    "seed {}, round {round}: {text:?} was refused: {error}",
                    SEED + 2
                );
                assert_eq!(error.code(), Code::InvalidModel, "{text:?}");
            }
        }
    }
    assert!(
        accepted > ROUNDS / 10 && refused > ROUNDS / 10,
        "{accepted} accepted, {refused} refused"
    );
}

// ---------------------------------------------------------------- the table

#[test]
fn the_table_is_the_sdks() {
    let Some(path) = shared("protocol/fixtures/regions.json") else {
        return;
    };
    let table: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let rows = |name: &str| -> Vec<(String, String)> {
        let row =
            |(key, value): (&String, &Value)| (key.clone(), value.as_str().unwrap().to_owned());
        table[name].as_object().unwrap().iter().map(row).collect()
    };
    let (realms, regions, codes) = (
        rows("REALMS"),
        rows("REGION_REALMS"),
        rows("REGIONS_SHORT_NAMES"),
    );
    assert_eq!((realms.len(), regions.len(), codes.len()), (20, 85, 85));
    for (id, domain) in &realms {
        for text in [id.clone(), id.to_ascii_uppercase()] {
            let realm = Realm::find(&text).unwrap_or_else(|| panic!("{id} is not known"));
            assert_eq!((realm.id(), realm.domain()), (id.as_str(), domain.as_str()));
        }
    }
    let domain_of = |wanted: &str| {
        realms
            .iter()
            .find(|(id, _)| id == wanted)
            .unwrap()
            .1
            .as_str()
    };
    for (name, realm) in &regions {
        let region = Region::parse(name, None).unwrap();
        assert_eq!(
            (region.name(), region.realm().id()),
            (name.as_str(), realm.as_str())
        );
        assert_eq!(
            region.inference_host(),
            format!("inference.generativeai.{name}.oci.{}", domain_of(realm))
        );
        assert_eq!(Region::parse(name, Some(realm)), Ok(region));
        // Known to be elsewhere, in every realm but its own.
        for (other, _) in realms.iter().filter(|(id, _)| id != realm) {
            let refused = Region::parse(name, Some(other));
            assert!(
                matches!(refused, Err(InvalidRegion::OtherRealm(home)) if home == realm),
                "{name} in {other}: {refused:?}"
            );
        }
    }
    for (code, name) in &codes {
        for text in [code.clone(), code.to_ascii_uppercase()] {
            assert_eq!(
                Region::parse(&text, None),
                Region::parse(name, None),
                "{code}"
            );
        }
        assert!(
            SHORT_CODES
                .split_ascii_whitespace()
                .any(|known| known == code),
            "{code} is not in the oracle's list"
        );
    }
    // Ours has no row that the SDK's lacks: three letters are a region for the table only, so all of them can be tried.
    let letters = || (b'a'..=b'z').map(char::from);
    let all = letters()
        .flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))));
    let found = all.filter(|code| Region::parse(code, None).is_ok());
    assert_eq!(found.count(), codes.len());
    assert_eq!(
        (0..100)
            .filter(|number| Realm::find(&format!("oc{number}")).is_some())
            .count(),
        realms.len()
    );
    println!(
        "{} realms, {} regions, {} short codes",
        realms.len(),
        regions.len(),
        codes.len()
    );
}

// ---------------------------------------------------------------- attacks

/// Pieces that make one reader of a URL see another host than the next reader does.
const ATTACKS: &[&str] = &[
    "com/",
    "com/.x",
    "/",
    "//",
    "///",
    "\\",
    "\\\\evil.example",
    "/\\evil.example",
    "@evil.example",
    "user@evil.example",
    "user:pass@evil.example",
    ":443@evil.example",
    ":80",
    ":443",
    ":0",
    ":65536",
    ":-1",
    ":evil",
    "#",
    "#evil.example",
    "#@evil.example",
    "?",
    "?@evil.example",
    "?x=1",
    ";",
    "&",
    "..",
    "../",
    "/../..",
    "/.",
    "%2f",
    "%2F",
    "%2e",
    "%2e%2e",
    "%40evil.example",
    "%5c",
    "%00",
    "%0d%0a",
    "%",
    "%25",
    "\r",
    "\n",
    "\r\n",
    "\r\nhost: evil.example",
    "\t",
    " ",
    "\0",
    "\u{B}",
    "\u{C}",
    "\u{7F}",
    "\u{A0}",
    "\u{AD}",
    "\u{200B}",
    "\u{200D}",
    "\u{202E}",
    "\u{2028}",
    "\u{2060}",
    "\u{FEFF}",
    "．",
    "。",
    "｡",
    "․",
    "：",
    "／",
    "＼",
    "＠",
    "＃",
    "？",
    "％",
    "ａ",
    "１",
    "ⅰ",
    "℀",
    "⁄",
    "∕",
    "ß",
    "ſ",
    "K",
    "İ",
    "ı",
    "é",
    "е",
    "\u{301}",
    "xn--",
    ".evil.example",
    "evil.example",
    ".",
    "-",
    "_",
    "[::1]",
    "127.0.0.1",
    "0x7f.1",
    "localhost",
    "*",
    "'",
    "\"",
    "<",
    ">",
    "|",
    "^",
    "`",
    "{",
    "}",
    "$",
    "!",
    "~",
    "+",
    "=",
    ",",
    "(",
    ")",
    "https://evil.example",
    "http:",
    "javascript:",
];

const CHICAGO: &str = "inference.generativeai.us-chicago-1.oci.oraclecloud.com";

/// A URL as a strict reader takes it apart: scheme, host with port, path. Written without regard to ours.
fn take_apart(url: &str) -> (&str, &str, &str) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/[]".contains(&b);
    assert!(
        url.bytes().all(plain),
        "{url:?} has bytes that readers differ on"
    );
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    assert!(!path.contains("//") && !path.contains("/."), "{url:?}");
    (scheme, host, path)
}

#[test]
fn no_model_id_changes_the_host() {
    let site = Site {
        region: Some("us-chicago-1".into()),
        ..Site::default()
    };
    let ids = [
        "ocid1.generativeaiendpoint.oc1.us-chicago-1.example",
        "ocid1.generativeaiendpoint.oc1.ord.example",
        "ocid1.generativeaiendpoint.oc1.us-chicago-1..example",
        "ocid1.generativeaimodel.oc1.us-chicago-1.example",
        "meta.llama",
        "cohere.command-r",
        "oci:meta.llama",
    ];
    let (mut refused, mut routed) = (0, 0);
    for attack in ATTACKS {
        for id in ids {
            let boundaries = (0..=id.len()).filter(|at| id.is_char_boundary(*at));
            for at in boundaries {
                for end in [at, id.len()] {
                    // Put in between, or in place of the rest.
                    let text = format!(
                        "{}{attack}{}",
                        &id[..at],
                        if end == at { &id[at..] } else { "" }
                    );
                    for site in [&site, &Site::default()] {
                        match Route::to(&text, site, Overrides::default()) {
                            Err(error) => {
                                refused += 1;
                                let known = matches!(
                                    error.code(),
                                    Code::InvalidModel
                                        | Code::InvalidOptions
                                        | Code::RegionMismatch
                                );
                                assert!(known, "{text:?}: {error}");
                            }
                            Ok(route) => {
                                routed += 1;
                                let (scheme, host, path) = take_apart(route.url());
                                let paths =
                                    ["/20231130/actions/chat", "/openai/v1/chat/completions"];
                                assert!(
                                    scheme == "https" && paths.contains(&path),
                                    "{text:?}: {}",
                                    route.url()
                                );
                                assert_eq!(route.host(), host, "{text:?}");
                                if site.region.is_some() {
                                    assert_eq!(host, CHICAGO, "{text:?}");
                                } else {
                                    // The region that the OCID names, which may be one that nobody knows yet.
                                    let region =
                                        Region::parse(route.region(), Some(route.realm())).unwrap();
                                    assert_eq!(host, region.inference_host(), "{text:?}");
                                    assert!(host.ends_with(region.realm().domain()), "{text:?}");
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(
        refused > 10_000 && routed > 1000,
        "{refused} refused, {routed} routed"
    );
}

#[test]
fn no_region_or_realm_changes_the_host() {
    for attack in ATTACKS {
        for region in ["us-chicago-1", "ord", "xx-newplace-1"] {
            for at in 0..=region.len() {
                let text = format!("{}{attack}{}", &region[..at], &region[at..]);
                let site = Site {
                    region: Some(text.clone()),
                    ..Site::default()
                };
                if let Ok(route) = Route::to("meta.llama", &site, Overrides::default()) {
                    let (_, host, _) = take_apart(route.url());
                    assert_eq!(
                        host,
                        format!(
                            "inference.generativeai.{}.oci.oraclecloud.com",
                            route.region()
                        ),
                        "{text:?}"
                    );
                    assert!(!host.contains("evil"), "{text:?}");
                }
            }
        }
        for realm in [
            format!("oc1{attack}"),
            format!("{attack}oc1"),
            (*attack).to_owned(),
        ] {
            let site = Site {
                region: Some("us-chicago-1".into()),
                realm: Some(realm.clone()),
                ..Site::default()
            };
            assert!(
                Route::to("meta.llama", &site, Overrides::default()).is_err(),
                "realm {realm:?}"
            );
            let id = format!("ocid1.generativeaiendpoint.{realm}.us-chicago-1.x");
            assert!(
                Route::to(&id, &Site::default(), Overrides::default()).is_err(),
                "{id:?}"
            );
        }
    }
}

#[test]
fn no_endpoint_hides_its_host() {
    let bases = [
        ("https://good.example", "good.example"),
        ("https://good.example:8443", "good.example:8443"),
        ("https://good.example/prefix", "good.example"),
        ("http://127.0.0.1:9000", "127.0.0.1:9000"),
        ("http://[::1]:9000/x", "[::1]:9000"),
    ];
    let mut routed = 0;
    for attack in ATTACKS {
        for (base, _) in bases {
            for at in 0..=base.len() {
                let text = format!("{}{attack}{}", &base[..at], &base[at..]);
                let endpoint = match Endpoint::parse(&text) {
                    Ok(endpoint) => endpoint,
                    Err(error) => {
                        assert_eq!(error.code(), Code::InvalidOptions, "{text:?}");
                        continue;
                    }
                };
                // What was accepted must be plain to a reader of the text that was given, too.
                let lower = text.to_ascii_lowercase();
                let rest = lower.split_once("://").unwrap().1;
                let shown = rest.split('/').next().unwrap();
                let usual = if lower.starts_with("https:") {
                    ":443"
                } else {
                    ":80"
                };
                assert_eq!(
                    endpoint.host(),
                    shown.strip_suffix(usual).unwrap_or(shown),
                    "{text:?}"
                );
                let site = Site {
                    endpoint: Some(endpoint.clone()),
                    ..Site::default()
                };
                let route = match Route::to("cohere.command-r", &site, Overrides::default()) {
                    Ok(route) => route,
                    Err(error) => {
                        panic!("{text:?} is an endpoint that can't be routed to: {error}")
                    }
                };
                routed += 1;
                let rest = route.url().split_once("://").unwrap().1;
                assert_eq!(rest.split('/').next(), Some(endpoint.host()), "{text:?}");
                assert_eq!(route.host(), endpoint.host(), "{text:?}");
                assert!(route.url().ends_with("/20231130/actions/chat"), "{text:?}");
                assert!(
                    !route
                        .url()
                        .bytes()
                        .any(|b| b"@\\?#%".contains(&b) || !b.is_ascii_graphic()),
                    "{}",
                    route.url()
                );
                let plain_http = route.url().starts_with("http://");
                let name = endpoint
                    .host()
                    .rsplit_once(':')
                    .map_or(endpoint.host(), |(name, _)| name);
                let loopback = name == "localhost"
                    || name == "[::1]"
                    || name.starts_with("127.")
                    || endpoint.host() == "[::1]";
                assert!(
                    !plain_http || loopback,
                    "{text:?}: plain http to {}",
                    endpoint.host()
                );
            }
        }
    }
    assert!(routed > 500, "{routed} routed");
    for (base, host) in bases {
        assert_eq!(Endpoint::parse(base).unwrap().host(), host);
    }
}

#[test]
fn named_attacks_are_refused() {
    for id in [
        "ocid1.generativeaiendpoint.oc1.com/.x",
        "ocid1.generativeaiendpoint.oc1.evil.example/.x",
        "ocid1.generativeaiendpoint.oc1.us-chicago-1@evil.x",
        "ocid1.generativeaiendpoint.oc1.us-chicago-1/../x.x",
        "ocid1.generativeaiendpoint.oc1.us．chicago．1.x",
        "ocid1.generativeaiendpoint.oc1.us%2dchicago-1.x",
        "ocid1.generativeaiendpoint.oc1.us-chicago-1:443.x",
        "ocid1.generativeaiendpoint.oc1.us-chicago-1\r\n.x",
        "ocid1.generativeaiendpoint.oc1.us-chicago-1\0.x",
        "ocid1.generativeaiendpoint.oc1.ｕｓ-chicago-1.x",
        "ocid1.generativeaiendpoint.oc1/evil.us-chicago-1.x",
        "ocid1.generativeaiendpoint.oraclecloud.us-chicago-1.x",
    ] {
        for site in [
            Site::default(),
            Site {
                region: Some("us-chicago-1".into()),
                ..Site::default()
            },
        ] {
            let error = Route::to(id, &site, Overrides::default()).unwrap_err();
            assert_eq!(error.code(), Code::InvalidModel, "{id:?}");
        }
    }
    for endpoint in [
        "https://good.example@evil.example",
        "https://good.example:443@evil.example",
        "https://good.example\\@evil.example",
        "https://good.example%2eevil.example",
        "https://good.example．evil.example",
        "https://good。example",
        "https://ｇood.example",
        "https://good.example:80:80",
        "https://good.example:000443x",
        "https://good.example\r\nhost: evil",
        "https://good.example\0.evil.example",
        "https://good.example/%2e%2e/x",
        "https://good.example/a/../b",
        "https://good.example/\\evil.example",
        "https://good.example?@evil.example",
        "https://good.example#@evil.example",
        "https:good.example",
        "https:/good.example",
        "//good.example",
        " https://good.example",
        "https://good.example ",
        "http://good.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://2130706433",
        "http://0x7f000001",
        "http://0177.0.0.1",
        "http://[::ffff:8.8.8.8]",
        "http://0.0.0.0",
        "https://[::1",
        "https://[fe80::1%25eth0]",
        "https://good..example",
        "https://-good.example",
        "file:///etc/passwd",
    ] {
        match Endpoint::parse(endpoint) {
            Err(error) => assert_eq!(error.code(), Code::InvalidOptions, "{endpoint:?}"),
            Ok(read) => panic!("{endpoint:?} was read as {:?}", read.base()),
        }
    }
    // The same through the options, where a caller gives them.
    for json in [
        r#"{"endpoint":"https://good.example@evil.example"}"#,
        r#"{"models":{"a":{"model":"meta.llama","endpoint":"http://evil.example"}}}"#,
        r#"{"realm":"evil.example/"}"#,
        r#"{"headers":{"host":"evil.example"}}"#,
        r#"{"headers":{"x-a":"1\r\nhost: evil.example"}}"#,
    ] {
        assert_eq!(
            Options::from_json(json).unwrap_err().code(),
            Code::InvalidOptions,
            "{json}"
        );
    }
}
