//! The client: options that were read once, the host's functions, and what has been learnt of endpoints.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::call::CallHandle;
use super::failure::Failure;
use super::fetch::Hooks;
use super::now;
use super::output::{Chunks, Output};
use crate::call::{Call, Settings};
use crate::error::{Code, Error};
use crate::json::{object, Map, Value};
use crate::openai::{ChatRequest, EventWriter, Head};
use crate::options::{CallOptions, Options};
use crate::routing::{ApiFormat, Candidate, Route, RouteOverrides, Transport};

/// What stands behind an `OciGenAI`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client {
    options: Options,
    hooks: Hooks,
    signs: bool,
    learnt: Rc<Learnt>,
}

/// What services said of models whose format or transport was only assumed, while the client lives.
#[derive(Debug, Default)]
pub(super) struct Learnt(RefCell<Vec<(String, Taken)>>);

/// The transport and the format that a model turned out to take.
type Taken = (Transport, Option<ApiFormat>);

/// More models than this are not remembered: their ids come from callers.
const MOST_LEARNT: usize = 100;

/// What a call is to give.
const WHOLE: u32 = 0;
const EVENTS: u32 = 2;
const AS_ASKED: u32 = 3;

#[wasm_bindgen]
impl Client {
    /// `options`: the plain options, as JSON text. `hooks`: `{ authorize, sleep, fetch?, signs }`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, hooks: &JsValue) -> Result<Client, Failure> {
        let options = Options::from_json(options)?;
        let hook = |name: &str| {
            Reflect::get(hooks, &name.into())
                .ok()
                .and_then(|hook| hook.dyn_into::<Function>().ok())
        };
        let needed = |name: &str| {
            hook(name)
                .ok_or_else(|| Error::new(Code::Internal, format!("the hook {name} is missing")))
        };
        let signs = Reflect::get(hooks, &"signs".into()).is_ok_and(|signs| signs.is_truthy());
        let hooks = Hooks {
            authorize: needed("authorize")?,
            sleep: needed("sleep")?,
            fetch: hook("fetch"),
        };
        Ok(Client {
            options,
            hooks,
            signs,
            learnt: Rc::default(),
        })
    }

    /// Where a model id, or the first target of an alias, goes: `Route`, as JSON text.
    pub fn route(&self, model: &str, overrides: &str) -> Result<String, Failure> {
        let told = RouteOverrides::from_json(overrides)?;
        let candidates = self.candidates(model, &told)?;
        Ok(text(
            &candidates
                .first()
                .map(|candidate| describe(&candidate.route))
                .into(),
        ))
    }

    /// The aliases and the route of each one's first target, as JSON text.
    pub fn models(&self) -> String {
        let one = |(name, _): &(String, _)| {
            let candidates = self.options.candidates(name, Default::default()).ok()?;
            let route = &candidates.first()?.route;
            Some(object([
                ("id", name.as_str().into()),
                ("route", describe(route)),
                ("host", route.host().into()),
                ("targets", (candidates.len() as u64).into()),
            ]))
        };
        let models: Vec<Value> = self.options.aliases.iter().filter_map(one).collect();
        text(&models.into())
    }

    /// Reads a request; nothing is sent before `open`. `mode`: 0 for the whole answer, 1 for chunks, 2 for
    /// events, 3 for events or the whole answer, as the request asks.
    pub fn call(
        &self,
        request: &str,
        options: &str,
        mode: u32,
        signal: AbortSignal,
        id: String,
    ) -> Result<CallHandle, Failure> {
        let told = CallOptions::from_json(options)?;
        let request = ChatRequest::from_json(request)?;
        let mode = match mode {
            AS_ASKED if request.wants_stream() => EVENTS,
            AS_ASKED => WHOLE,
            mode => mode,
        };
        let candidates = self.candidates(request.model(), &told.overrides)?;
        let mut headers = self.options.headers.clone();
        headers.extend(told.headers);
        let now = now();
        let settings = Settings {
            stream: mode != WHOLE,
            fallback: told.fallback.unwrap_or(self.options.fallback),
            retry: self.options.retry,
            limits: self.options.limits,
            headers,
            tool_call_text: self.options.tool_call_text,
            signs: self.signs,
            head: Head {
                id,
                created: (now / 1000.0) as u64,
                model: request.model().to_owned(),
            },
        };
        let output = match mode {
            EVENTS => Output::Events(EventWriter::new(request.wants_usage())),
            _ => Output::Chunks(Chunks::default()),
        };
        let call = Call::new(request, candidates, settings, now);
        Ok(CallHandle::new(
            call,
            output,
            self.hooks.clone(),
            signal,
            self.learnt.clone(),
        ))
    }

    /// The client's own time limits in milliseconds, as JSON text: the host keeps the time.
    pub fn timeouts(&self, options: &str) -> Result<String, Failure> {
        let (own, told) = (
            self.options.timeouts,
            CallOptions::from_json(options)?.timeouts,
        );
        let mut limits = Map::new();
        for (name, told, own) in [
            ("totalMs", told.total_ms, own.total_ms),
            ("firstChunkMs", told.first_chunk_ms, own.first_chunk_ms),
            ("chunkMs", told.chunk_ms, own.chunk_ms),
        ] {
            // Timers count whole milliseconds.
            limits.insert(name, told.or(own).map(|ms| ms as u64).into());
        }
        Ok(text(&limits.into()))
    }
}

impl Client {
    fn candidates(
        &self,
        model: &str,
        told: &RouteOverrides,
    ) -> crate::error::Result<Vec<Candidate>> {
        let mut candidates = self.options.candidates(model, *told)?;
        candidates
            .iter_mut()
            .for_each(|candidate| self.learnt.apply(candidate));
        Ok(candidates)
    }
}

/// A route as JavaScript sees it.
pub(super) fn describe(route: &Route) -> Value {
    let url = route.url(crate::call::path_for(route.transport()));
    let url = url.unwrap_or_default();
    let text = serde_json::to_vec(&route.describe(&url)).unwrap_or_default();
    crate::json::parse(&text).unwrap_or_default()
}

fn text(value: &Value) -> String {
    String::from_utf8(crate::json::write(value)).unwrap_or_default()
}

impl Learnt {
    pub(super) fn take_from(&self, call: &Call) {
        if let Some((model, transport, format)) = call.learnt() {
            let mut learnt = self.0.borrow_mut();
            let is_known = learnt.iter().any(|(known, _)| known == model);
            if is_known || learnt.len() < MOST_LEARNT {
                learnt.retain(|(known, _)| known != model);
                learnt.push((model.to_owned(), (transport, format)));
            }
        }
    }

    fn apply(&self, candidate: &mut Candidate) {
        let learnt = self.0.borrow();
        let Some((_, (transport, format))) = learnt
            .iter()
            .find(|(model, _)| model == candidate.route.model())
        else {
            return;
        };
        candidate.route = candidate.route.clone().with_learned(*transport, *format);
    }
}
