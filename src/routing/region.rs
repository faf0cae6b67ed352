//! Realms and regions, and the host of the inference service.
//!
//! The table is that of Oracle's SDKs
//! ([`regions_definitions`](https://github.com/oracle/oci-python-sdk/blob/master/src/oci/regions_definitions.py)
//! of `oci` 2.189.0). A realm outside the table is rejected, because its domain is unknown. A
//! region outside the table is accepted if it has the form of a region name, because Oracle opens
//! regions faster than it publishes tables; the form is strict enough that no region can inject
//! another host.

use std::fmt;

/// A realm in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Realm {
    id: &'static str,
    domain: &'static str,
}

/// A region with a valid name, and the realm that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    name: String,
    realm: Realm,
}

/// Why a region is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidRegion {
    /// The realm isn't in the table.
    UnknownRealm,
    /// Neither a region name (`us-chicago-1`) nor a known short code (`ord`).
    Malformed,
    /// The region belongs to this realm, not to the requested one.
    OtherRealm(&'static str),
}

impl Realm {
    /// Looks up a realm by its id (`oc1`), ignoring case.
    pub fn find(id: &str) -> Option<Realm> {
        REALMS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(id))
            .map(|&(id, domain)| Realm { id, domain })
    }

    /// `oc1`.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The second-level domain: `oraclecloud.com`.
    pub fn domain(&self) -> &'static str {
        self.domain
    }
}

impl Region {
    /// Parses a region name or short code. Without `realm` it comes from the table, and is `oc1`
    /// for a name outside the table. With `realm`, a region that the table lists in another one is
    /// rejected.
    pub fn parse(text: &str, realm: Option<&str>) -> Result<Region, InvalidRegion> {
        let text = text.to_ascii_lowercase();
        let known = regions().find(|(code, name, _)| *code == text || *name == text);
        let name = match known {
            Some((_, name, _)) => name.to_owned(),
            None if is_region_name(&text) => text,
            None => return Err(InvalidRegion::Malformed),
        };
        let requested = realm
            .map(|id| Realm::find(id).ok_or(InvalidRegion::UnknownRealm))
            .transpose()?;
        let realm = match (requested, known) {
            (Some(realm), Some((_, _, id))) if realm.id != id => {
                return Err(InvalidRegion::OtherRealm(id))
            }
            (Some(realm), _) => realm,
            (None, known) => {
                let id = known.map_or("oc1", |(_, _, id)| id);
                Realm::find(id).ok_or(InvalidRegion::UnknownRealm)?
            }
        };
        Ok(Region { name, realm })
    }

    /// The full name: `us-chicago-1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The realm.
    pub fn realm(&self) -> Realm {
        self.realm
    }

    /// The host of the inference service:
    /// `inference.generativeai.us-chicago-1.oci.oraclecloud.com`.
    pub fn inference_host(&self) -> String {
        format!(
            "inference.generativeai.{}.oci.{}",
            self.name, self.realm.domain
        )
    }
}

impl fmt::Display for InvalidRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidRegion::UnknownRealm => f.write_str("unknown realm"),
            InvalidRegion::Malformed => f.write_str(
                "not a region: expected a name such as us-chicago-1 or a short code such as ord",
            ),
            InvalidRegion::OtherRealm(realm) => write!(f, "the region belongs to realm {realm}"),
        }
    }
}

impl std::error::Error for InvalidRegion {}

/// The longest region name, in bytes. The longest in the table has 17.
const MAX_NAME_LEN: usize = 32;

/// `us-chicago-1`: an area of at least two letters, words, and a number, with single hyphens.
fn is_region_name(text: &str) -> bool {
    if text.len() > MAX_NAME_LEN {
        return false;
    }
    let parts: Vec<&str> = text.split('-').collect();
    let [area, words @ .., number] = parts.as_slice() else {
        return false;
    };
    let is_word = |part: &str| is_filled_with(part, |b| b.is_ascii_lowercase());
    area.len() >= 2
        && is_word(area)
        && !words.is_empty()
        && words.iter().all(|word| is_word(word))
        && is_filled_with(number, |b| b.is_ascii_digit())
}

