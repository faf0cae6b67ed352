//! A client: options that were checked once, and what was learned of the endpoints that were
//! called: their formats and their health. It makes calls and knows neither I/O nor JavaScript.

use std::cell::RefCell;

use crate::call::{Call, Settings};
use crate::error::Result;
use crate::openai::ChatRequest;
use crate::operation::{Chat, Operation};
use crate::options::{CallOptions, Options, RouteQuery, Timeouts};
use crate::routing::{Action, Candidate, Finding, Health, LearnedFormats, Route, RouteOverrides};

/// See the [module](self).
#[derive(Debug)]
pub struct Client {
    options: Options,
    /// Whether a signer is configured.
    signs: bool,
    learned: LearnedFormats,
    /// Of each alias, the health of its targets.
    health: Vec<Vec<Health>>,
    /// SPEED: what model ids and aliases resolved to; resolving takes 5 µs of a call (Node 24).
    resolved: RefCell<Vec<(String, RouteQuery, Vec<Candidate>)>>,
}

/// No more model ids are kept: they come from callers.
const MAX_RESOLVED: usize = 100;

/// An alias of a client, and where its first target is.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    /// The alias.
    pub id: &'a str,
    /// The route of the first target.
    pub route: Route,
    /// How many targets there are.
    pub targets: usize,
}

impl Client {
    /// A client that has not called anything.
    pub fn new(options: Options, signs: bool) -> Client {
        let aliases = options.aliases.iter();
        let health =
            aliases.map(|(_, targets)| targets.iter().map(|_| Health::default()).collect());
        Client {
            health: health.collect(),
            options,
            signs,
            learned: LearnedFormats::default(),
            resolved: RefCell::default(),
        }
    }

    /// The client's options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Where a model id, or the first target of an alias, goes.
    ///
    /// # Errors
    ///
    /// `invalid_model`, `region_mismatch` or `invalid_options`.
    pub fn route(
        &self,
        action: Action,
        model: &str,
        overrides: RouteOverrides,
    ) -> Result<Option<Route>> {
        let candidates = self.candidates(action, model, overrides)?;
        Ok(candidates
            .into_iter()
            .next()
            .map(|candidate| candidate.route))
    }

