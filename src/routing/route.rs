//! Model id -> [`Route`]: where a call goes, and how.
//!
//! | model id | serving mode | transport | format |
//! |---|---|---|---|
//! | `ocid1.generativeaiendpoint.<realm>.<region>.<unique>` | DEDICATED, endpointId | native | GENERIC, or as told |
//! | `cohere.command-r…` | ON_DEMAND, modelId | native | COHERE |
//! | `ocid1.generativeaimodel.…` | ON_DEMAND, modelId | native | GENERIC, or as told |
//! | anything else of the form `vendor.model` | ON_DEMAND | openai | – |
//! | another OCID, an empty or a malformed id | error `invalid_model` | | |
//!
//! An `oci:` prefix is taken off. Matching ignores case; the id is sent as it was given. [`Overrides`] change transport and
//! format. Pure: no network, no clock.

use crate::error::{Code, Error, Result};
use crate::json::{object, Map, Value};
use crate::routing::base_url::{host_of, Endpoint};
use crate::routing::ocid::Ocid;
use crate::routing::region::{InvalidRegion, Region};

/// The body format of the native transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiFormat {
    /// Llama, Grok, Gemini, GPT, and every imported model.
    Generic,
    /// Cohere's first chat API: Command R.
    Cohere,
    /// Cohere's second chat API: Command A.
    CohereV2,
}

/// The route of the HTTP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `POST /20231130/actions/chat`
    Native,
    /// `POST /openai/v1/chat/completions`
    OpenAi,
}

/// OCI's `servingMode`, as it stands in the body of a native request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServingMode {
    /// An endpoint on a Dedicated AI Cluster.
    Dedicated {
        /// The endpoint's OCID.
        endpoint_id: String,
    },
    /// A model that Oracle hosts.
    OnDemand {
        /// The model's name or OCID.
        model_id: String,
    },
}

/// What a caller says over the routing table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// What the model speaks.
    pub api_format: Option<ApiFormat>,
    /// Which route to take.
    pub transport: Option<Transport>,
}

/// Where a client stands: its options as far as routing cares.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The configured region, name or short code.
    pub region: Option<String>,
    /// The configured realm.
    pub realm: Option<String>,
    /// Replaces the derived host.
    pub endpoint: Option<Endpoint>,
    /// The client's own defaults. Its format speaks of OCIDs only: a name says by itself what it is.
    pub defaults: Overrides,
}

/// A destination that may be called. There is none whose host did not come from the table or from [`Endpoint`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    model: String,
    transport: Transport,
    serving_mode: Option<ServingMode>,
    api_format: Option<ApiFormat>,
    realm: String,
    region: String,
    url: String,
    /// Whether somebody said the format. One that was only assumed may be corrected when the service objects.
    format_was_told: bool,
    transport_was_told: bool,
    was_corrected: bool,
}