fn is_filled_with(part: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !part.is_empty() && part.bytes().all(allowed)
}

/// Each realm and its second-level domain.
const REALMS: &[(&str, &str)] = &[
    ("oc1", "oraclecloud.com"),
    ("oc2", "oraclegovcloud.com"),
    ("oc3", "oraclegovcloud.com"),
    ("oc4", "oraclegovcloud.uk"),
    ("oc8", "oraclecloud8.com"),
    ("oc9", "oraclecloud9.com"),
    ("oc10", "oraclecloud10.com"),
    ("oc14", "oraclecloud14.com"),
    ("oc15", "oraclecloud15.com"),
    ("oc19", "oraclecloud.eu"),
    ("oc20", "oraclecloud20.com"),
    ("oc21", "oraclecloud21.com"),
    ("oc23", "oraclecloud23.com"),
    ("oc24", "oraclecloud24.com"),
    ("oc26", "oraclecloud26.com"),
    ("oc29", "oraclecloud29.com"),
    ("oc35", "oraclecloud35.com"),
    ("oc42", "oraclecloud42.com"),
    ("oc51", "oraclecloud51.com"),
    ("oc52", "oraclecloud52.com"),
];

/// Short code, name and realm of each region.
// SIZE: one string, because the pointers and lengths of 255 `&str` would take more wasm than the
// names.
const REGIONS: &str = "\
lej af-casablanca-1 oc1
jnb af-johannesburg-1 oc1
hsg ap-batam-1 oc1
yny ap-chuncheon-1 oc1
onm ap-delhi-1 oc1
hyd ap-hyderabad-1 oc1
jbp ap-kulai-2 oc1
mel ap-melbourne-1 oc1
bom ap-mumbai-1 oc1
kix ap-osaka-1 oc1
icn ap-seoul-1 oc1
sin ap-singapore-1 oc1
xsp ap-singapore-2 oc1
syd ap-sydney-1 oc1
nrt ap-tokyo-1 oc1
yul ca-montreal-1 oc1
yyz ca-toronto-1 oc1
ams eu-amsterdam-1 oc1
fra eu-frankfurt-1 oc1
mad eu-madrid-1 oc1
orf eu-madrid-3 oc1
mrs eu-marseille-1 oc1
lin eu-milan-1 oc1
cdg eu-paris-1 oc1
arn eu-stockholm-1 oc1
nrq eu-turin-1 oc1
zrh eu-zurich-1 oc1
mtz il-jerusalem-1 oc1
auh me-abudhabi-1 oc1
dxb me-dubai-1 oc1
jed me-jeddah-1 oc1
ruh me-riyadh-1 oc1
mty mx-monterrey-1 oc1
qro mx-queretaro-1 oc1
bog sa-bogota-1 oc1
scl sa-santiago-1 oc1
gru sa-saopaulo-1 oc1
vap sa-valparaiso-1 oc1
vcp sa-vinhedo-1 oc1
cwl uk-cardiff-1 oc1
lhr uk-london-1 oc1
iad us-ashburn-1 oc1
ord us-chicago-1 oc1
phx us-phoenix-1 oc1
aga us-saltlake-2 oc1
sjc us-sanjose-1 oc1
lfi us-langley-1 oc2
luf us-luke-1 oc2
ric us-gov-ashburn-1 oc3
pia us-gov-chicago-1 oc3
tus us-gov-phoenix-1 oc3
brs uk-gov-cardiff-1 oc4
ltn uk-gov-london-1 oc4
nja ap-chiyoda-1 oc8
ukb ap-ibaraki-1 oc8
mct me-dcc-muscat-1 oc9
ibr me-ibri-1 oc9
wga ap-dcc-canberra-1 oc10
ork eu-dcc-dublin-1 oc14
snn eu-dcc-dublin-2 oc14
bgy eu-dcc-milan-1 oc14
mxp eu-dcc-milan-2 oc14
dus eu-dcc-rating-1 oc14
dtm eu-dcc-rating-2 oc14
dac ap-dcc-gazipur-1 oc15
str eu-frankfurt-2 oc19
vll eu-madrid-2 oc19
beg eu-jovanovac-1 oc20
vve me-alrayyan-1 oc21
doh me-dcc-doha-1 oc21
ebb us-somerset-1 oc23
ebl us-thames-1 oc23
avf eu-crissier-1 oc24
avz eu-dcc-zurich-1 oc24
ahu me-abudhabi-3 oc26
rba me-alain-1 oc26
rkt me-abudhabi-2 oc29
shj me-abudhabi-4 oc29
bno ap-chuncheon-2 oc35
dtz ap-seoul-2 oc35
dln ap-suwon-1 oc35
yxj us-ashburn-2 oc42
pgc us-newark-1 oc42
jsk eu-budapest-1 oc51
hnw sa-riodejaneiro-1 oc52";

