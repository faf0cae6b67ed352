//! The options of a client and of a call, read from JSON: what is not an option that can be used is refused by name.

use crate::json::{Map, Value};

use crate::decode::Limits;
use crate::error::{Code, Error, Result};
use crate::gather::{joined, try_each};
use crate::json;
use crate::routing::base_url::Endpoint;
use crate::routing::route::{ApiFormat, Overrides, Route, Site, Transport};

/// `ClientOptions`, without the functions that a host lends.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the client stands.
    pub site: Site,
    /// `compartmentId`
    pub compartment_id: Option<String>,
    /// `models`, in the order in which they were given.
    pub aliases: Vec<(String, Vec<Target>)>,
    /// `headers`
    pub headers: Vec<(String, String)>,
    /// `retry`
    pub retry: Retry,
    /// `timeouts`
    pub timeouts: Timeouts,
    /// `limits`
    pub limits: Limits,
    /// `fallback` is not "never"
    pub fallback: bool,
    /// `toolCallText` is not "off"
    pub tool_call_text: bool,
}

/// One target of an alias.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The model id.
    pub model: String,
    /// Instead of the client's own.
    pub region: Option<String>,
    /// Instead of the client's own.
    pub compartment_id: Option<String>,
    /// Instead of the client's own.
    pub endpoint: Option<Endpoint>,
    /// What the alias says of the model.
    pub overrides: Overrides,
}

/// How often, and how long after, a call is made again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// Attempts at the same request, the first included. 3.
    pub max_attempts: u32,
    /// The wait before the second attempt, in milliseconds; it doubles from there. 500.
    pub base_delay_ms: f64,
    /// The longest wait, in milliseconds. A service that asks for a longer one is not asked again. 8,000.
    pub max_delay_ms: f64,
}

/// How long a call may take, in milliseconds. Nothing runs out unless it is set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timeouts {
    /// The whole call, from its first request to the end of the answer.
    pub total_ms: Option<f64>,
    /// From the start of the call to its first chunk.
    pub first_chunk_ms: Option<f64>,
    /// From one network chunk to the next.
    pub chunk_ms: Option<f64>,
}

/// `CallOptions`, without the signal.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    /// What the call says of the model.
    pub overrides: Overrides,
    /// Over the client's own.
    pub timeouts: Timeouts,
    /// Over the client's own.
    pub headers: Vec<(String, String)>,
    /// Instead of the client's own.
    pub fallback: Option<bool>,
}

/// A target with everything that a request to it needs.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it is.
    pub route: Route,
    /// Its compartment.
    pub compartment_id: Option<String>,
}

impl Default for Retry {
    fn default() -> Self {
        Retry {
            max_attempts: 3,
            base_delay_ms: 500.0,
            max_delay_ms: 8000.0,
        }
    }
}

impl Options {
    /// Reads the options from JSON text.
    pub fn from_json(json: &str) -> Result<Options> {
        let options = object_of(json)?;
        let at = Place {
            what: "",
            object: &options,
        };
        let mut aliases: Vec<(String, Vec<Target>)> = Vec::new();
        if let Some(models) = at.object("models")? {
            for (name, value) in models.iter() {
                let targets = match value {
                    Value::Array(several) => try_each(several.iter(), |one| target(name, one))?,
                    one => vec![target(name, one)?],
                };
                if targets.is_empty() {
                    return Err(refused(&format!("models.{name}"), "at least one target"));
                }
                aliases.push((name.to_owned(), targets));
            }
        }
        let realm = at.text("realm")?;
        if realm
            .as_deref()
            .is_some_and(|realm| crate::routing::region::Realm::find(realm).is_none())
        {
            return Err(refused("realm", "a realm that OCI has, such as \"oc1\""));
        }
        Ok(Options {
            site: Site {
                region: at.text("region")?,
                realm,
                endpoint: endpoint(&at)?,
                defaults: overrides(&at)?,
            },
            compartment_id: at.text("compartmentId")?,
            aliases,
            headers: headers(&at)?,
            retry: retry(&at)?,
            timeouts: timeouts(&at)?,
            limits: limits(&at)?,
            fallback: one_of(&at, "fallback", ["auto", "never"])? != Some(1),
            tool_call_text: one_of(&at, "toolCallText", ["auto", "off"])? != Some(1),
        })
    }

    /// The targets that a model id or alias stands for, in the order in which they are tried.
    pub fn candidates(&self, model: &str, told: Overrides) -> Result<Vec<Candidate>> {
        let plain = [Target {
            model: model.to_owned(),
            ..Target::default()
        }];
        let targets = self
            .aliases
            .iter()
            .rfind(|(name, _)| name == model)
            .map_or(&plain[..], |(_, targets)| targets.as_slice());
        try_each(targets.iter(), |target| self.candidate(target, told))
    }