impl Route {
    /// Routes a model id. `told` is what the call or the alias says; it beats the defaults of the site.
    ///
    /// ```
    /// use oci_genai_edge::routing::route::{Overrides, Route, Site};
    ///
    /// let route = Route::to("ocid1.generativeaiendpoint.oc1.iad.example", &Site::default(), Overrides::default())?;
    /// assert_eq!(route.url(), "https://inference.generativeai.us-ashburn-1.oci.oraclecloud.com/20231130/actions/chat");
    /// # Ok::<(), oci_genai_edge::error::Error>(())
    /// ```
    pub fn to(model: &str, site: &Site, told: Overrides) -> Result<Route> {
        let id = strip_prefix(model);
        let transport = told.transport.or(site.defaults.transport);
        let transport_was_told = transport.is_some();
        let kind = Kind::of(
            id,
            transport == Some(Transport::OpenAi) && site.endpoint.is_some(),
        )?;
        let default_format = told.api_format.or(site.defaults.api_format);
        let (mode, format, usual) = match &kind {
            Kind::Endpoint(_) => {
                let mode = ServingMode::Dedicated {
                    endpoint_id: id.to_owned(),
                };
                (mode, default_format, Transport::Native)
            }
            Kind::Model(_) => (on_demand(id), default_format, Transport::Native),
            Kind::CommandR => (on_demand(id), told.api_format, Transport::Native),
            // To ask for a format is to ask for the transport that has formats.
            Kind::Name if told.api_format.is_some() => {
                (on_demand(id), told.api_format, Transport::Native)
            }
            Kind::Name => (on_demand(id), None, Transport::OpenAi),
        };
        let transport = transport.unwrap_or(usual);
        let region = kind.region(id, site)?;
        let endpoint = match (&site.endpoint, &region) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(region)) => Endpoint::of_host(region.inference_host()),
            (None, None) => {
                return Err(
                    Error::new(Code::InvalidOptions, "an on-demand model needs a region")
                        .with_hint("set `region`, for example \"us-chicago-1\""),
                )
            }
        };
        let path = match transport {
            Transport::Native => NATIVE_PATH,
            Transport::OpenAi => OPENAI_PATH,
        };
        let url = format!("{}{path}", endpoint.base());
        if host_of(&url) != Some(endpoint.host()) {
            return Err(Error::new(
                Code::Internal,
                "the finished URL does not name the host that it was made for",
            ));
        }
        let native = transport == Transport::Native;
        let realm = region
            .as_ref()
            .map(|region| region.realm().id())
            .or(site.realm.as_deref())
            .unwrap_or("oc1");
        Ok(Route {
            model: id.to_owned(),
            transport,
            serving_mode: native.then_some(mode),
            api_format: native.then(|| format.unwrap_or_else(|| kind.usual_format(id))),
            realm: realm.to_owned(),
            region: region
                .map(|region| region.name().to_owned())
                .unwrap_or_default(),
            url,
            format_was_told: format.is_some(),
            transport_was_told,
            was_corrected: false,
        })
    }

    /// The same destination in another format; nothing where formats don't matter.
    pub(crate) fn corrected(&self, format: ApiFormat) -> Option<Route> {
        let native = self.transport == Transport::Native;
        native.then(|| Route {
            api_format: Some(format),
            was_corrected: true,
            ..self.clone()
        })
    }

    /// The same on-demand model on the native transport: what the service wants for Cohere's models. Only what the table
    /// assumed is moved.
    pub(crate) fn moved_to_native(&self) -> Option<Route> {
        let base = self
            .url
            .strip_suffix(OPENAI_PATH)
            .filter(|_| !self.transport_was_told)?;
        let format = match Kind::of(&self.model, false) {
            Ok(kind @ Kind::Name) => kind.usual_format(&self.model),
            _ => return None,
        };
        Some(Route {
            transport: Transport::Native,
            serving_mode: Some(on_demand(&self.model)),
            api_format: Some(format),
            url: format!("{base}{NATIVE_PATH}"),
            was_corrected: true,
            ..self.clone()
        })
    }

    /// The route as the service corrected it before, unless it was told.
    #[must_use]
    pub fn with_learnt(self, transport: Transport, format: Option<ApiFormat>) -> Route {
        let mut route = match transport {
            Transport::Native if !self.format_was_told => self.moved_to_native().unwrap_or(self),
            _ => self,
        };
        if !route.format_was_told && route.transport == Transport::Native {
            route.api_format = format.or(route.api_format);
        }
        route
    }

    /// Whether the service had to correct what the table assumed.
    pub(crate) fn was_corrected(&self) -> bool {
        self.was_corrected
    }

    /// The id that is sent: as it was given, without the `oci:` prefix.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Which route the request takes.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Absent on the openai transport.
    pub fn serving_mode(&self) -> Option<&ServingMode> {
        self.serving_mode.as_ref()
    }

    /// Absent on the openai transport.
    pub fn api_format(&self) -> Option<ApiFormat> {
        self.api_format
    }

    /// Whether the format was told rather than assumed.
    pub fn format_was_told(&self) -> bool {
        self.format_was_told
    }

    /// The realm's id.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The region's full name; empty where `endpoint` made a region needless.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// As JavaScript sees it.
    pub fn to_value(&self) -> Value {
        let mut told = Map::new();
        told.insert("model", self.model.as_str().into());
        told.insert("transport", self.transport.as_str().into());
        told.insert_some(
            "servingMode",
            self.serving_mode.as_ref().map(ServingMode::to_value),
        );
        told.insert_some("apiFormat", self.api_format.map(ApiFormat::as_str));
        told.insert("realm", self.realm.as_str().into());
        told.insert("region", self.region.as_str().into());
        told.insert("url", self.url.as_str().into());
        told.into()
    }

    /// Where the request is posted to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host, and port where it isn't the scheme's own.
    pub fn host(&self) -> &str {
        host_of(&self.url).unwrap_or_default()
    }
}