fn regions() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    REGIONS.lines().filter_map(|row| {
        let (code, rest) = row.split_once(' ')?;
        let (name, realm) = rest.split_once(' ')?;
        Some((code, name, realm))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_valid_and_distinct_rows() {
        for (code, name, realm) in regions() {
            assert!(is_region_name(name), "{name}");
            assert!(!is_region_name(code), "{code}");
            assert!(Realm::find(realm).is_some(), "{realm}");
            assert_eq!(Region::parse(code, None), Region::parse(name, Some(realm)));
        }
        let mut codes: Vec<_> = regions()
            .map(|row| row.0)
            .chain(regions().map(|row| row.1))
            .collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 2 * regions().count());
    }

    #[test]
    fn derives_the_inference_host() {
        let host = |text, realm| Region::parse(text, realm).unwrap().inference_host();
        assert_eq!(
            host("us-chicago-1", None),
            "inference.generativeai.us-chicago-1.oci.oraclecloud.com"
        );
        assert_eq!(
            host("IAD", None),
            "inference.generativeai.us-ashburn-1.oci.oraclecloud.com"
        );
        assert_eq!(
            host("eu-frankfurt-2", None),
            "inference.generativeai.eu-frankfurt-2.oci.oraclecloud.eu"
        );
        assert_eq!(
            host("xx-newplace-7", None),
            "inference.generativeai.xx-newplace-7.oci.oraclecloud.com"
        );
        assert_eq!(
            host("xx-newplace-7", Some("OC4")),
            "inference.generativeai.xx-newplace-7.oci.oraclegovcloud.uk"
        );
    }

    #[test]
    fn rejects_invalid_regions_and_realms() {
        for text in [
            "",
            "com/",
            "com",
            "xyz",
            "us-1",
            "us",
            "u-chicago-1",
            "us--chicago-1",
            "us-chicago-",
            "-us-chicago-1",
            "us-chicago-1.evil",
            "us-chicago-1/",
            "us-chicago-1@x-y-1",
            "us-chic4go-1",
            "us-chicago-1\n",
            "us-chicagó-1",
        ] {
            assert_eq!(
                Region::parse(text, None),
                Err(InvalidRegion::Malformed),
                "{text:?}"
            );
        }
        let long = format!("us-{}-1", "a".repeat(MAX_NAME_LEN));
        assert_eq!(Region::parse(&long, None), Err(InvalidRegion::Malformed));
        assert_eq!(
            Region::parse("us-chicago-1", Some("oc99")),
            Err(InvalidRegion::UnknownRealm)
        );
        assert_eq!(
            Region::parse("eu-frankfurt-2", Some("oc1")),
            Err(InvalidRegion::OtherRealm("oc19"))
        );
    }
}
