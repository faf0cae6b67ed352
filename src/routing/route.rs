//! Model id → [`Route`]: where a call goes, and how.
//!
//! | model id | serving mode | transport | format |
//! |---|---|---|---|
//! | `ocid1.generativeaiendpoint.<realm>.<region>.<unique>` | DEDICATED | native | GENERIC |
//! | `cohere.command-r…` | ON_DEMAND | native | COHERE |
//! | `ocid1.generativeaimodel.…` | ON_DEMAND | native | GENERIC |
//! | anything else of the form `vendor.model` | ON_DEMAND | openai | – |
//! | another OCID, an empty or a malformed id | error `invalid_model` | | |
//!
//! That is where chats go. Embeddings and reranking are served on the native transport alone, so
//! every id goes there, in the same serving modes. Moderation has no model: of its id only the
//! region of an OCID counts.
//!
//! An `oci:` prefix is stripped. Matching ignores case, and the id is sent in its original case.
//! [`RouteOverrides`] change transport and format.
//!
//! Sources contradict each other on whether the openai transport serves endpoints. The native one
//! serves every endpoint, but takes no API key. So a chat with an endpoint goes to the openai
//! transport where an API key is all there is, and a native call would be a certain 401. From there
//! it is not moved, whatever the service answers: the other transport is no alternative then.

use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::routing::action::Action;
use crate::routing::base_url::{host_of, BaseUrl};
use crate::routing::model_id::{ModelId, ModelKind};
use crate::routing::options::{RouteOverrides, RoutingOptions};
use crate::routing::serving::{ApiFormat, ServingMode, Transport};

/// A destination of calls. Its host is derived from the table of regions or is that of a
/// [`BaseUrl`]; there is no other way to make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    action: Action,
    model: String,
    transport: Transport,
    serving_mode: Option<ServingMode>,
    api_format: Option<ApiFormat>,
    realm: String,
    region: String,
    base_url: BaseUrl,
    /// A format that is not explicit is an assumption, which the service may contradict.
    has_explicit_format: bool,
    has_explicit_transport: bool,
    was_renegotiated: bool,
}

/// A route as JavaScript sees it: `Route` in `index.d.ts`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteDescription<'a> {
    model: &'a str,
    transport: Transport,
    #[serde(skip_serializing_if = "Option::is_none")]
    serving_mode: Option<&'a ServingMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_format: Option<ApiFormat>,
    realm: &'a str,
    region: &'a str,
    url: String,
}

impl Route {
    /// Resolves a model id. The overrides, which are those of the call or of the alias, take
    /// precedence over the client's defaults.
    ///
    /// ```
    /// use oci_genai_edge::routing::{Route, RouteOverrides, RoutingOptions};
    ///
    /// let route = Route::resolve(
    ///     "ocid1.generativeaiendpoint.oc1.iad.example",
    ///     &RoutingOptions::default(),
    ///     RouteOverrides::default(),
    /// )?;
    /// assert_eq!(
    ///     route.url("/20231130/actions/chat")?,
    ///     "https://inference.generativeai.us-ashburn-1.oci.oraclecloud.com/20231130/actions/chat"
    /// );
    /// # Ok::<(), oci_genai_edge::error::Error>(())
    /// ```
    pub fn resolve(
        model: &str,
        options: &RoutingOptions,
        overrides: RouteOverrides,
    ) -> Result<Route> {
        Route::resolve_for(Action::Chat, model, options, overrides)
    }