impl ServingMode {
    /// As it stands in a request.
    pub fn to_value(&self) -> Value {
        match self {
            ServingMode::Dedicated { endpoint_id } => object([
                ("servingType", "DEDICATED".into()),
                ("endpointId", endpoint_id.as_str().into()),
            ]),
            ServingMode::OnDemand { model_id } => object([
                ("servingType", "ON_DEMAND".into()),
                ("modelId", model_id.as_str().into()),
            ]),
        }
    }
}

impl ApiFormat {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            ApiFormat::Generic => "GENERIC",
            ApiFormat::Cohere => "COHERE",
            ApiFormat::CohereV2 => "COHEREV2",
        }
    }

    /// Reads the name on the wire. Case counts, as it does at OCI.
    pub fn parse(name: &str) -> Option<ApiFormat> {
        [ApiFormat::Generic, ApiFormat::Cohere, ApiFormat::CohereV2]
            .into_iter()
            .find(|format| format.as_str() == name)
    }
}

impl Transport {
    /// The name in the options.
    pub const fn as_str(self) -> &'static str {
        match self {
            Transport::Native => "native",
            Transport::OpenAi => "openai",
        }
    }

    /// Reads the name in the options.
    pub fn parse(name: &str) -> Option<Transport> {
        [Transport::Native, Transport::OpenAi]
            .into_iter()
            .find(|transport| transport.as_str() == name)
    }
}

