//! `Client`: the core's client with the host's functions.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::boundary::{MODE_AS_REQUESTED, MODE_EVENTS, MODE_WHOLE};
use super::call::CallHandle;
use super::failure::Failure;
use super::fetch::Hooks;
use super::output::{Chunks, Output};
use super::shell::{now, to_object};
use crate::client;
use crate::error::{Code, Error};
use crate::openai::{ChatRequest, EventWriter};
use crate::options::{CallOptions, Options};
use crate::routing::{RouteDescription, RouteOverrides};

/// What is behind an `OciGenAI`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client {
    client: Rc<RefCell<client::Client>>,
    hooks: Hooks,
}

/// An alias, for JavaScript.
#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    route: RouteDescription<'a>,
    host: &'a str,
    targets: u32,
}

#[wasm_bindgen]
impl Client {
    /// `options`: the plain options, as JSON text. `hooks`: `{ authorize, sleep, fetch?, signs }`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, hooks: &JsValue) -> Result<Client, Failure> {
        let options = Options::from_json(options)?;
        let get = |name: &str| Reflect::get(hooks, &name.into()).ok();
        let function = |name: &str| get(name).and_then(|hook| hook.dyn_into::<Function>().ok());
        let require = |name: &str| {
            let message = format!("the hook {name} is missing");
            function(name).ok_or_else(|| Error::new(Code::Internal, message))
        };
        let signs = get("signs").is_some_and(|signs| signs.is_truthy());
        let (authorize, sleep) = (require("authorize")?, require("sleep")?);
        let hooks = Hooks {
            authorize,
            sleep,
            fetch: function("fetch"),
        };
        let client = Rc::new(RefCell::new(client::Client::new(options, signs)));
        Ok(Client { client, hooks })
    }

    /// Where a model id, or the first target of an alias, goes: `Route` of `index.d.ts`.
    pub fn route(&self, model: &str, overrides: &str) -> Result<JsValue, Failure> {
        let overrides = RouteOverrides::from_json(overrides)?;
        let route = self.client.borrow().route(model, overrides)?;
        let description = route.as_ref().map(client::describe).transpose()?;
        Ok(to_object(&description))
    }

    /// The aliases, and the route of each one's first target.
    pub fn models(&self) -> Vec<JsValue> {
        let client = self.client.borrow();
        let model = |model: client::Model<'_>| {
            let route = client::describe(&model.route).ok()?;
            let (host, targets) = (model.route.host(), model.targets as u32);
            Some(to_object(&Model {
                id: model.id,
                route,
                host,
                targets,
            }))
        };
        client.models().filter_map(model).collect()
    }

    /// Makes a call; nothing is sent before `open`. `mode`: a `MODE_…` of [`super::boundary`].
    pub fn call(
        &self,
        request: &str,
        options: &str,
        mode: u32,
        signal: AbortSignal,
        id: String,
    ) -> Result<CallHandle, Failure> {
        let options = CallOptions::from_json(options)?;
        let request = ChatRequest::from_json(request)?;
        let mode = match mode {
            MODE_AS_REQUESTED if request.wants_stream() => MODE_EVENTS,
            MODE_AS_REQUESTED => MODE_WHOLE,
            mode => mode,
        };
        let output = match mode {
            MODE_EVENTS => Output::Events(EventWriter::new(request.wants_usage())),
            _ => Output::Chunks(Chunks::default()),
        };
        let client = self.client.borrow();
        let timeouts = client.timeouts(&options);
        let call = client.chat(request, options, mode != MODE_WHOLE, id, now())?;
        let hooks = self.hooks.clone();
        Ok(CallHandle::new(
            call,
            timeouts,
            output,
            hooks,
            signal,
            self.client.clone(),
        ))
    }
}
