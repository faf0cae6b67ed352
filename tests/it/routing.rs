//! Model ids, regions and addresses that try to change where a request goes.

use oci_genai_edge::error::Code;
use oci_genai_edge::options::Options;
use oci_genai_edge::routing::{BaseUrl, Region, Route, RouteOverrides, RoutingOptions};

/// Strings that make URL parsers disagree about the host.
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

const PATH: &str = "/20231130/actions/chat";
const CHICAGO: &str = "inference.generativeai.us-chicago-1.oci.oraclecloud.com";

/// Splits a URL into scheme, host with port, and path, independently of the library. Fails on bytes
/// that URL parsers disagree about.
fn split_url(url: &str) -> (&str, &str, &str) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/[]".contains(&b);
    assert!(
        url.bytes().all(plain),
        "{url:?} has bytes that parsers disagree about"
    );
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    assert!(!path.contains("//") && !path.contains("/."), "{url:?}");
    (scheme, host, path)
}

#[test]
fn a_model_id_cannot_change_the_host() {
    let chicago = RoutingOptions {
        region: Some("us-chicago-1".into()),
        ..RoutingOptions::default()
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
    let (mut rejected, mut routed) = (0, 0);
    for attack in ATTACKS {
        for id in ids {
            let boundaries = (0..=id.len()).filter(|at| id.is_char_boundary(*at));
            for at in boundaries {
                for end in [at, id.len()] {
                    // Inserted, or in place of the rest.
                    let text = format!(
                        "{}{attack}{}",
                        &id[..at],
                        if end == at { &id[at..] } else { "" }
                    );
                    for options in [&chicago, &RoutingOptions::default()] {
                        match Route::resolve(&text, options, RouteOverrides::default()) {
                            Err(error) => {
                                rejected += 1;
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
                                let url = route.url(PATH).unwrap();
                                let (scheme, host, path) = split_url(&url);
                                assert_eq!((scheme, path), ("https", PATH), "{text:?}");
                                assert_eq!(route.host(), host, "{text:?}");
                                if options.region.is_some() {
                                    assert_eq!(host, CHICAGO, "{text:?}");
                                } else {
                                    // The region that the OCID names, which need not be in the
                                    // table.
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
        rejected > 10_000 && routed > 1000,
        "{rejected} rejected, {routed} routed"
    );
}

#[test]
fn a_region_or_realm_cannot_change_the_host() {
    for attack in ATTACKS {
        for region in ["us-chicago-1", "ord", "xx-newplace-1"] {
            for at in 0..=region.len() {
                let text = format!("{}{attack}{}", &region[..at], &region[at..]);
                let options = RoutingOptions {
                    region: Some(text.clone()),
                    ..RoutingOptions::default()
                };
                if let Ok(route) = Route::resolve("meta.llama", &options, RouteOverrides::default())
                {
                    let url = route.url(PATH).unwrap();
                    let (_, host, _) = split_url(&url);
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
            let options = RoutingOptions {
                region: Some("us-chicago-1".into()),
                realm: Some(realm.clone()),
                ..RoutingOptions::default()
            };
            assert!(
                Route::resolve("meta.llama", &options, RouteOverrides::default()).is_err(),
                "realm {realm:?}"
            );
            let id = format!("ocid1.generativeaiendpoint.{realm}.us-chicago-1.x");
            assert!(
                Route::resolve(&id, &RoutingOptions::default(), RouteOverrides::default()).is_err(),
                "{id:?}"
            );
        }
    }
}

#[test]
fn a_base_url_cannot_hide_its_host() {
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
                let base_url = match BaseUrl::parse(&text) {
                    Ok(base_url) => base_url,
                    Err(error) => {
                        assert_eq!(error.code(), Code::InvalidOptions, "{text:?}");
                        continue;
                    }
                };
                // A naive reading of the given text finds the same host.
                let lower = text.to_ascii_lowercase();
                let rest = lower.split_once("://").unwrap().1;
                let authority = rest.split('/').next().unwrap();
                let default_port = if lower.starts_with("https:") {
                    ":443"
                } else {
                    ":80"
                };
                assert_eq!(
                    base_url.host(),
                    authority.strip_suffix(default_port).unwrap_or(authority),
                    "{text:?}"
                );
                let options = RoutingOptions {
                    base_url: Some(base_url.clone()),
                    ..RoutingOptions::default()
                };
                let result =
                    Route::resolve("cohere.command-r", &options, RouteOverrides::default());
                let route = result.unwrap_or_else(|error| panic!("{text:?}: {error}"));
                let url = route.url(PATH).unwrap();
                routed += 1;
                let rest = url.split_once("://").unwrap().1;
                assert_eq!(rest.split('/').next(), Some(base_url.host()), "{text:?}");
                assert_eq!(route.host(), base_url.host(), "{text:?}");
                assert!(url.ends_with(PATH), "{text:?}");
                assert!(
                    !url.bytes()
                        .any(|b| b"@\\?#%".contains(&b) || !b.is_ascii_graphic()),
                    "{url}"
                );
                let plain_http = url.starts_with("http://");
                let name = base_url
                    .host()
                    .rsplit_once(':')
                    .map_or(base_url.host(), |(name, _)| name);
                let loopback = name == "localhost"
                    || name == "[::1]"
                    || name.starts_with("127.")
                    || base_url.host() == "[::1]";
                assert!(
                    !plain_http || loopback,
                    "{text:?}: plain http to {}",
                    base_url.host()
                );
            }
        }
    }
    assert!(routed > 500, "{routed} routed");
    for (base, host) in bases {
        assert_eq!(BaseUrl::parse(base).unwrap().host(), host);
    }
}

#[test]
fn rejects_known_attacks() {
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
        for options in [
            RoutingOptions::default(),
            RoutingOptions {
                region: Some("us-chicago-1".into()),
                ..RoutingOptions::default()
            },
        ] {
            let error = Route::resolve(id, &options, RouteOverrides::default()).unwrap_err();
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
        match BaseUrl::parse(endpoint) {
            Err(error) => assert_eq!(error.code(), Code::InvalidOptions, "{endpoint:?}"),
            Ok(base_url) => panic!("{endpoint:?} was parsed as {:?}", base_url.as_str()),
        }
    }
    // The same through the options.
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
