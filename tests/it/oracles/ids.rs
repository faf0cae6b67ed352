//! The parsers of OCIDs, regions and model names, compared with regular expressions over generated
//! strings; the table of realms and regions, compared with that of Oracle's SDK.

use crate::support::{shared_path, Random};
use oci_genai_edge::error::Code;
use oci_genai_edge::routing::ocid::{Ocid, MAX_LEN, PATTERN};
use oci_genai_edge::routing::region::{InvalidRegion, Realm, Region};
use oci_genai_edge::routing::{
    ApiFormat, BaseUrl, Route, RouteOverrides, RoutingOptions, Transport,
};
use regex::Regex;
use serde_json::Value;

const SEED: u64 = 20_231_130;
const ROUNDS: usize = 200_000;

/// What [`Region::parse`] accepts besides the short codes of the table, after lower-casing: an
/// area, words, a number. The length is checked separately.
const REGION: &str = r"(?-u)^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$";
const REGION_MAX_LEN: usize = 32;

/// The names that [`Route::resolve`] accepts, without the `oci:` prefix. The length is
/// checked separately, and so is that a name does not start like an OCID.
const VENDOR_MODEL: &str = r"(?-u)^[A-Za-z][A-Za-z0-9_-]*\.[A-Za-z0-9][A-Za-z0-9._:/@-]*$";
const NAME_MAX_LEN: usize = 255;

/// The short codes, in the order of the SDK's table, so that the parser's table isn't its own
/// oracle.
const SHORT_CODES: &str =
    "yny hyd mel bom kix icn syd nrt yul yyz fra zrh jed dxb gru cwl lhr iad \
    ord phx sjc vcp scl ams mrs jnb sin cdg arn mad mtz lin qro mty auh lej bog vap xsp ruh orf \
    aga hsg jbp nrq onm lfi luf ric pia tus ltn brs nja ukb mct ibr wga bgy mxp snn ork dtm dus \
    dac str vll beg doh vve ebb ebl avz avf ahu rba rkt shj dtz dln bno yxj pgc jsk hnw";

/// Generates strings near a grammar: examples, examples with a few edits, and strings over the
/// grammar's alphabet.
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
                // A repeated piece, sometimes many times.
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
fn ocids_match_the_pattern() {
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
    let (mut accepted, mut rejected) = (0, 0);
    for round in 0..ROUNDS {
        let text = generator.next();
        let parsed = Ocid::parse(&text).ok();
        let segments = parsed.map(|id| [id.resource_type(), id.realm(), id.region(), id.unique()]);
        let captures = pattern.captures(&text).filter(|_| text.len() <= MAX_LEN);
        let expected =
            captures.map(|found| [1, 2, 3, 4].map(|group| found.get(group).unwrap().as_str()));
        assert_eq!(segments, expected, "seed {SEED}, round {round}: {text:?}");
        match segments {
            Some(_) => accepted += 1,
            None => rejected += 1,
        }
    }
    // The comparison is worth something only if both outcomes are common.
    assert!(
        accepted > ROUNDS / 10 && rejected > ROUNDS / 10,
        "{accepted} accepted, {rejected} rejected"
    );
}

#[test]
fn an_ocid_has_at_most_255_bytes() {
    let ocid_of = |length: usize| {
        let start = "ocid1.a.oc1..";
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    assert_eq!(MAX_LEN, 255);
    assert!(Ocid::parse(&ocid_of(MAX_LEN)).is_ok() && Ocid::parse(&ocid_of(MAX_LEN + 1)).is_err());
}

#[test]
fn regions_match_the_pattern() {
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
    let (mut accepted, mut rejected) = (0, 0);
    for round in 0..ROUNDS {
        let text = generator.next();
        // Only ASCII letters have a case here: the Kelvin sign is not a k.
        let lower = text.to_ascii_lowercase();
        let known = codes.contains(&lower.as_str());
        let expected = known || (lower.len() <= REGION_MAX_LEN && pattern.is_match(&lower));
        let parsed = Region::parse(&text, None);
        assert_eq!(
            parsed.is_ok(),
            expected,
            "seed {}, round {round}: {text:?}",
            SEED + 1
        );
        match parsed {
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
            Err(reason) => {
                rejected += 1;
                assert_eq!(reason, InvalidRegion::Malformed, "{text:?}");
            }
        }
    }
    assert!(
        accepted > ROUNDS / 10 && rejected > ROUNDS / 10,
        "{accepted} accepted, {rejected} rejected"
    );
}

#[test]
fn model_names_match_the_pattern() {
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
    let options = RoutingOptions {
        region: Some("us-chicago-1".into()),
        ..RoutingOptions::default()
    };
    let (mut accepted, mut rejected) = (0, 0);
    for round in 0..ROUNDS {
        let text = generator.next();
        let id = match text.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("oci:") => &text[4..],
            _ => &text,
        };
        let starts_like_an_ocid = id
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("ocid"));
        let expected = !starts_like_an_ocid && id.len() <= NAME_MAX_LEN && pattern.is_match(id);
        match Route::resolve(&text, &options, RouteOverrides::default()) {
            Ok(route) => {
                accepted += 1;
                assert!(
                    expected,
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
                let expected = if command_r {
                    (Transport::Native, Some(ApiFormat::Cohere))
                } else {
                    (Transport::OpenAi, None)
                };
                assert_eq!(
                    (route.transport(), route.api_format()),
                    expected,
                    "{text:?}"
                );
            }
            Err(error) => {
                rejected += 1;
                assert!(
                    !expected,
                    "seed {}, round {round}: {text:?} was rejected: {error}",
                    SEED + 2
                );
                assert_eq!(error.code(), Code::InvalidModel, "{text:?}");
            }
        }
    }
    assert!(
        accepted > ROUNDS / 10 && rejected > ROUNDS / 10,
        "{accepted} accepted, {rejected} rejected"
    );
}