    /// The aliases whose first target has a route.
    pub fn models(&self) -> impl Iterator<Item = Model<'_>> {
        self.options.aliases.iter().filter_map(|(id, _)| {
            let overrides = RouteOverrides::default();
            let candidates = self.candidates(Action::Chat, id, overrides).ok()?;
            let targets = candidates.len();
            let route = candidates.into_iter().next()?.route;
            Some(Model { id, route, targets })
        })
    }

    /// The time limits of a call, in milliseconds: its own, else the client's.
    pub fn timeouts(&self, call: &CallOptions) -> Timeouts {
        call.timeouts.or(self.options.timeouts)
    }

    /// Makes a chat call: see [`Client::call`]. `id`: also that of the answer, where the service
    /// sends none.
    ///
    /// # Errors
    ///
    /// As [`Client::route`].
    pub fn chat(
        &self,
        request: ChatRequest,
        options: CallOptions,
        stream: bool,
        id: String,
        now: f64,
    ) -> Result<Call> {
        let chat = Chat::with_options(request, &self.options, &id, now);
        self.call(Operation::Chat(Box::new(chat)), options, stream, id, now)
    }

    /// Makes a call; nothing is sent before its first step. `stream`: whether chunks are wanted.
    /// `id`: random, and different for each call; letters, digits and hyphens, since retry tokens
    /// begin with it. `now`: milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// As [`Client::route`].
    pub fn call(
        &self,
        operation: Operation,
        options: CallOptions,
        stream: bool,
        id: String,
        now: f64,
    ) -> Result<Call> {
        let exchange = operation.exchange();
        let candidates = self.candidates(exchange.action(), exchange.model(), options.overrides)?;
        let settings = Settings {
            stream,
            signs: self.signs,
            ..Settings::with_options(&self.options, options, id)
        };
        Ok(Call::new(operation, candidates, settings, now))
    }

    /// Makes the calls of operations that answer one request together, and may be made at once.
    /// `id` as in [`Client::call`]; each call has one of its own that follows from it.
    ///
    /// # Errors
    ///
    /// As [`Client::route`].
    pub fn calls(
        &self,
        operations: Vec<Operation>,
        options: &CallOptions,
        id: &str,
        now: f64,
    ) -> Result<Vec<Call>> {
        let mut calls = Vec::with_capacity(operations.len());
        for operation in operations {
            // Retry tokens end in the number of the request.
            let id = format!("{id}-b{}", calls.len());
            calls.push(self.call(operation, options.clone(), false, id, now)?);
        }
        Ok(calls)
    }

    /// Remembers the format that a service accepted after a renegotiation.
    pub fn learn_from(&mut self, call: &Call) {
        if let Some((model, transport, api_format)) = call.renegotiated() {
            self.learned.record(model, transport, api_format);
        }
    }

    /// The targets of an alias as other clients know them, in their order: the address and the
    /// model of each. Empty where there is no such alias.
    pub fn shared_targets(&self, alias: &str) -> Vec<String> {
        let name = |index| {
            let target = self.target(alias, index)?;
            let mut name = target.route.base_url().as_str().to_owned();
            name.push(' ');
            name.push_str(target.route.model());
            Some(name)
        };
        (0..).map_while(name).collect()
    }

    /// Whether there is something of an alias's targets that other clients do not know.
    pub fn has_news(&self, alias: &str) -> bool {
        let mut targets = (0..).map_while(|index| self.target(alias, index));
        targets.any(|target| {
            let health = target.health.as_ref();
            health.is_some_and(Health::has_news) || self.learned.has_news(target.route.model())
        })
    }

    /// What other clients have to know of a target, once: see [`crate::routing::finding`].
    pub fn export(&mut self, alias: &str, target: usize, now: f64) -> Finding {
        let Some(target) = self.target(alias, target) else {
            return Finding::default();
        };
        let health = target.health.as_ref();
        let mut finding = health.map_or_else(Finding::default, |health| health.export(now));
        finding.api_format = self.learned.export(target.route.model());
        finding
    }

    /// What other clients know of a target.
    pub fn import(&mut self, alias: &str, target: usize, shared: &Finding, now: f64) {
        let Some(target) = self.target(alias, target) else {
            return;
        };
        if let Some(health) = &target.health {
            health.import(shared, now);
        }
        if let Some(api_format) = shared.api_format {
            self.learned.import(target.route.model(), api_format);
        }
    }

    // SIZE: inlined, it is three times in the wasm.
    #[inline(never)]
    fn target(&self, alias: &str, index: usize) -> Option<Candidate> {
        let mut aliases = self.options.aliases.iter();
        aliases.find(|(name, _)| name == alias)?;
        let targets = self.resolve(Action::Chat, alias, RouteOverrides::default());
        targets.ok()?.into_iter().nth(index)
    }

    fn candidates(
        &self,
        action: Action,
        model: &str,
        overrides: RouteOverrides,
    ) -> Result<Vec<Candidate>> {
        let mut candidates = self.resolve(action, model, overrides)?;
        candidates
            .iter_mut()
            .for_each(|candidate| self.learned.apply(candidate));
        Ok(candidates)
    }

    fn resolve(
        &self,
        action: Action,
        model: &str,
        overrides: RouteOverrides,
    ) -> Result<Vec<Candidate>> {
        let mut resolved = self.resolved.borrow_mut();
        let query = RouteQuery { overrides, action };
        let known = resolved
            .iter()
            .find(|(id, with, _)| id == model && *with == query);
        if let Some((_, _, candidates)) = known {
            return Ok(candidates.clone());
        }
        let mut candidates = self.options.candidates(action, model, overrides)?;
        let mut aliases = self.options.aliases.iter();
        if let Some(alias) = aliases.position(|(name, _)| name == model) {
            let health = self.health.get(alias).map_or(&[][..], Vec::as_slice);
            for (candidate, health) in candidates.iter_mut().zip(health) {
                candidate.health = Some(health.clone());
            }
        }
        if resolved.len() < MAX_RESOLVED {
            resolved.push((model.to_owned(), query, candidates.clone()));
        }
        Ok(candidates)
    }
}
