//! Ids, regions, addresses and options: no text leads a request to another host than the table's
//! or the `endpoint` option's.

use oci_genai_edge::client::Client;
use oci_genai_edge::error::{Error, Fault};
use oci_genai_edge::options::{CallOptions, Options, RouteQuery};
use oci_genai_edge::routing::ocid::Ocid;
use oci_genai_edge::routing::region::{Realm, Region};
use oci_genai_edge::routing::{Action, BaseUrl, Route, RouteOverrides, RoutingOptions};

use super::input::Input;

/// The lines of the body: a model id, options (JSON) or a region, call options (JSON) or a realm,
/// an endpoint.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let text = input.text();
    let mut lines = text.split('\n');
    let [model, options, call, endpoint] = [(); 4].map(|()| lines.next().unwrap_or_default());

    let query = RouteQuery::from_json(call).unwrap_or_else(|error| {
        check_error(&error);
        RouteQuery::default()
    });
    let overrides = query.overrides;
    match input.settings.below(3) {
        0 => [model, options, call, endpoint]
            .into_iter()
            .for_each(check_parsers),
        1 => match Options::from_json(options) {
            Ok(options) => check_client(options, model, overrides),
            Err(error) => check_error(&error),
        },
        _ => {
            if let Err(error) = CallOptions::from_json(call) {
                check_error(&error);
            }
            check_resolution(model, [options, call, endpoint], overrides);
        }
    }
}

/// Any region, realm and endpoint, whether or not the options accept them.
fn check_resolution(model: &str, [region, realm, endpoint]: [&str; 3], overrides: RouteOverrides) {
    let base_url = BaseUrl::parse(endpoint).ok();
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let routing = RoutingOptions {
        region: text(region),
        realm: text(realm),
        base_url: base_url.clone(),
        ..RoutingOptions::default()
    };
    match Route::resolve(model, &routing, overrides) {
        Ok(route) => check_route(&route, base_url.as_slice()),
        Err(error) => check_error(&error),
    }
}

fn check_parsers(text: &str) {
    if let Ok(id) = Ocid::parse(text) {
        let parts = [id.resource_type(), id.realm(), id.region(), id.unique()];
        assert!(parts.iter().all(|part| text.contains(part)), "{text:?}");
    }
    if let Ok(region) = Region::parse(text, None) {
        let again = Region::parse(region.name(), Some(region.realm().id()));
        assert_eq!(again, Ok(region), "{text:?}");
    }
    if let Ok(base_url) = BaseUrl::parse(text) {
        assert_eq!(BaseUrl::parse(base_url.as_str()), Ok(base_url), "{text:?}");
    }
}

fn check_client(options: Options, model: &str, overrides: RouteOverrides) {
    let targets = options.aliases.iter().flat_map(|(_, targets)| targets);
    let base_urls: Vec<BaseUrl> = targets
        .filter_map(|target| target.base_url.clone())
        .chain(options.routing.base_url.clone())
        .collect();
    let client = Client::new(options, true);
    // The second time, the client remembers what the first one resolved.
    for action in Action::ALL.into_iter().cycle().take(2 * Action::ALL.len()) {
        match client.route(action, model, overrides) {
            Ok(route) => route
                .iter()
                .for_each(|route| check_route(route, &base_urls)),
            Err(error) => check_error(&error),
        }
    }
    for model in client.models() {
        assert!(model.targets > 0);
        check_route(&model.route, &base_urls);
    }
}

fn check_route(route: &Route, base_urls: &[BaseUrl]) {
    let description = serde_json::to_value(route.describe().unwrap()).unwrap();
    let url = description["url"].as_str().unwrap();
    assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url:?}");
    let is_derived = Realm::find(route.realm()).is_some_and(|realm| {
        let (region, domain) = (route.region(), realm.domain());
        let host = format!("inference.generativeai.{region}.oci.{domain}");
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        region.bytes().all(is_plain) && url.starts_with(&format!("https://{host}/"))
    });
    let is_configured = base_urls
        .iter()
        .any(|base| url.starts_with(&format!("{}/", base.as_str())) && route.host() == base.host());
    assert!(is_derived || is_configured, "{url}");
}

fn check_error(error: &Error) {
    assert_eq!(error.fault(), Fault::Caller, "{error:?}");
    assert!(!error.message().is_empty());
    assert!(
        error.message().len() < 2000,
        "a message of {} bytes",
        error.message().len()
    );
}