/// The IPv6 addresses of [`BaseUrl`]: hexadecimal groups only, neither an IPv4 tail nor a zone.
const IPV6_FULL: &str = r"(?-u)^[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}$";
/// The number of groups, which is at most seven, is checked separately.
const IPV6_COMPRESSED: &str =
    r"(?-u)^(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?$";
/// Dotted decimal without leading zeros.
const IPV4: &str = concat!(
    r"(?-u)^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}",
    r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$"
);

#[test]
fn ip_addresses_match_the_patterns() {
    let [full, compressed, ipv4] =
        [IPV6_FULL, IPV6_COMPRESSED, IPV4].map(|pattern| Regex::new(pattern).unwrap());
    let is_ipv6 = |address: &str| {
        let groups = address.split(':').filter(|group| !group.is_empty());
        full.is_match(address) || (compressed.is_match(address) && groups.count() < 8)
    };
    let mut generator = Generator {
        random: Random(SEED + 3),
        examples: &[
            "::1",
            "::",
            "2001:db8::1",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::3:4:5:6:7:8",
            "::ffff:127.0.0.1",
            "fe80::1",
            "127.0.0.1",
            "10.20.30.255",
            "1.2.3.4",
        ],
        alphabet: &[
            ":", ":", "::", ".", ".", "0", "1", "f", "FFFF", "00", "255", "256", "g", "%", "é",
        ],
    };
    let (mut accepted, mut rejected) = (0, 0);
    for round in 0..ROUNDS {
        let text = generator.next();
        let lower = text.to_ascii_lowercase();
        let mut check = |url: String, expected: bool| {
            let parsed = BaseUrl::parse(&url);
            assert_eq!(
                parsed.is_ok(),
                expected,
                "seed {}, round {round}: {url:?}",
                SEED + 3
            );
            *(if expected {
                &mut accepted
            } else {
                &mut rejected
            }) += 1;
        };
        check(format!("https://[{text}]"), is_ipv6(&lower));
        check(format!("http://[{text}]:8080"), lower == "::1");
        // A host of digits and dots is an IPv4 address, or invalid.
        if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            check(format!("https://{text}"), ipv4.is_match(&text));
            let is_loopback = ipv4.is_match(&text) && text.starts_with("127.");
            check(format!("http://{text}"), is_loopback);
        }
    }
    assert!(
        accepted > ROUNDS / 10 && rejected > ROUNDS / 10,
        "{accepted} accepted, {rejected} rejected"
    );
}

#[test]
fn the_region_table_matches_the_sdk() {
    let Some(path) = shared_path("protocol/fixtures/regions.json") else {
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
            let realm = Realm::find(&text).unwrap_or_else(|| panic!("{id} is unknown"));
            assert_eq!((realm.id(), realm.domain()), (id.as_str(), domain.as_str()));
        }
    }
    let domain_of = |realm: &str| {
        realms
            .iter()
            .find(|(id, _)| id == realm)
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
        // Every other realm contradicts the table.
        for (other, _) in realms.iter().filter(|(id, _)| id != realm) {
            let result = Region::parse(name, Some(other));
            assert!(
                matches!(result, Err(InvalidRegion::OtherRealm(home)) if home == realm),
                "{name} in {other}: {result:?}"
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
    // The table has no row that the SDK's lacks. A short code has three letters, so all of them
    // are tried.
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