/// The rows of the table.
enum Kind<'a> {
    Endpoint(Ocid<'a>),
    Model(Ocid<'a>),
    CommandR,
    Name,
}

impl<'a> Kind<'a> {
    /// `foreign`: the openai transport of a server that isn't OCI (a gateway) names its models as it likes.
    fn of(id: &'a str, foreign: bool) -> Result<Kind<'a>> {
        if Ocid::looks_like(id) {
            return match Ocid::parse(id) {
                Ok(ocid) if ocid.is("generativeaiendpoint") => Ok(Kind::Endpoint(ocid)),
                Ok(ocid) if ocid.is("generativeaimodel") => Ok(Kind::Model(ocid)),
                Ok(ocid) => Err(invalid(
                    id,
                    format!("a {} can't be called", ocid.resource_type()),
                    other_ocid_hint(&ocid),
                )),
                Err(_) => Err(invalid(id, "not a well-formed OCID", WANTED)),
            };
        }
        if is_vendor_model(id) {
            let command_r = id
                .get(..COMMAND_R.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(COMMAND_R));
            return Ok(if command_r {
                Kind::CommandR
            } else {
                Kind::Name
            });
        }
        if foreign
            && (1..=MAX_NAME_LEN).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_graphic())
        {
            return Ok(Kind::Name);
        }
        let why = if id.is_empty() {
            "the model id is empty"
        } else {
            "not a model id"
        };
        Err(invalid(id, why, WANTED))
    }

    /// What an OCID names, held against what is configured; for a name, what is configured.
    fn region(&self, id: &str, site: &Site) -> Result<Option<Region>> {
        let configured = site.region.as_deref().map(|text| {
            Region::parse(text, site.realm.as_deref()).map_err(|why| match why {
                InvalidRegion::OtherRealm(_) => Error::new(
                    Code::RegionMismatch,
                    format!("region \"{}\": {why}", shown(text)),
                ),
                _ => Error::new(
                    Code::InvalidOptions,
                    format!("region \"{}\": {why}", shown(text)),
                ),
            })
        });
        let configured = configured.transpose()?;
        let (Kind::Endpoint(ocid) | Kind::Model(ocid)) = self else {
            return Ok(configured);
        };
        if ocid.region().is_empty() {
            return match configured {
                Some(region) if ocid.realm().eq_ignore_ascii_case(region.realm().id()) => {
                    Ok(Some(region))
                }
                Some(_) => Err(mismatch(id, "realm")),
                None => Err(invalid(
                    id,
                    "the OCID names no region",
                    "set `region`, or copy the OCID again",
                )),
            };
        }
        let named = Region::parse(ocid.region(), Some(ocid.realm())).map_err(|why| {
            invalid(
                id,
                format!("the region of the OCID can't be used: {why}"),
                WANTED,
            )
        })?;
        if site
            .realm
            .as_deref()
            .is_some_and(|realm| !realm.eq_ignore_ascii_case(named.realm().id()))
        {
            return Err(mismatch(id, "realm"));
        }
        match configured {
            Some(region) if region != named => Err(mismatch(id, "region")),
            _ => Ok(Some(named)),
        }
    }

    /// The format that is assumed when none was told.
    fn usual_format(&self, id: &str) -> ApiFormat {
        let starts = |prefix: &str| {
            id.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        match self {
            Kind::CommandR => ApiFormat::Cohere,
            // Command A Vision and Reasoning are served in the second format only; the first serves all other Cohere models.
            Kind::Name
                if starts("cohere.command-a-vision") || starts("cohere.command-a-reasoning") =>
            {
                ApiFormat::CohereV2
            }
            Kind::Name if starts("cohere.") => ApiFormat::Cohere,
            _ => ApiFormat::Generic,
        }
    }
}

const NATIVE_PATH: &str = "/20231130/actions/chat";
const OPENAI_PATH: &str = "/openai/v1/chat/completions";
const COMMAND_R: &str = "cohere.command-r";
const MAX_NAME_LEN: usize = 255;
const WANTED: &str = "a Dedicated AI Cluster endpoint (ocid1.generativeaiendpoint.<realm>.<region>.<unique>), a model OCID \
                      (ocid1.generativeaimodel.…) or a name of the form vendor.model is wanted";

fn strip_prefix(model: &str) -> &str {
    match (model.get(..4), model.get(4..)) {
        (Some(prefix), Some(id)) if prefix.eq_ignore_ascii_case("oci:") => id,
        _ => model,
    }
}

fn on_demand(id: &str) -> ServingMode {
    ServingMode::OnDemand {
        model_id: id.to_owned(),
    }
}

/// `meta.llama-3.3-70b-instruct`: a vendor of letters and digits, a dot, and a name that starts with one of them.
fn is_vendor_model(id: &str) -> bool {
    let Some((vendor, name)) = id.split_once('.') else {
        return false;
    };
    id.len() <= MAX_NAME_LEN
        && vendor
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic())
        && vendor
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && name
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:/@".contains(&b))
}

fn invalid(id: &str, why: impl std::fmt::Display, hint: &'static str) -> Error {
    Error::new(
        Code::InvalidModel,
        format!("model \"{}\": {why}", shown(id)),
    )
    .with_hint(hint)
}

fn mismatch(id: &str, what: &str) -> Error {
    Error::new(
        Code::RegionMismatch,
        format!(
            "model \"{}\" names another {what} than the one that is configured",
            shown(id)
        ),
    )
    .with_hint(
        "leave `region` and `realm` out: the OCID names its own; or check which endpoint was meant",
    )
}

/// As much of what was given as a message should hold.
fn shown(text: &str) -> String {
    const MOST: usize = 120;
    let mut shown = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == MOST {
            shown.push('…');
            break;
        }
        shown.push(if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        });
    }
    shown
}