    fn candidate(&self, target: &Target, told: Overrides) -> Result<Candidate> {
        let mut site = self.site.clone();
        site.region = target.region.clone().or(site.region);
        site.endpoint = target.endpoint.clone().or(site.endpoint);
        let overrides = Overrides {
            api_format: told.api_format.or(target.overrides.api_format),
            transport: told.transport.or(target.overrides.transport),
        };
        let route = Route::to(&target.model, &site, overrides)?;
        Ok(Candidate {
            route,
            compartment_id: target
                .compartment_id
                .clone()
                .or_else(|| self.compartment_id.clone()),
        })
    }
}

impl CallOptions {
    /// Reads the options from JSON text.
    pub fn from_json(json: &str) -> Result<CallOptions> {
        let options = object_of(json)?;
        let at = Place {
            what: "",
            object: &options,
        };
        Ok(CallOptions {
            overrides: overrides(&at)?,
            timeouts: timeouts(&at)?,
            headers: headers(&at)?,
            fallback: one_of(&at, "fallback", ["auto", "never"])?.map(|choice| choice == 0),
        })
    }
}

/// An object of options and where it stands.
struct Place<'a> {
    what: &'a str,
    object: &'a Map,
}

impl Place<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.what)
    }

    fn text(&self, name: &str) -> Result<Option<String>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(_) => Err(refused(&self.name(name), "a string that is not empty")),
        }
    }

    fn object(&self, name: &str) -> Result<Option<&Map>> {
        let object = self.get(name).map(|value| {
            value
                .as_object()
                .ok_or_else(|| refused(&self.name(name), "an object"))
        });
        object.transpose()
    }

    fn number(&self, name: &str, least: u32) -> Result<Option<f64>> {
        let number = self.get(name).map(|value| {
            let fits = value.as_f64().filter(|number| *number >= f64::from(least));
            fits.ok_or_else(|| refused(&self.name(name), &format!("a number, at least {least}")))
        });
        number.transpose()
    }

    fn count(&self, name: &str, usual: usize) -> Result<usize> {
        // A float holds every count up to 2^53; what is larger is as good as no limit.
        Ok(self
            .number(name, 1)?
            .map_or(usual, |number| number as usize))
    }
}

fn object_of(json: &str) -> Result<Map> {
    match json::parse(json.as_bytes()) {
        Ok(Value::Object(options)) => Ok(options),
        _ => Err(Error::new(
            Code::InvalidOptions,
            "the options must be an object of plain values",
        )),
    }
}

fn refused(name: &str, wanted: &str) -> Error {
    Error::new(
        Code::InvalidOptions,
        format!("the option {name} must be {wanted}"),
    )
}

fn one_of<const N: usize>(at: &Place<'_>, name: &str, words: [&str; N]) -> Result<Option<usize>> {
    let Some(value) = at.get(name) else {
        return Ok(None);
    };
    let found = words.iter().position(|word| value == word);
    found.map(Some).ok_or_else(|| {
        refused(
            &at.name(name),
            &format!("\"{}\"", joined(&words, "\" or \"")),
        )
    })
}

fn overrides(at: &Place<'_>) -> Result<Overrides> {
    let formats = [ApiFormat::Generic, ApiFormat::Cohere, ApiFormat::CohereV2];
    let format = one_of(at, "apiFormat", formats.map(ApiFormat::as_str))?;
    let transports = [Transport::Native, Transport::OpenAi];
    let transport = one_of(at, "transport", transports.map(Transport::as_str))?;
    Ok(Overrides {
        api_format: format.and_then(|index| formats.get(index).copied()),
        transport: transport.and_then(|index| transports.get(index).copied()),
    })
}

fn endpoint(at: &Place<'_>) -> Result<Option<Endpoint>> {
    at.text("endpoint")?
        .map(|text| Endpoint::parse(&text))
        .transpose()
}

fn target(alias: &str, value: &Value) -> Result<Target> {
    let what = format!("models.{alias}.");
    if let Some(model) = value.as_str() {
        return Ok(Target {
            model: model.to_owned(),
            ..Target::default()
        });
    }
    let object = value.as_object().ok_or_else(|| {
        refused(
            &format!("models.{alias}"),
            "a model id, a target or a list of them",
        )
    })?;
    let at = Place {
        what: &what,
        object,
    };
    Ok(Target {
        model: at
            .text("model")?
            .ok_or_else(|| refused(&at.name("model"), "given"))?,
        region: at.text("region")?,
        compartment_id: at.text("compartmentId")?,
        endpoint: endpoint(&at)?,
        overrides: overrides(&at)?,
    })
}

fn headers(at: &Place<'_>) -> Result<Vec<(String, String)>> {
    let Some(given) = at.object("headers")? else {
        return Ok(Vec::new());
    };
    let mut headers = Vec::with_capacity(given.len());
    for (name, value) in given.iter() {
        let lower = name.to_ascii_lowercase();
        let is_token = !lower.is_empty()
            && lower
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        let ours = matches!(
            lower.as_str(),
            "authorization" | "host" | "connection" | "transfer-encoding"
        ) || lower.starts_with("content-")
            || lower.starts_with("proxy-");
        let place = at.name(&format!("headers.{name}"));
        if !is_token || ours {
            return Err(refused(
                &place,
                "a header other than authorization, host and content-*",
            ));
        }
        let value = value
            .as_str()
            .filter(|text| !text.bytes().any(|b| b.is_ascii_control() && b != b'\t'));
        headers.push((
            lower,
            value
                .ok_or_else(|| refused(&place, "a string of one line"))?
                .to_owned(),
        ));
    }
    Ok(headers)
}