    /// The same for any action.
    pub fn resolve_for(
        action: Action,
        model: &str,
        options: &RoutingOptions,
        overrides: RouteOverrides,
    ) -> Result<Route> {
        let is_chat = action == Action::Chat;
        let explicit_transport = overrides.transport.or(options.defaults.transport);
        let needs_native = matches!(action, Action::Embed | Action::Rerank);
        if needs_native && explicit_transport == Some(Transport::OpenAi) {
            return Err(not_on_openai());
        }
        let is_gateway =
            explicit_transport == Some(Transport::OpenAi) && options.base_url.is_some();
        let id = ModelId::strip_prefix(model);
        // Moderation calls no model: its name may be OpenAI's, or none at all.
        let model = if action == Action::Moderate && !ModelId::is_ocid(id) {
            None
        } else {
            Some(ModelId::parse(id, is_gateway)?)
        };
        let region = options.region_of(model.as_ref())?;
        let base_url = match (&options.base_url, &region) {
            (Some(base_url), _) => base_url.clone(),
            (None, Some(region)) => BaseUrl::from_host(region.inference_host()),
            (None, None) => {
                let message = match model {
                    Some(_) => "an on-demand model needs a region",
                    None => "moderation needs a region",
                };
                return Err(Error::new(Code::InvalidOptions, message)
                    .with_hint("set `region`, for example \"us-chicago-1\""));
            }
        };
        let (realm, region) = match &region {
            Some(region) => (region.realm().id(), region.name()),
            None => (options.realm.as_deref().unwrap_or("oc1"), ""),
        };
        let mut route = Route {
            action,
            model: id.to_owned(),
            transport: Transport::Native,
            serving_mode: None,
            api_format: None,
            realm: realm.to_owned(),
            region: region.to_owned(),
            base_url,
            has_explicit_format: false,
            has_explicit_transport: false,
            was_renegotiated: false,
        };
        let Some(model) = model.filter(|_| action != Action::Moderate) else {
            return Ok(route);
        };
        let explicit_format = match model.ocid() {
            Some(_) => overrides.api_format.or(options.defaults.api_format),
            None => overrides.api_format,
        };
        let default_transport = match (model.kind(), explicit_format) {
            // Also with a format, which then only says what the model behind the endpoint is.
            (ModelKind::Endpoint(_), _) if is_chat && options.has_key_only => Transport::OpenAi,
            // A format can only be chosen on the native transport.
            (ModelKind::Name, None) if is_chat => Transport::OpenAi,
            _ => Transport::Native,
        };
        route.transport = explicit_transport.unwrap_or(default_transport);
        if route.transport == Transport::Native {
            route.serving_mode = Some(model.serving_mode());
            let format = explicit_format.unwrap_or_else(|| model.default_api_format());
            route.api_format = is_chat.then_some(format);
        }
        route.has_explicit_format = explicit_format.is_some();
        route.has_explicit_transport = explicit_transport.is_some();
        Ok(route)
    }

    /// The URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> Result<String> {
        let url = format!("{}{path}", self.base_url.as_str());
        if host_of(&url) != Some(self.base_url.host()) {
            return Err(Error::new(
                Code::Internal,
                "the finished URL names another host than its base URL",
            ));
        }
        Ok(url)
    }

    /// The URL of the route's action.
    pub fn action_url(&self) -> Result<String> {
        self.url(self.action.path(self.transport))
    }

    /// The route as JavaScript sees it.
    pub fn describe(&self) -> Result<RouteDescription<'_>> {
        Ok(RouteDescription {
            model: &self.model,
            transport: self.transport,
            serving_mode: self.serving_mode.as_ref(),
            api_format: self.api_format,
            realm: &self.realm,
            region: &self.region,
            url: self.action_url()?,
        })
    }

    /// The same destination with another format; `None` on the openai transport, which has no
    /// formats.
    pub(crate) fn with_api_format(&self, format: ApiFormat) -> Option<Route> {
        let is_native = self.transport == Transport::Native;
        is_native.then(|| Route {
            api_format: Some(format),
            was_renegotiated: true,
            ..self.clone()
        })
    }

    /// The same on-demand model on the native transport, where the service wants some of Cohere's.
    /// `None` if the transport is explicit.
    pub(crate) fn moved_to_native(&self) -> Option<Route> {
        if self.transport == Transport::Native || self.has_explicit_transport {
            return None;
        }
        let model = ModelId::parse(&self.model, false).ok()?;
        let is_name = *model.kind() == ModelKind::Name;
        is_name.then(|| Route {
            transport: Transport::Native,
            serving_mode: Some(model.serving_mode()),
            api_format: Some(model.default_api_format()),
            was_renegotiated: true,
            ..self.clone()
        })
    }

    /// The route with the transport and format that the model accepted before, unless they are
    /// explicit.
    #[must_use]
    pub fn with_learned(self, transport: Transport, api_format: Option<ApiFormat>) -> Route {
        if self.has_explicit_format || self.action != Action::Chat {
            return self;
        }
        let mut route = match transport {
            Transport::Native => self.moved_to_native().unwrap_or(self),
            Transport::OpenAi => self,
        };
        if route.transport == Transport::Native {
            route.api_format = api_format.or(route.api_format);
        }
        route
    }

    /// What is asked of the model.
    pub fn action(&self) -> Action {
        self.action
    }

    /// The id that is sent: in its original case, without the `oci:` prefix.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The API that requests use.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// `None` on the openai transport.
    pub fn serving_mode(&self) -> Option<&ServingMode> {
        self.serving_mode.as_ref()
    }

    /// `None` on the openai transport.
    pub fn api_format(&self) -> Option<ApiFormat> {
        self.api_format
    }

    /// The realm's id.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The region's full name; empty if `endpoint` is set and no region is known.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Origin and path prefix.
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The host, and the port unless it is the scheme's default.
    pub fn host(&self) -> &str {
        self.base_url.host()
    }

    /// Whether an endpoint's OCID is sent as the model of the openai transport.
    pub(crate) fn is_endpoint_on_openai(&self) -> bool {
        let is_endpoint = |model: ModelId<'_>| matches!(model.kind(), ModelKind::Endpoint(_));
        self.transport == Transport::OpenAi
            && ModelId::parse(&self.model, false).is_ok_and(is_endpoint)
    }

    /// Whether the format comes from the options rather than from the routing table.
    pub fn has_explicit_format(&self) -> bool {
        self.has_explicit_format
    }

    /// Whether the transport comes from the options rather than from the routing table.
    pub fn has_explicit_transport(&self) -> bool {
        self.has_explicit_transport
    }

    /// Whether transport or format were changed after the service had rejected the assumed ones.
    pub(crate) fn was_renegotiated(&self) -> bool {
        self.was_renegotiated
    }
}

