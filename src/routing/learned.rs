//! What successful calls taught about models whose transport or format was only assumed.

use crate::routing::candidate::Candidate;
use crate::routing::serving::{ApiFormat, Transport};

/// The transport and format that each model accepted, so that only the first call to it has to try.
#[derive(Clone, Debug, Default)]
pub struct LearnedFormats {
    models: Vec<LearnedFormat>,
}

#[derive(Clone, Debug)]
struct LearnedFormat {
    model: String,
    transport: Transport,
    api_format: Option<ApiFormat>,
    /// Whether other clients do not know it.
    is_news: bool,
}

/// No more models are recorded: their ids come from callers.
const MAX_MODELS: usize = 100;

impl LearnedFormats {
    /// Records what a model accepted, replacing what was recorded for it before.
    pub fn record(&mut self, model: &str, transport: Transport, api_format: Option<ApiFormat>) {
        self.put(LearnedFormat {
            model: model.to_owned(),
            transport,
            api_format,
            is_news: true,
        });
    }

    /// Whether there is something of a model that other clients do not know.
    pub fn has_news(&self, model: &str) -> bool {
        let mut models = self.models.iter();
        models.any(|known| known.model == model && known.is_news)
    }

    /// The format on the native transport that other clients have to know, once.
    pub fn export(&mut self, model: &str) -> Option<ApiFormat> {
        let mut models = self.models.iter_mut();
        let known = models.find(|known| known.model == model && known.is_news)?;
        known.is_news = false;
        let is_native = known.transport == Transport::Native;
        known.api_format.filter(|_| is_native)
    }

    /// The format that other clients know. What they do not know yet takes precedence.
    pub fn import(&mut self, model: &str, api_format: ApiFormat) {
        if !self.has_news(model) {
            self.put(LearnedFormat {
                model: model.to_owned(),
                transport: Transport::Native,
                api_format: Some(api_format),
                is_news: false,
            });
        }
    }

    fn put(&mut self, learned: LearnedFormat) {
        let mut models = self.models.iter_mut();
        match models.find(|known| known.model == learned.model) {
            Some(known) => *known = learned,
            None => {
                if self.models.len() < MAX_MODELS {
                    self.models.push(learned);
                }
            }
        }
    }

    /// Applies what is known of the candidate's model. Explicit settings take precedence.
    pub fn apply(&self, candidate: &mut Candidate) {
        let model = candidate.route.model();
        if let Some(known) = self.models.iter().find(|known| known.model == model) {
            let route = candidate.route.clone();
            candidate.route = route.with_learned(known.transport, known.api_format);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::options::{RouteOverrides, RoutingOptions};
    use crate::routing::route::Route;

    const ENDPOINT: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.x";

    fn candidate(model: &str, overrides: RouteOverrides) -> Candidate {
        let options = RoutingOptions {
            region: Some("us-chicago-1".into()),
            ..RoutingOptions::default()
        };
        Candidate {
            route: Route::resolve(model, &options, overrides).unwrap(),
            compartment_id: None,
            health: None,
        }
    }

    fn route_of(learned: &LearnedFormats, model: &str, overrides: RouteOverrides) -> Route {
        let mut candidate = candidate(model, overrides);
        learned.apply(&mut candidate);
        candidate.route
    }

    #[test]
    fn the_last_recorded_format_applies() {
        let mut learned = LearnedFormats::default();
        let untouched = route_of(&learned, ENDPOINT, RouteOverrides::default());
        assert_eq!(untouched.api_format(), Some(ApiFormat::Generic));
        for format in [ApiFormat::Cohere, ApiFormat::CohereV2] {
            learned.record(ENDPOINT, Transport::Native, Some(format));
            let route = route_of(&learned, ENDPOINT, RouteOverrides::default());
            assert_eq!(route.api_format(), Some(format));
        }
        let other = "ocid1.generativeaiendpoint.oc1.us-chicago-1.y";
        let route = route_of(&learned, other, RouteOverrides::default());
        assert_eq!(route.api_format(), Some(ApiFormat::Generic));
    }

    #[test]
    fn a_model_moves_to_the_native_transport() {
        let mut learned = LearnedFormats::default();
        let model = "cohere.command-a-03-2025";
        learned.record(model, Transport::Native, Some(ApiFormat::CohereV2));
        let route = route_of(&learned, model, RouteOverrides::default());
        assert_eq!(
            (route.transport(), route.api_format()),
            (Transport::Native, Some(ApiFormat::CohereV2))
        );
    }

    #[test]
    fn explicit_settings_take_precedence() {
        let mut learned = LearnedFormats::default();
        learned.record(ENDPOINT, Transport::Native, Some(ApiFormat::Cohere));
        let explicit = RouteOverrides {
            api_format: Some(ApiFormat::Generic),
            transport: None,
        };
        let route = route_of(&learned, ENDPOINT, explicit);
        assert_eq!(route.api_format(), Some(ApiFormat::Generic));

        let model = "cohere.command-a-03-2025";
        learned.record(model, Transport::Native, Some(ApiFormat::Cohere));
        let explicit = RouteOverrides {
            api_format: None,
            transport: Some(Transport::OpenAi),
        };
        let route = route_of(&learned, model, explicit);
        assert_eq!(route.transport(), Transport::OpenAi);
    }

    #[test]
    fn a_format_is_shared_once() {
        let mut one = LearnedFormats::default();
        one.record(ENDPOINT, Transport::Native, Some(ApiFormat::Cohere));
        assert!(one.has_news(ENDPOINT) && !one.has_news("other"));
        let shared = one.export(ENDPOINT);
        assert_eq!(shared, Some(ApiFormat::Cohere));
        assert_eq!(one.export(ENDPOINT), None);

        let mut other = LearnedFormats::default();
        other.import(ENDPOINT, ApiFormat::Cohere);
        assert!(!other.has_news(ENDPOINT));
        let route = route_of(&other, ENDPOINT, RouteOverrides::default());
        assert_eq!(route.api_format(), shared);
        // It has found out more since then.
        other.record(ENDPOINT, Transport::Native, Some(ApiFormat::CohereV2));
        other.import(ENDPOINT, ApiFormat::Cohere);
        assert_eq!(other.export(ENDPOINT), Some(ApiFormat::CohereV2));
    }

    #[test]
    fn the_number_of_models_is_bounded() {
        let mut learned = LearnedFormats::default();
        for index in 0..MAX_MODELS + 10 {
            let model = format!("meta.llama-{index}");
            learned.record(&model, Transport::Native, Some(ApiFormat::Generic));
        }
        assert_eq!(learned.models.len(), MAX_MODELS);
        // A known model is still updated.
        learned.record("meta.llama-0", Transport::Native, Some(ApiFormat::Cohere));
        let route = route_of(&learned, "meta.llama-0", RouteOverrides::default());
        assert_eq!(route.api_format(), Some(ApiFormat::Cohere));
    }
}
