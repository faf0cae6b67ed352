//! The options that routing depends on.

use crate::error::{excerpt, Code, Error, Result};
use crate::routing::base_url::BaseUrl;
use crate::routing::model_id::{invalid_model, ModelId, EXPECTED};
use crate::routing::region::{InvalidRegion, Region};
use crate::routing::serving::{ApiFormat, Transport};

/// Transport and format instead of those of the routing table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteOverrides {
    /// `apiFormat`
    pub api_format: Option<ApiFormat>,
    /// `transport`
    pub transport: Option<Transport>,
}

/// The client options that routing depends on.
#[derive(Clone, Debug, Default)]
pub struct RoutingOptions {
    /// `region`, a name or a short code.
    pub region: Option<String>,
    /// `realm`
    pub realm: Option<String>,
    /// `endpoint`, instead of the derived host.
    pub base_url: Option<BaseUrl>,
    /// The client's `apiFormat` and `transport`. This format applies to OCIDs only: a name already
    /// says which model it is.
    pub defaults: RouteOverrides,
    /// Whether an API key is all there is to authenticate with. The native transport takes none.
    pub has_key_only: bool,
}

impl RoutingOptions {
    /// The region that an OCID names, which must not contradict the configured one; for a name, and
    /// for no model, the configured region.
    pub(super) fn region_of(&self, model: Option<&ModelId<'_>>) -> Result<Option<Region>> {
        let configured = self.configured_region()?;
        let Some((model, ocid)) = model.and_then(|model| Some((model, model.ocid()?))) else {
            return Ok(configured);
        };
        let id = model.as_str();
        if ocid.region().is_empty() {
            return match configured {
                Some(region) if ocid.realm().eq_ignore_ascii_case(region.realm().id()) => {
                    Ok(Some(region))
                }
                Some(_) => Err(mismatch(id, "realm")),
                None => Err(invalid_model(
                    id,
                    "the OCID names no region",
                    "set `region`, or copy the OCID again",
                )),
            };
        }
        let named = Region::parse(ocid.region(), Some(ocid.realm())).map_err(|invalid| {
            let message = format!("the OCID's region is invalid: {invalid}");
            invalid_model(id, message, EXPECTED)
        })?;
        let realm = self.realm.as_deref();
        if realm.is_some_and(|realm| !realm.eq_ignore_ascii_case(named.realm().id())) {
            return Err(mismatch(id, "realm"));
        }
        match configured {
            Some(region) if region != named => Err(mismatch(id, "region")),
            _ => Ok(Some(named)),
        }
    }

    fn configured_region(&self) -> Result<Option<Region>> {
        let Some(text) = self.region.as_deref() else {
            return Ok(None);
        };
        let region = Region::parse(text, self.realm.as_deref()).map_err(|invalid| {
            let code = match invalid {
                InvalidRegion::OtherRealm(_) => Code::RegionMismatch,
                InvalidRegion::UnknownRealm | InvalidRegion::Malformed => Code::InvalidOptions,
            };
            Error::new(code, format!("region \"{}\": {invalid}", excerpt(text)))
        })?;
        Ok(Some(region))
    }
}

fn mismatch(id: &str, what: &str) -> Error {
    let message = format!(
        "model \"{}\" is in another {what} than the configured one",
        excerpt(id)
    );
    Error::new(Code::RegionMismatch, message)
        .with_hint("omit `region` and `realm`, since the OCID names its own, or check the OCID")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.x";

    fn options(region: Option<&str>, realm: Option<&str>) -> RoutingOptions {
        RoutingOptions {
            region: region.map(str::to_owned),
            realm: realm.map(str::to_owned),
            ..RoutingOptions::default()
        }
    }

    /// The region's name, the realm's id, and the host.
    fn region(
        id: &str,
        options: &RoutingOptions,
    ) -> Result<Option<(String, &'static str, String)>> {
        let model = ModelId::parse(id, false).unwrap();
        let region = options.region_of(Some(&model))?;
        Ok(region.map(|it| (it.name().to_owned(), it.realm().id(), it.inference_host())))
    }

    #[test]
    fn an_ocid_names_its_own_region() {
        let none = RoutingOptions::default();
        let name = |id| region(id, &none).unwrap().unwrap().0;
        assert_eq!(name("ocid1.generativeaiendpoint.oc1.iad.x"), "us-ashburn-1");
        assert_eq!(
            name("ocid1.generativeaiendpoint.oc1.iad..x"),
            "us-ashburn-1"
        );
        let id = "ocid1.generativeaiendpoint.oc19.eu-frankfurt-2.x";
        let host = "inference.generativeai.eu-frankfurt-2.oci.oraclecloud.eu";
        assert_eq!(
            region(id, &none).unwrap(),
            Some(("eu-frankfurt-2".into(), "oc19", host.into()))
        );
        for id in [
            "ocid1.generativeaiendpoint.oc99.us-chicago-1.x",
            "ocid1.generativeaiendpoint.oc1.zzz.x",
            "ocid1.generativeaiendpoint.oc1..x",
        ] {
            let error = region(id, &none).unwrap_err();
            assert_eq!(error.code(), Code::InvalidModel, "{id}");
        }
    }

    #[test]
    fn an_ocid_without_a_region_takes_the_configured_one() {
        let id = "ocid1.generativeaiendpoint.oc1..x";
        let chicago = region(id, &options(Some("ord"), None)).unwrap().unwrap();
        assert_eq!(chicago.0, "us-chicago-1");
        let error = region(id, &options(Some("eu-frankfurt-2"), None)).unwrap_err();
        assert_eq!(error.code(), Code::RegionMismatch);
    }

    #[test]
    fn a_name_takes_the_configured_region() {
        assert_eq!(region("meta.llama", &options(None, None)).unwrap(), None);
        let langley = region("meta.llama", &options(Some("lfi"), None));
        let (name, realm, _) = langley.unwrap().unwrap();
        assert_eq!((name.as_str(), realm), ("us-langley-1", "oc2"));
        let error = region("meta.llama", &options(Some("nowhere"), None)).unwrap_err();
        assert_eq!(error.code(), Code::InvalidOptions);
    }

    #[test]
    fn rejects_a_contradicting_region_or_realm() {
        for (id, options) in [
            (ENDPOINT, options(Some("us-ashburn-1"), None)),
            (ENDPOINT, options(None, Some("oc2"))),
            (
                "cohere.command-r",
                options(Some("eu-frankfurt-2"), Some("oc1")),
            ),
        ] {
            let error = region(id, &options).unwrap_err();
            assert_eq!(error.code(), Code::RegionMismatch, "{id}");
        }
        assert!(region(ENDPOINT, &options(Some("ORD"), None)).is_ok());
    }
}
