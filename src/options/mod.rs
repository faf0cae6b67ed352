//! The options of a client and of a call, read from JSON text. What is unknown or invalid is an
//! error that names it.

mod headers;
mod limits;
pub mod read;
mod target;

pub use headers::is_header_value;
pub use limits::{Limits, Retry, Timeouts};
pub use read::nearest_name;
pub use target::Target;

use crate::error::{excerpt, Code, Error, Result};
use crate::routing::{
    Action, ApiFormat, BaseUrl, Candidate, ModelId, Realm, Route, RouteOverrides, RoutingOptions,
    Strategy, Transport,
};
use read::{invalid_option, parse_object, OptionNames, OptionReader};

/// `ClientOptions` of `index.d.ts`, without those that JavaScript keeps for itself. Each has its
/// default, as in JSON text that doesn't name it.
#[derive(Clone, Debug)]
pub struct Options {
    /// `region`, `realm`, `endpoint`, `apiFormat` and `transport`
    pub routing: RoutingOptions,
    /// `compartmentId`
    pub compartment_id: Option<String>,
    /// `models`, in the order in which they were given.
    pub aliases: Vec<(String, Vec<Target>)>,
    /// `strategy`
    pub strategy: Strategy,
    /// `aliasesOnly`: no other model id can be called.
    pub aliases_only: bool,
    /// `headers`, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// `retry`
    pub retry: Retry,
    /// `timeouts`
    pub timeouts: Timeouts,
    /// `limits`
    pub limits: Limits,
    /// `fallback` is not "never".
    pub fallback: bool,
    /// `toolCallText` is not "off".
    pub tool_call_text: bool,
    /// `reasoningText` is "auto".
    pub reasoning_text: bool,
}

/// `CallOptions` of `index.d.ts`, without the signal.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    /// `apiFormat` and `transport`
    pub overrides: RouteOverrides,
    /// `timeouts`, which take precedence over the client's one by one.
    pub timeouts: Timeouts,
    /// `headers`, which take precedence over the client's one by one.
    pub headers: Vec<(String, String)>,
    /// `fallback`, if set.
    pub fallback: Option<bool>,
    /// Whether the caller is an HTTP client, which may repeat its request by itself. Not an option:
    /// the entry that the call came in by decides.
    pub over_http: bool,
}

/// What `route` is asked, besides the model id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteQuery {
    /// `apiFormat` and `transport`
    pub overrides: RouteOverrides,
    /// `operation`
    pub action: Action,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            routing: RoutingOptions::default(),
            compartment_id: None,
            aliases: Vec::new(),
            strategy: Strategy::default(),
            aliases_only: false,
            headers: Vec::new(),
            retry: Retry::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            fallback: true,
            tool_call_text: true,
            reasoning_text: false,
        }
    }
}

impl Options {
    /// Reads the options from JSON text.
    pub fn from_json(json: &str) -> Result<Options> {
        const NAMES: OptionNames = OptionNames {
            here: &[
                "compartmentId",
                "region",
                "realm",
                "endpoint",
                "models",
                "strategy",
                "aliasesOnly",
                "headers",
                "retry",
                "timeouts",
                "limits",
                "fallback",
                "toolCallText",
                "reasoningText",
                "apiFormat",
                "transport",
            ],
            javascript: &["sign", "apiKey", "fetch", "onFinish", "logger"],
        };
        let object = parse_object(json)?;
        let options = OptionReader::new("", &object, NAMES)?;
        let realm = options.string("realm")?;
        if realm.as_deref().is_some_and(|id| Realm::find(id).is_none()) {
            return Err(invalid_option("realm", "a realm of OCI, such as \"oc1\""));
        }
        let tool_call_text = options.read_enum("toolCallText", &["auto", "off"], |name| name)?;
        let reasoning_text = options.read_enum("reasoningText", &["auto", "off"], |name| name)?;
        Ok(Options {
            routing: RoutingOptions {
                region: options.string("region")?,
                realm,
                base_url: read_base_url(&options)?,
                defaults: read_overrides(&options)?,
                // The credentials stay in JavaScript.
                has_key_only: false,
            },
            compartment_id: options.string("compartmentId")?,
            aliases: target::read_aliases(&options)?,
            strategy: options
                .read_enum("strategy", &Strategy::ALL, Strategy::name)?
                .unwrap_or_default(),
            aliases_only: options.boolean("aliasesOnly")?.unwrap_or_default(),
            headers: headers::read(&options)?,
            retry: Retry::read(&options)?,
            timeouts: Timeouts::read(&options)?,
            limits: Limits::read(&options)?,
            fallback: read_fallback(&options)?.unwrap_or(true),
            tool_call_text: tool_call_text != Some("off"),
            reasoning_text: reasoning_text == Some("auto"),
        })
    }