fn not_on_openai() -> Error {
    let message = "embeddings and reranking are not served on the openai transport";
    Error::new(Code::InvalidOptions, message)
        .with_hint("omit `transport`, or set it to \"native\", and sign the request")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAC: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.amaaaaaaexample";

    const HOST: &str = "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com";

    fn options(region: &str) -> RoutingOptions {
        RoutingOptions {
            region: Some(region.into()),
            ..RoutingOptions::default()
        }
    }

    fn on_demand(id: &str) -> ServingMode {
        ServingMode::OnDemand {
            model_id: id.to_owned(),
        }
    }

    fn route(model: &str) -> Result<Route> {
        Route::resolve(model, &options("us-chicago-1"), RouteOverrides::default())
    }

    fn code(result: Result<Route>) -> Code {
        result.unwrap_err().code()
    }

    #[test]
    fn routes_as_the_table_says() {
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
            dac.url("/20231130/actions/chat").unwrap(),
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
        assert_eq!(
            name.url("/openai/v1/chat/completions").unwrap(),
            "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1/chat/completions"
        );
        assert_eq!(
            route("cohere.command-a-03-2025").unwrap().transport(),
            Transport::OpenAi
        );
    }

    #[test]
    fn strips_the_prefix_and_keeps_the_case() {
        assert_eq!(
            route("oci:Cohere.Command-R-plus").unwrap().serving_mode(),
            Some(&on_demand("Cohere.Command-R-plus"))
        );
        let upper_case = DAC.to_ascii_uppercase();
        let route = route(&format!("OCI:{upper_case}")).unwrap();
        assert_eq!(
            (route.model(), route.region()),
            (upper_case.as_str(), "us-chicago-1")
        );
        assert_eq!(
            route.serving_mode(),
            Some(&ServingMode::Dedicated {
                endpoint_id: upper_case.clone()
            })
        );
    }

    #[test]
    fn rejects_what_is_not_a_model_id() {
        for id in [
            "",
            "oci:",
            "gpt-4o",
            "oci:oci:meta.llama",
            "ocid1.a.b.c",
            "ocid1.generativeaiendpoint.oc1.com/.x",
        ] {
            assert_eq!(code(route(id)), Code::InvalidModel, "{id:?}");
        }
    }

    #[test]
    fn overrides_change_transport_and_format() {
        let overrides = |api_format, transport| RouteOverrides {
            api_format,
            transport,
        };
        let to = |id, overrides| Route::resolve(id, &options("us-chicago-1"), overrides).unwrap();
        assert_eq!(
            to(DAC, overrides(Some(ApiFormat::Cohere), None)).api_format(),
            Some(ApiFormat::Cohere)
        );
        let openai = to(DAC, overrides(None, Some(Transport::OpenAi)));
        assert_eq!(
            (openai.transport(), openai.serving_mode()),
            (Transport::OpenAi, None)
        );
        let native = to(
            "cohere.command-a-03-2025",
            overrides(None, Some(Transport::Native)),
        );
        assert_eq!(native.api_format(), Some(ApiFormat::Cohere));
        let vision = to(
            "cohere.command-a-vision-07-2025",
            overrides(None, Some(Transport::Native)),
        );
        assert_eq!(vision.api_format(), Some(ApiFormat::CohereV2));
        let format = to(
            "cohere.command-a-03-2025",
            overrides(Some(ApiFormat::CohereV2), None),
        );
        assert_eq!(
            (format.transport(), format.api_format()),
            (Transport::Native, Some(ApiFormat::CohereV2))
        );
        // The client's default format applies to OCIDs only.
        let defaults = RoutingOptions {
            defaults: overrides(Some(ApiFormat::CohereV2), None),
            ..options("us-chicago-1")
        };
        let to = |id| Route::resolve(id, &defaults, RouteOverrides::default()).unwrap();
        assert_eq!(to(DAC).api_format(), Some(ApiFormat::CohereV2));
        assert_eq!(to("cohere.command-r").api_format(), Some(ApiFormat::Cohere));
        assert_eq!(to("meta.llama-3").transport(), Transport::OpenAi);
    }

    #[test]
    fn a_base_url_replaces_the_host() {
        let base_url = Some(BaseUrl::parse("http://127.0.0.1:4000").unwrap());
        let local = RoutingOptions {
            base_url,
            ..RoutingOptions::default()
        };
        let to = |id, overrides| Route::resolve(id, &local, overrides);
        assert_eq!(
            to(DAC, RouteOverrides::default())
                .unwrap()
                .url("/20231130/actions/chat")
                .unwrap(),
            "http://127.0.0.1:4000/20231130/actions/chat"
        );
        assert_eq!(
            to("cohere.command-r", RouteOverrides::default())
                .unwrap()
                .region(),
            ""
        );
        // A gateway names its models freely.
        let openai = RouteOverrides {
            transport: Some(Transport::OpenAi),
            ..RouteOverrides::default()
        };
        assert_eq!(to("my-alias", openai).unwrap().model(), "my-alias");
        assert_eq!(
            code(to("my-alias", RouteOverrides::default())),
            Code::InvalidModel
        );
        assert_eq!(code(to("my alias", openai)), Code::InvalidModel);
        assert_eq!(
            code(Route::resolve(
                "cohere.command-r",
                &RoutingOptions::default(),
                RouteOverrides::default()
            )),
            Code::InvalidOptions
        );
    }

    #[test]
    fn a_url_keeps_its_host() {
        let route = route(DAC).unwrap();
        for path in ["", "@evil.example/x", ".evil.example/x", ":80/x", "/x?y"] {
            assert_eq!(
                route.url(path).unwrap_err().code(),
                Code::Internal,
                "{path:?}"
            );
        }
    }

    #[test]
    fn describes_itself_in_the_order_of_the_documentation() {
        let describe = |route: &Route| serde_json::to_string(&route.describe().unwrap()).unwrap();
        assert_eq!(
            describe(&route(DAC).unwrap()),
            format!(
                r#"{{"model":"{DAC}","transport":"native","servingMode":{{"servingType":"DEDICATED","endpointId":"{DAC}"}},"apiFormat":"GENERIC","realm":"oc1","region":"us-chicago-1","url":"{HOST}/20231130/actions/chat"}}"#
            )
        );
        assert_eq!(
            describe(&route("meta.llama").unwrap()),
            format!(
                r#"{{"model":"meta.llama","transport":"openai","realm":"oc1","region":"us-chicago-1","url":"{HOST}/openai/v1/chat/completions"}}"#
            )
        );
    }

    #[test]
    fn embeddings_and_reranking_are_native() {
        let to = |action, model: &str, overrides| {
            Route::resolve_for(action, model, &options("us-chicago-1"), overrides)
        };
        let model = "ocid1.generativeaimodel.oc1.us-chicago-1.example";
        for (action, path) in [(Action::Embed, "embedText"), (Action::Rerank, "rerankText")] {
            for model in [
                DAC,
                model,
                "cohere.embed-v4.0",
                "cohere.command-r",
                "xai.grok-4",
            ] {
                let route = to(action, model, RouteOverrides::default()).unwrap();
                let url = format!("{HOST}/20231130/actions/{path}");
                assert_eq!(route.action_url(), Ok(url), "{model}");
                let is_dedicated = model == DAC;
                let mode = route.serving_mode().unwrap();
                assert_eq!(
                    matches!(mode, ServingMode::Dedicated { .. }),
                    is_dedicated,
                    "{model}"
                );
                assert_eq!(route.api_format(), None);
                // What a chat learned of the model is about chats.
                let learned = route
                    .clone()
                    .with_learned(Transport::Native, Some(ApiFormat::Cohere));
                assert_eq!(learned, route);
            }
            let openai = RouteOverrides {
                transport: Some(Transport::OpenAi),
                ..RouteOverrides::default()
            };
            let error = to(action, "xai.grok-4", openai).unwrap_err();
            assert_eq!(error.code(), Code::InvalidOptions);
            assert!(error.hint().unwrap().contains("\"native\""));
            assert_eq!(
                code(to(action, "gpt-4o", RouteOverrides::default())),
                Code::InvalidModel
            );
        }
    }

    #[test]
    fn moderation_goes_to_a_region_and_to_no_model() {
        let to = |model: &str, options: &RoutingOptions| {
            Route::resolve_for(Action::Moderate, model, options, RouteOverrides::default())
        };
        let chicago = options("us-chicago-1");
        for model in ["", "omni-moderation-latest", "meta.llama", DAC] {
            let route = to(model, &chicago).unwrap();
            let url = format!("{HOST}/20231130/actions/applyGuardrails");
            assert_eq!(route.action_url(), Ok(url), "{model}");
            assert_eq!((route.serving_mode(), route.api_format()), (None, None));
        }
        let nowhere = RoutingOptions::default();
        assert_eq!(to(DAC, &nowhere).unwrap().region(), "us-chicago-1");
        assert_eq!(code(to("meta.llama", &nowhere)), Code::InvalidOptions);
        assert_eq!(
            code(to("ocid1.generativeaiendpoint.oc1.iad.x", &chicago)),
            Code::RegionMismatch
        );
        assert_eq!(
            code(to("ocid1.tenancy.oc1..x", &chicago)),
            Code::InvalidModel
        );
    }

    #[test]
    fn renegotiates_only_what_was_assumed() {
        let dac = route(DAC).unwrap();
        let cohere = dac.with_api_format(ApiFormat::Cohere).unwrap();
        assert_eq!(cohere.api_format(), Some(ApiFormat::Cohere));
        assert!(cohere.was_renegotiated() && !dac.was_renegotiated());
        assert_eq!(dac.moved_to_native(), None);

        let name = route("cohere.command-a-vision-07-2025").unwrap();
        assert_eq!(name.with_api_format(ApiFormat::Cohere), None);
        let native = name.moved_to_native().unwrap();
        assert_eq!(
            (native.transport(), native.api_format()),
            (Transport::Native, Some(ApiFormat::CohereV2))
        );
        assert!(native.serving_mode().is_some() && native.was_renegotiated());
        let explicit = RouteOverrides {
            transport: Some(Transport::OpenAi),
            ..RouteOverrides::default()
        };
        let explicit = Route::resolve("meta.llama", &options("us-chicago-1"), explicit).unwrap();
        assert!(explicit.has_explicit_transport() && !explicit.has_explicit_format());
        assert_eq!(explicit.moved_to_native(), None);
    }
}