fn retry(at: &Place<'_>) -> Result<Retry> {
    let usual = Retry::default();
    let Some(object) = at.object("retry")? else {
        return Ok(usual);
    };
    let at = Place {
        what: "retry.",
        object,
    };
    Ok(Retry {
        max_attempts: at.count("maxAttempts", 3)?.min(100) as u32,
        base_delay_ms: at.number("baseDelayMs", 0)?.unwrap_or(usual.base_delay_ms),
        max_delay_ms: at.number("maxDelayMs", 0)?.unwrap_or(usual.max_delay_ms),
    })
}

fn timeouts(at: &Place<'_>) -> Result<Timeouts> {
    let Some(object) = at.object("timeouts")? else {
        return Ok(Timeouts::default());
    };
    let at = Place {
        what: "timeouts.",
        object,
    };
    Ok(Timeouts {
        total_ms: at.number("totalMs", 1)?,
        first_chunk_ms: at.number("firstChunkMs", 1)?,
        chunk_ms: at.number("chunkMs", 1)?,
    })
}

fn limits(at: &Place<'_>) -> Result<Limits> {
    let usual = Limits::default();
    let Some(object) = at.object("limits")? else {
        return Ok(usual);
    };
    let at = Place {
        what: "limits.",
        object,
    };
    Ok(Limits {
        max_event_bytes: at.count("maxEventBytes", usual.max_event_bytes)?,
        max_response_bytes: at.count("maxResponseBytes", usual.max_response_bytes)?,
        max_error_bytes: at.count("maxErrorBytes", usual.max_error_bytes)?,
        max_tool_calls: at.count("maxToolCalls", usual.max_tool_calls)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults() {
        let options = Options::from_json("{}").unwrap();
        assert!(options.fallback && options.tool_call_text);
        assert_eq!(
            options.retry,
            Retry {
                max_attempts: 3,
                base_delay_ms: 500.0,
                max_delay_ms: 8000.0
            }
        );
        assert_eq!(options.timeouts, Timeouts::default());
    }

    #[test]
    fn what_is_refused() {
        for (json, named) in [
            ("[]", "options"),
            (r#"{"region":5}"#, "region"),
            (r#"{"realm":"oc99"}"#, "realm"),
            (r#"{"compartmentId":""}"#, "compartmentId"),
            (r#"{"apiFormat":"generic"}"#, "apiFormat"),
            (r#"{"transport":"grpc"}"#, "transport"),
            (r#"{"fallback":true}"#, "fallback"),
            (r#"{"endpoint":"ftp://x"}"#, "endpoint"),
            (
                r#"{"headers":{"Authorization":"x"}}"#,
                "headers.Authorization",
            ),
            (
                r#"{"headers":{"content-type":"x"}}"#,
                "headers.content-type",
            ),
            (r#"{"headers":{"x-a":"a\r\nb: c"}}"#, "headers.x-a"),
            (r#"{"headers":{"x a":"y"}}"#, "headers.x a"),
            (r#"{"retry":{"maxAttempts":0}}"#, "retry.maxAttempts"),
            (r#"{"timeouts":{"totalMs":"1"}}"#, "timeouts.totalMs"),
            (r#"{"limits":{"maxEventBytes":-1}}"#, "limits.maxEventBytes"),
            (r#"{"models":{"a":[]}}"#, "models.a"),
            (r#"{"models":{"a":{"region":"x"}}}"#, "models.a.model"),
            (r#"{"models":{"a":5}}"#, "models.a"),
        ] {
            let error = Options::from_json(json).unwrap_err();
            assert_eq!(error.code(), Code::InvalidOptions, "{json}");
            assert!(error.message().contains(named), "{json}: {error}");
        }
    }

    #[test]
    fn aliases_are_tried_in_order() {
        let options = Options::from_json(
            r#"{"region":"us-chicago-1","compartmentId":"c0","models":{"fast":["meta.llama",
                {"model":"cohere.command-r","region":"us-ashburn-1","compartmentId":"c1","apiFormat":"COHEREV2"}]}}"#,
        )
        .unwrap();
        let candidates = options.candidates("fast", Overrides::default()).unwrap();
        assert_eq!(
            candidates
                .iter()
                .map(|it| it.route.region())
                .collect::<Vec<_>>(),
            ["us-chicago-1", "us-ashburn-1"]
        );
        assert_eq!(candidates[1].route.api_format(), Some(ApiFormat::CohereV2));
        assert_eq!(candidates[1].compartment_id.as_deref(), Some("c1"));
        assert_eq!(
            options
                .candidates("slow", Overrides::default())
                .unwrap_err()
                .code(),
            Code::InvalidModel
        );
    }
}
