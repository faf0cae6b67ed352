//! Oracle Cloud identifiers (OCIDs).
//!
//! `ocid1.<resource type>.<realm>.[region][.future use].<unique id>`
//! ([documentation](https://docs.oracle.com/en-us/iaas/Content/General/Concepts/identifiers.htm)).
//! The region may be empty, a short code (`iad`) or a full name, and the segment for future use may
//! be missing.
//! [`PATTERN`] is the same grammar as a regular expression: the tests compare the two. It is not
//! used at run time, because `regex` would nearly double the wasm.

use std::fmt;

/// The grammar of [`Ocid::parse`] as a regular expression, ignoring case.
pub const PATTERN: &str = concat!(
    r"(?i-u)^ocid[0-9]{1,3}\.([a-z0-9_-]+)\.([a-z0-9]+)\.([a-z0-9-]*)",
    r"(?:\.[a-z0-9_-]*)?\.([a-z0-9_-]+)$"
);

/// The longest OCID, in bytes: Oracle's own limit.
pub const MAX_LEN: usize = 255;

/// A well-formed OCID, borrowed from its text. Whether the resource exists is not known.
///
/// ```
/// use oci_genai_edge::routing::ocid::Ocid;
///
/// let id = Ocid::parse("ocid1.generativeaiendpoint.oc1.iad.amaaaaaaexample")?;
/// assert!(id.is("generativeaiendpoint"));
/// assert_eq!((id.realm(), id.region()), ("oc1", "iad"));
/// # Ok::<(), oci_genai_edge::routing::ocid::InvalidOcid>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ocid<'a> {
    resource_type: &'a str,
    realm: &'a str,
    region: &'a str,
    unique: &'a str,
}

/// The text is not an OCID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidOcid;

impl<'a> Ocid<'a> {
    /// Parses an OCID. Case is ignored in all segments but the unique id.
    pub fn parse(text: &'a str) -> Result<Self, InvalidOcid> {
        if text.len() > MAX_LEN {
            return Err(InvalidOcid);
        }
        let mut segments = text.split('.');
        let mut next = || segments.next().ok_or(InvalidOcid);
        let (version, resource_type, realm, region, fifth) =
            (next()?, next()?, next()?, next()?, next()?);
        // With six segments, the fifth is the one that Oracle reserves for future use.
        let unique = match segments.next() {
            None => fifth,
            Some(sixth) if segments.next().is_none() && fifth.bytes().all(is_word) => sixth,
            Some(_) => return Err(InvalidOcid),
        };
        let is_well_formed = is_version(version)
            && is_filled_with(resource_type, is_word)
            && is_filled_with(realm, |b| b.is_ascii_alphanumeric())
            && region
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && is_filled_with(unique, is_word);
        if is_well_formed {
            Ok(Ocid {
                resource_type,
                realm,
                region,
                unique,
            })
        } else {
            Err(InvalidOcid)
        }
    }

    /// Whether the text starts as an OCID does, well-formed or not. Such a text is never a model
    /// name.
    pub fn has_prefix(text: &str) -> bool {
        text.get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("ocid"))
    }

    /// `generativeaiendpoint`, `compartment`, …, in its original case.
    pub fn resource_type(&self) -> &'a str {
        self.resource_type
    }

    /// Whether this is the OCID of such a resource, ignoring case.
    pub fn is(&self, resource_type: &str) -> bool {
        self.resource_type.eq_ignore_ascii_case(resource_type)
    }

    /// `oc1`, …, in its original case.
    pub fn realm(&self) -> &'a str {
        self.realm
    }

    /// A full region name, a short code, or the empty string.
    pub fn region(&self) -> &'a str {
        self.region
    }

    /// The last segment.
    pub fn unique(&self) -> &'a str {
        self.unique
    }
}

impl fmt::Display for InvalidOcid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an OCID: expected ocid1.<resource type>.<realm>.[region].<unique id>")
    }
}

impl std::error::Error for InvalidOcid {}

fn is_version(segment: &str) -> bool {
    match (segment.get(..4), segment.get(4..)) {
        (Some(word), Some(digits)) => {
            word.eq_ignore_ascii_case("ocid")
                && digits.len() <= 3
                && is_filled_with(digits, |b| b.is_ascii_digit())
        }
        _ => false,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_filled_with(segment: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !segment.is_empty() && segment.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_five_and_six_segments() {
        let five = Ocid::parse("ocid1.generativeaiendpoint.oc1.us-chicago-1.amaaaaaa").unwrap();
        assert_eq!(
            (five.resource_type(), five.realm()),
            ("generativeaiendpoint", "oc1")
        );
        assert_eq!((five.region(), five.unique()), ("us-chicago-1", "amaaaaaa"));
        let six = Ocid::parse("ocid1.generativeaiendpoint.oc1.iad..amaaaaaa").unwrap();
        assert_eq!((six.region(), six.unique()), ("iad", "amaaaaaa"));
        assert_eq!(Ocid::parse("ocid1.tenancy.oc1..aaaa").unwrap().region(), "");
    }

    #[test]
    fn ignores_case_and_keeps_it() {
        let id = Ocid::parse("OCID1.GenerativeAiEndpoint.OC1.IAD.AmAa").unwrap();
        assert!(id.is("generativeaiendpoint"));
        assert_eq!(id.unique(), "AmAa");
    }

    #[test]
    fn rejects_what_is_not_an_ocid() {
        for text in [
            "",
            "ocid",
            "ocid1",
            "ocid1.a.b.c",
            "ocid1.a.oc1..",
            "ocid1..oc1..x",
            "ocid1.a..r.x",
            "ocidx.a.oc1..x",
            "ocid.a.oc1..x",
            "ocid1.a.oc1.r.f.x.y",
            "ocid1.a.oc1.com/.x",
            "ocid1.a.oc1.r.x\n",
            " ocid1.a.oc1.r.x",
            "ocid1.a.oc1.r.é",
        ] {
            assert_eq!(Ocid::parse(text), Err(InvalidOcid), "{text:?}");
        }
        assert_eq!(
            Ocid::parse(&format!("ocid1.a.oc1..{}", "x".repeat(MAX_LEN))),
            Err(InvalidOcid)
        );
    }
}