fn other_ocid_hint(ocid: &Ocid<'_>) -> &'static str {
    let type_is = |name: &str| ocid.is(name);
    if type_is("generativeaidedicatedaicluster") {
        "a cluster is where endpoints run: give the OCID of an endpoint on it (ocid1.generativeaiendpoint.…)"
    } else if type_is("generativeaiprivateendpoint") {
        "a private endpoint is an address: set `endpoint` to https:// and its FQDN, and give the model endpoint's OCID as the model"
    } else if type_is("generativeaiimportedmodel") {
        "an imported model is called through an endpoint on a Dedicated AI Cluster: give that endpoint's OCID"
    } else if type_is("compartment") || type_is("tenancy") {
        "a compartment goes into `compartmentId`; the model is an endpoint OCID or a name of the form vendor.model"
    } else {
        WANTED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAC: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.amaaaaaaexample";

    fn site(region: &str) -> Site {
        Site {
            region: Some(region.into()),
            ..Site::default()
        }
    }

    fn route(model: &str) -> Result<Route> {
        Route::to(model, &site("us-chicago-1"), Overrides::default())
    }

    fn code(result: Result<Route>) -> Code {
        result.unwrap_err().code()
    }

    #[test]
    fn the_table() {
        let dac = route(DAC).unwrap();
        assert_eq!(
            dac.serving_mode(),
            Some(&ServingMode::Dedicated {
                endpoint_id: DAC.into()
            })
        );
        assert_eq!(
            (dac.transport(), dac.api_format()),
            (Transport::Native, Some(ApiFormat::Generic))
        );
        assert_eq!(
            dac.url(),
            "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat"
        );

        let command_r = route("cohere.command-r-08-2024").unwrap();
        assert_eq!(
            command_r.serving_mode(),
            Some(&on_demand("cohere.command-r-08-2024"))
        );
        assert_eq!(
            (command_r.transport(), command_r.api_format()),
            (Transport::Native, Some(ApiFormat::Cohere))
        );

        let model = "ocid1.generativeaimodel.oc1.us-chicago-1.amaaaaaaexample";
        assert_eq!(
            route(model).unwrap().serving_mode(),
            Some(&on_demand(model))
        );
        assert_eq!(route(model).unwrap().api_format(), Some(ApiFormat::Generic));

        let name = route("meta.llama-3.3-70b-instruct").unwrap();
        assert_eq!(
            (name.transport(), name.serving_mode(), name.api_format()),
            (Transport::OpenAi, None, None)
        );
        assert_eq!(name.url(), "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1/chat/completions");
        assert_eq!(
            route("cohere.command-a-03-2025").unwrap().transport(),
            Transport::OpenAi
        );
    }

    #[test]
    fn the_prefix_goes_and_the_case_stays() {
        assert_eq!(
            route("oci:Cohere.Command-R-plus").unwrap().serving_mode(),
            Some(&on_demand("Cohere.Command-R-plus"))
        );
        let shouted = DAC.to_ascii_uppercase();
        let route = route(&format!("OCI:{shouted}")).unwrap();
        assert_eq!(
            (route.model(), route.region()),
            (shouted.as_str(), "us-chicago-1")
        );
        assert_eq!(
            route.serving_mode(),
            Some(&ServingMode::Dedicated {
                endpoint_id: shouted.clone()
            })
        );
    }

    #[test]
    fn a_dac_names_its_own_region() {
        let none = Site::default();
        let at = |id| Route::to(id, &none, Overrides::default());
        assert_eq!(
            at("ocid1.generativeaiendpoint.oc1.iad.x").unwrap().region(),
            "us-ashburn-1"
        );
        assert_eq!(
            at("ocid1.generativeaiendpoint.oc1.iad..x")
                .unwrap()
                .region(),
            "us-ashburn-1"
        );
        let second = at("ocid1.generativeaiendpoint.oc19.eu-frankfurt-2.x").unwrap();
        assert_eq!(
            (second.realm(), second.host()),
            (
                "oc19",
                "inference.generativeai.eu-frankfurt-2.oci.oraclecloud.eu"
            )
        );
        assert_eq!(
            code(at("ocid1.generativeaiendpoint.oc99.us-chicago-1.x")),
            Code::InvalidModel
        );
        assert_eq!(
            code(at("ocid1.generativeaiendpoint.oc1.zzz.x")),
            Code::InvalidModel
        );
        assert_eq!(
            code(at("ocid1.generativeaiendpoint.oc1..x")),
            Code::InvalidModel
        );
        assert_eq!(
            code(at("ocid1.generativeaiendpoint.oc1.com/.x")),
            Code::InvalidModel
        );
    }

    #[test]
    fn a_contradiction_is_an_error() {
        assert_eq!(
            code(Route::to(DAC, &site("us-ashburn-1"), Overrides::default())),
            Code::RegionMismatch
        );
        let realm = Site {
            realm: Some("oc2".into()),
            ..Site::default()
        };
        assert_eq!(
            code(Route::to(DAC, &realm, Overrides::default())),
            Code::RegionMismatch
        );
        assert!(Route::to(DAC, &site("ORD"), Overrides::default()).is_ok());
        let both = Site {
            realm: Some("oc1".into()),
            ..site("eu-frankfurt-2")
        };
        assert_eq!(
            code(Route::to("cohere.command-r", &both, Overrides::default())),
            Code::RegionMismatch
        );
    }

    #[test]
    fn what_is_no_model() {
        for id in [
            "",
            "oci:",
            " ",
            "gpt-4o",
            "meta.",
            ".llama",
            "meta llama.x",
            "meta.llama 3",
            "ocid1.generativeaiendpoint",
            "ocid1.compartment.oc1..aaaa",
            "ocid1.generativeaidedicatedaicluster.oc1.us-chicago-1.x",
            "ocid1.generativeaiprivateendpoint.oc1.us-chicago-1.x",
            "ocid1.generativeaiimportedmodel.oc1.us-chicago-1.x",
            "oci:oci:meta.llama",
            " ocid1.generativeaiendpoint.oc1.us-chicago-1.x",
            "meta.llama\n",
            "https://evil.example",
        ] {
            let error = route(id).unwrap_err();
            assert_eq!(error.code(), Code::InvalidModel, "{id:?}");
            assert!(
                error.hint().is_some() && error.message().starts_with("model \""),
                "{error}"
            );
        }
        assert!(route(&"x.y".repeat(1000)).unwrap_err().message().len() < 600);
    }

    #[test]
    fn overrides() {
        let told = |api_format, transport| Overrides {
            api_format,
            transport,
        };
        let to = |id, told| Route::to(id, &site("us-chicago-1"), told).unwrap();
        assert_eq!(
            to(DAC, told(Some(ApiFormat::Cohere), None)).api_format(),
            Some(ApiFormat::Cohere)
        );
        let openai = to(DAC, told(None, Some(Transport::OpenAi)));
        assert_eq!(
            (openai.transport(), openai.serving_mode()),
            (Transport::OpenAi, None)
        );
        let native = to(
            "cohere.command-a-03-2025",
            told(None, Some(Transport::Native)),
        );
        assert_eq!(native.api_format(), Some(ApiFormat::Cohere));
        let vision = to(
            "cohere.command-a-vision-07-2025",
            told(None, Some(Transport::Native)),
        );
        assert_eq!(vision.api_format(), Some(ApiFormat::CohereV2));
        let format = to(
            "cohere.command-a-03-2025",
            told(Some(ApiFormat::CohereV2), None),
        );
        assert_eq!(
            (format.transport(), format.api_format()),
            (Transport::Native, Some(ApiFormat::CohereV2))
        );
        // The client's own format is about its OCIDs.
        let defaults = Site {
            defaults: told(Some(ApiFormat::CohereV2), None),
            ..site("us-chicago-1")
        };
        let to = |id| Route::to(id, &defaults, Overrides::default()).unwrap();
        assert_eq!(to(DAC).api_format(), Some(ApiFormat::CohereV2));
        assert_eq!(to("cohere.command-r").api_format(), Some(ApiFormat::Cohere));
        assert_eq!(to("meta.llama-3").transport(), Transport::OpenAi);
    }

    #[test]
    fn an_endpoint_replaces_the_host() {
        let endpoint = Some(Endpoint::parse("http://127.0.0.1:4000").unwrap());
        let local = Site {
            endpoint,
            ..Site::default()
        };
        let to = |id, told| Route::to(id, &local, told);
        assert_eq!(
            to(DAC, Overrides::default()).unwrap().url(),
            "http://127.0.0.1:4000/20231130/actions/chat"
        );
        assert_eq!(
            to("cohere.command-r", Overrides::default())
                .unwrap()
                .region(),
            ""
        );
        // A gateway of one's own names its models as it likes.
        let openai = Overrides {
            transport: Some(Transport::OpenAi),
            ..Overrides::default()
        };
        assert_eq!(to("my-alias", openai).unwrap().model(), "my-alias");
        assert_eq!(
            code(to("my-alias", Overrides::default())),
            Code::InvalidModel
        );
        assert_eq!(code(to("my alias", openai)), Code::InvalidModel);
        assert_eq!(
            code(Route::to(
                "cohere.command-r",
                &Site::default(),
                Overrides::default()
            )),
            Code::InvalidOptions
        );
    }
}