    /// The addresses of the options, each with the path of its option.
    pub fn base_urls(&self) -> impl Iterator<Item = (String, &BaseUrl)> {
        let own = self.routing.base_url.iter();
        let own = own.map(|base_url| ("endpoint".to_owned(), base_url));
        let targets = self.aliases.iter().flat_map(|(alias, targets)| {
            targets.iter().filter_map(move |target| {
                let path = format!("models.{}.endpoint", excerpt(alias));
                Some((path, target.base_url.as_ref()?))
            })
        });
        own.chain(targets)
    }

    /// The targets that a model id or alias stands for, in the order in which they are tried.
    pub fn candidates(
        &self,
        action: Action,
        model: &str,
        overrides: RouteOverrides,
    ) -> Result<Vec<Candidate>> {
        let alias = self.aliases.iter().find(|(name, _)| name == model);
        // Moderation calls no model: its name may be OpenAI's, or none at all.
        let names_a_model = action != Action::Moderate || ModelId::is_ocid(model);
        match alias {
            Some((_, targets)) => targets
                .iter()
                .map(|target| self.candidate(action, target, overrides))
                .collect(),
            None if self.aliases_only && names_a_model => Err(self.not_an_alias(model)),
            None => Ok(vec![self.candidate(
                action,
                &Target::new(model),
                overrides,
            )?]),
        }
    }

    fn not_an_alias(&self, model: &str) -> Error {
        let names: Vec<_> = self.aliases.iter().map(|(name, _)| name.as_str()).collect();
        let hint = match names.as_slice() {
            [] => "there are no aliases: add one to `models`, or unset `aliasesOnly`".to_owned(),
            names => format!("the models are {}", names.join(", ")),
        };
        let message = format!("\"{}\" is not one of the models", excerpt(model));
        let error = Error::param("model", message).with_code(Code::InvalidModel);
        error.with_hint(hint)
    }

    fn candidate(
        &self,
        action: Action,
        target: &Target,
        overrides: RouteOverrides,
    ) -> Result<Candidate> {
        let client = self.routing.clone();
        let routing = RoutingOptions {
            region: target.region.clone().or(client.region),
            base_url: target.base_url.clone().or(client.base_url),
            ..client
        };
        let overrides = RouteOverrides {
            api_format: overrides.api_format.or(target.overrides.api_format),
            transport: overrides.transport.or(target.overrides.transport),
        };
        let compartment_id = target.compartment_id.as_ref();
        Ok(Candidate {
            route: Route::resolve_for(action, &target.model, &routing, overrides)?,
            compartment_id: compartment_id.or(self.compartment_id.as_ref()).cloned(),
            health: None,
        })
    }
}

impl CallOptions {
    /// Reads the options from JSON text.
    pub fn from_json(json: &str) -> Result<CallOptions> {
        const NAMES: OptionNames = OptionNames {
            here: &["apiFormat", "transport", "timeouts", "headers", "fallback"],
            javascript: &["signal", "requestId"],
        };
        // SPEED: most calls have no options of their own.
        if json.is_empty() {
            return Ok(CallOptions::default());
        }
        let object = parse_object(json)?;
        let options = OptionReader::new("", &object, NAMES)?;
        Ok(CallOptions {
            overrides: read_overrides(&options)?,
            timeouts: Timeouts::read(&options)?,
            headers: headers::read(&options)?,
            fallback: read_fallback(&options)?,
            over_http: false,
        })
    }
}

impl RouteQuery {
    /// Reads the query from JSON text.
    pub fn from_json(json: &str) -> Result<RouteQuery> {
        const NAMES: OptionNames = OptionNames {
            here: &["apiFormat", "transport", "operation"],
            javascript: &[],
        };
        let object = parse_object(json)?;
        let options = OptionReader::new("", &object, NAMES)?;
        let action = options.read_enum("operation", &Action::ALL, Action::name)?;
        Ok(RouteQuery {
            overrides: read_overrides(&options)?,
            action: action.unwrap_or_default(),
        })
    }
}

fn read_overrides(options: &OptionReader<'_>) -> Result<RouteOverrides> {
    Ok(RouteOverrides {
        api_format: options.read_enum("apiFormat", &ApiFormat::ALL, ApiFormat::name)?,
        transport: options.read_enum("transport", &Transport::ALL, Transport::name)?,
    })
}

fn read_base_url(options: &OptionReader<'_>) -> Result<Option<BaseUrl>> {
    let endpoint = options.string("endpoint")?;
    endpoint.map(|text| BaseUrl::parse(&text)).transpose()
}

fn read_fallback(options: &OptionReader<'_>) -> Result<Option<bool>> {
    let fallback = options.read_enum("fallback", &["auto", "never"], |name| name)?;
    Ok(fallback.map(|name| name == "auto"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_default() {
        let options = Options::from_json("{}").unwrap();
        assert!(options.fallback && options.tool_call_text && !options.reasoning_text);
        assert_eq!(
            options.retry,
            Retry {
                max_attempts: 3,
                max_attempts_over_http: 2,
                base_delay_ms: 500.0,
                max_delay_ms: 8000.0,
                max_requests: 10
            }
        );
        assert_eq!(options.timeouts, Timeouts::default());
        assert_eq!(options.limits, Limits::default());
        let default = format!("{:?}", Options::default());
        assert_eq!(format!("{options:?}"), default);
    }

    #[test]
    fn reads_every_option() {
        let options = Options::from_json(
            r#"{"compartmentId":"c","region":"ord","realm":"OC1","endpoint":"https://h.example/p/",
                "models":{"a":"meta.llama"},"headers":{"X-A":"1\t2"},
                "retry":{"maxAttempts":1e9,"baseDelayMs":0,"maxDelayMs":1.5,"maxRequests":101},
                "timeouts":{"totalMs":1,"firstChunkMs":2,"chunkMs":3},
                "limits":{"maxEventBytes":4,"maxResponseBytes":5,"maxErrorBytes":6,"maxToolCalls":7},
                "fallback":"never","toolCallText":"off","reasoningText":"auto","strategy":"fastest",
                "apiFormat":"COHEREV2","transport":"openai"}"#,
        )
        .unwrap();
        assert_eq!(options.compartment_id.as_deref(), Some("c"));
        let routing = &options.routing;
        assert_eq!(routing.region.as_deref(), Some("ord"));
        assert_eq!(routing.realm.as_deref(), Some("OC1"));
        let base_url = routing.base_url.as_ref().map(BaseUrl::as_str);
        assert_eq!(base_url, Some("https://h.example/p"));
        assert_eq!(
            routing.defaults,
            RouteOverrides {
                api_format: Some(ApiFormat::CohereV2),
                transport: Some(Transport::OpenAi)
            }
        );
        assert_eq!(options.aliases[0].1[0].model, "meta.llama");
        assert_eq!(options.headers, [("x-a".into(), "1\t2".into())]);
        assert_eq!(
            options.retry,
            Retry {
                max_attempts: 100,
                max_attempts_over_http: 100,
                base_delay_ms: 0.0,
                max_delay_ms: 1.5,
                max_requests: 100
            }
        );
        assert_eq!(
            options.timeouts,
            Timeouts {
                total_ms: Some(1.0),
                first_chunk_ms: Some(2.0),
                chunk_ms: Some(3.0)
            }
        );
        assert_eq!(
            options.limits,
            Limits {
                max_event_bytes: 4,
                max_response_bytes: 5,
                max_error_bytes: 6,
                max_tool_calls: 7
            }
        );
        assert!(!options.fallback && !options.tool_call_text && options.reasoning_text);
        assert_eq!(options.strategy, Strategy::Fastest);
    }

    #[test]
    fn rejects_invalid_values_by_path() {
        for (json, path) in [
            ("[]", "options"),
            (r#"{"region":5}"#, "region"),
            (r#"{"realm":"oc99"}"#, "realm"),
            (r#"{"compartmentId":""}"#, "compartmentId"),
            (r#"{"apiFormat":"generic"}"#, "apiFormat"),
            (r#"{"transport":"grpc"}"#, "transport"),
            (r#"{"fallback":true}"#, "fallback"),
            (r#"{"toolCallText":"on"}"#, "toolCallText"),
            (r#"{"reasoningText":true}"#, "reasoningText"),
            (r#"{"endpoint":"ftp://x"}"#, "endpoint"),
            (r#"{"headers":["x"]}"#, "headers"),
            (
                r#"{"headers":{"Authorization":"x"}}"#,
                "headers.Authorization",
            ),
            (
                r#"{"headers":{"content-type":"x"}}"#,
                "headers.content-type",
            ),
            (r#"{"headers":{"x-a":"a\r\nb: c"}}"#, "headers.x-a"),
            (r#"{"headers":{"x-a":5}}"#, "headers.x-a"),
            (r#"{"headers":{"x a":"y"}}"#, "headers.x a"),
            (r#"{"retry":{"maxAttempts":0}}"#, "retry.maxAttempts"),
            (r#"{"retry":{"maxRequests":0}}"#, "retry.maxRequests"),
            (r#"{"strategy":"random"}"#, "strategy"),
            (r#"{"timeouts":{"totalMs":"1"}}"#, "timeouts.totalMs"),
            (r#"{"limits":{"maxEventBytes":-1}}"#, "limits.maxEventBytes"),
            (r#"{"models":{"a":[]}}"#, "models.a"),
            (r#"{"models":{"a":{"region":"x"}}}"#, "models.a.model"),
            (r#"{"models":{"a":5}}"#, "models.a"),
            (r#"{"models":{"a":["meta.llama",null]}}"#, "models.a[1]"),
            (
                r#"{"models":{"a":["meta.llama",{"model":"x.y","region":5}]}}"#,
                "models.a[1].region",
            ),
        ] {
            let error = Options::from_json(json).unwrap_err();
            assert_eq!(error.code(), Code::InvalidOptions, "{json}");
            assert!(error.message().contains(path), "{json}: {error}");
        }
    }

    #[test]
    fn rejects_unknown_options_everywhere() {
        for (json, path, hint) in [
            (r#"{"regoin":"x"}"#, "regoin", "did you mean region?"),
            (r#"{"Sign":"x"}"#, "Sign", "did you mean sign?"),
            (r#"{"apikey":"x"}"#, "apikey", "did you mean apiKey?"),
            (r#"{"onfinished":1}"#, "onfinished", "did you mean onFinish?"),
            (
                r#"{"timeouts":{"totalMS":5}}"#,
                "timeouts.totalMS",
                "did you mean timeouts.totalMs?",
            ),
            (
                r#"{"retry":{"attempts":5}}"#,
                "retry.attempts",
                "did you mean retry.maxAttempts?",
            ),
            (
                r#"{"limits":{"maxTokens":5}}"#,
                "limits.maxTokens",
                "the options of limits are maxEventBytes, maxResponseBytes, maxErrorBytes, maxToolCalls",
            ),
            (
                r#"{"models":{"a":{"model":"x.y","compartmentID":"c"}}}"#,
                "models.a.compartmentID",
                "did you mean models.a.compartmentId?",
            ),
            (
                r#"{"models":{"a":["x.y",{"model":"x.y","realm":"oc1"}]}}"#,
                "models.a[1].realm",
                "the options of models.a[1] are model, region, compartmentId, endpoint, apiFormat, transport",
            ),
        ] {
            let error = Options::from_json(json).unwrap_err();
            assert_eq!(error.code(), Code::InvalidOptions, "{json}");
            let message = format!("the option {path} is not known");
            assert_eq!((error.message(), error.hint()), (message.as_str(), Some(hint)));
        }
        // These have names of the caller's own.
        assert!(
            Options::from_json(r#"{"headers":{"regoin":"x"},"models":{"regoin":"x.y"}}"#).is_ok()
        );
    }

    #[test]
    fn call_options_and_overrides_have_their_own_names() {
        let message = |error: crate::error::Error| error.message().to_owned();
        assert!(CallOptions::from_json(
            r#"{"apiFormat":"GENERIC","transport":"native","timeouts":{},"headers":{},"fallback":"auto"}"#
        )
        .is_ok());
        for (json, path, hint) in [
            (r#"{"region":"x"}"#, "region", "the options are"),
            (r#"{"Signal":1}"#, "Signal", "did you mean signal?"),
            (r#"{"timeout":{}}"#, "timeout", "did you mean timeouts?"),
            (
                r#"{"timeouts":{"chunkms":1}}"#,
                "timeouts.chunkms",
                "did you mean timeouts.chunkMs?",
            ),
        ] {
            let error = CallOptions::from_json(json).unwrap_err();
            assert!(
                error.hint().is_some_and(|it| it.starts_with(hint)),
                "{error}"
            );
            assert_eq!(message(error), format!("the option {path} is not known"));
        }
        let query = RouteQuery::from_json(r#"{"apiFormat":"COHERE","transport":null}"#).unwrap();
        assert_eq!(query.action, Action::Chat);
        for action in Action::ALL {
            let json = format!(r#"{{"operation":"{}"}}"#, action.name());
            assert_eq!(RouteQuery::from_json(&json).unwrap().action, action);
        }
        assert!(RouteQuery::from_json(r#"{"operation":"embedText"}"#).is_err());
        let error = RouteQuery::from_json(r#"{"headers":{}}"#).unwrap_err();
        let hint = "the options are apiFormat, transport, operation";
        assert_eq!(error.hint(), Some(hint));
        assert_eq!(message(error), "the option headers is not known");
    }

    #[test]
    fn an_alias_stands_for_targets_in_order() {
        let options = Options::from_json(
            r#"{"region":"us-chicago-1","compartmentId":"c0","models":{"fast":["meta.llama",
                {"model":"cohere.command-r","region":"us-ashburn-1","compartmentId":"c1","apiFormat":"COHEREV2"}]}}"#,
        )
        .unwrap();
        let candidates = options
            .candidates(Action::Chat, "fast", RouteOverrides::default())
            .unwrap();
        let regions: Vec<_> = candidates.iter().map(|it| it.route.region()).collect();
        assert_eq!(regions, ["us-chicago-1", "us-ashburn-1"]);
        assert_eq!(candidates[0].compartment_id.as_deref(), Some("c0"));
        assert_eq!(candidates[1].compartment_id.as_deref(), Some("c1"));
        assert_eq!(candidates[1].route.api_format(), Some(ApiFormat::CohereV2));
        let unknown = options.candidates(Action::Chat, "slow", RouteOverrides::default());
        assert_eq!(unknown.unwrap_err().code(), Code::InvalidModel);
    }

    #[test]
    fn aliases_only() {
        let candidates = |models: &str, model: &str| {
            let json = format!(r#"{{"region":"ord","aliasesOnly":true,"models":{models}}}"#);
            let options = Options::from_json(&json).unwrap();
            options.candidates(Action::Chat, model, RouteOverrides::default())
        };
        assert!(candidates(r#"{"fast":"meta.llama"}"#, "fast").is_ok());
        for (models, model, hint) in [
            (
                r#"{"fast":"meta.llama","slow":"x.y"}"#,
                "meta.llama",
                "the models are fast, slow",
            ),
            (
                r#"{"fast":"meta.llama"}"#,
                "oci:fast",
                "the models are fast",
            ),
            (r#"{"fast":"meta.llama"}"#, "Fast", "the models are fast"),
            (
                "{}",
                "meta.llama",
                "there are no aliases: add one to `models`, or unset `aliasesOnly`",
            ),
        ] {
            let error = candidates(models, model).unwrap_err();
            assert_eq!(
                (error.code(), error.hint()),
                (Code::InvalidModel, Some(hint))
            );
            assert_eq!(
                error.message(),
                format!("\"{model}\" is not one of the models")
            );
            assert_eq!(error.param_name(), Some("model"));
        }
        let options = r#"{"aliasesOnly":"true"}"#;
        assert!(Options::from_json(options).is_err());
    }
}
