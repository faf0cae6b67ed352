//! `Client`: the core's client.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::boundary::{
    MODE_AS_REQUESTED, MODE_CHUNKS, MODE_EMBED, MODE_EVENTS, MODE_OVER_HTTP, MODE_RERANK,
    MODE_RESPONSES,
};
use super::call::CallHandle;
use super::failure::Failure;
use super::fetch::keeps_host;
use super::output::{Chunks, Output};
use super::shell::{now, to_object};
use crate::client;
use crate::error::{Code, Error};
use crate::openai::{ChatRequest, EventWriter};
use crate::operation::{merge, Embed, Moderate, Rerank};
use crate::options::{CallOptions, Options, RouteQuery};
use crate::responses;
use crate::routing::{Finding, Route, RouteDescription, Shared};

/// What is behind an `OciGenAI`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client(Rc<RefCell<client::Client>>);

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
    /// `options`: the plain options, as JSON text. `signs`, `has_api_key`: whether a signer and an
    /// API key are configured.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, signs: bool, has_api_key: bool) -> Result<Client, Failure> {
        let mut options = Options::from_json(options)?;
        options.routing.has_key_only = has_api_key && !signs;
        for (path, base_url) in options.base_urls() {
            if !keeps_host(base_url.as_str(), base_url.host()) {
                let message = format!("the option {path} has a host that no URL can have");
                return Err(Error::new(Code::InvalidOptions, message).into());
            }
        }
        let client = client::Client::new(options, signs);
        Ok(Client(Rc::new(RefCell::new(client))))
    }

    /// Where a model id, or the first target of an alias, goes: `Route` of `index.d.ts`.
    pub fn route(&self, model: &str, query: &str) -> Result<JsValue, Failure> {
        let RouteQuery { overrides, action } = RouteQuery::from_json(query)?;
        let route = self.0.borrow().route(action, model, overrides)?;
        let description = route.as_ref().map(Route::describe).transpose()?;
        Ok(to_object(&description))
    }

    /// The aliases, and the route of each one's first target.
    pub fn models(&self) -> Vec<JsValue> {
        let client = self.0.borrow();
        let model = |model: client::Model<'_>| {
            let route = model.route.describe().ok()?;
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

    /// Makes a call, and sends nothing. `mode`: a `MODE_…` of [`super::boundary`].
    pub fn call(
        &self,
        request: &str,
        options: &str,
        mode: u32,
        id: String,
    ) -> Result<CallHandle, Failure> {
        let (options, mode) = read_options(options, mode)?;
        let (request, output) = match mode {
            MODE_RESPONSES => {
                let (request, writer) = responses::parse(request)?;
                (request, Output::Responses(Box::new(writer)))
            }
            _ => {
                let request = ChatRequest::from_json(request)?;
                let is_events =
                    mode == MODE_EVENTS || (mode == MODE_AS_REQUESTED && request.wants_stream());
                let output = match is_events {
                    true => Output::Events(EventWriter::new(request.wants_usage())),
                    false => Output::Chunks(Chunks::default()),
                };
                (request, output)
            }
        };
        let is_events = match &output {
            Output::Chunks(_) => false,
            Output::Events(_) => true,
            Output::Responses(_) => request.wants_stream(),
        };
        let stream = is_events || mode == MODE_CHUNKS;
        let client = self.0.borrow();
        let timeouts = client.timeouts(&options);
        let call = client.chat(request, options, stream, id, now())?;
        let client = self.0.clone();
        Ok(CallHandle::new(call, timeouts, output, is_events, client))
    }

    /// Makes the calls that answer a request other than a chat, and sends nothing. They may be made
    /// at once; `mergeAnswers` puts their answers together. `mode`: `MODE_EMBED`, `MODE_RERANK` or
    /// `MODE_MODERATE`.
    pub fn calls(
        &self,
        request: &str,
        options: &str,
        mode: u32,
        id: &str,
    ) -> Result<Vec<JsValue>, Failure> {
        let (options, mode) = read_options(options, mode)?;
        let operations = match mode {
            MODE_EMBED => Embed::from_json(request)?,
            MODE_RERANK => vec![Rerank::from_json(request, id.to_owned())?],
            _ => Moderate::from_json(request, id)?,
        };
        let client = self.0.borrow();
        let timeouts = client.timeouts(&options);
        let calls = client.calls(operations, &options, id, now())?;
        let mut handles = Vec::with_capacity(calls.len());
        for call in calls {
            let output = Output::Chunks(Chunks::default());
            let handle = CallHandle::new(call, timeouts, output, false, self.0.clone());
            handles.push(handle.into());
        }
        Ok(handles)
    }
}

#[wasm_bindgen]
impl Client {
    /// The targets of an alias, as other clients know them: a line each.
    #[wasm_bindgen(js_name = sharedTargets)]
    pub fn shared_targets(&self, alias: &str) -> String {
        self.0.borrow().shared_targets(alias).join("\n")
    }

    /// Whether there is something of an alias's targets that other clients do not know.
    #[wasm_bindgen(js_name = hasNews)]
    pub fn has_news(&self, alias: &str) -> bool {
        self.0.borrow().has_news(alias)
    }

    /// Imports what other clients know of a target: the words of a [`Finding`]. Without words,
    /// returns those of what they have to know, once.
    #[wasm_bindgen(js_name = shareFinding)]
    pub fn share_finding(&self, alias: &str, target: usize, words: &[f64]) -> Vec<f64> {
        let mut client = self.0.borrow_mut();
        if words.is_empty() {
            return client.export(alias, target, now()).to_words().to_vec();
        }
        client.import(alias, target, &Finding::from_words(words), now());
        Vec::new()
    }
}

/// Merges what a client knows of a target into the record of it: the words of both. Returns the
/// words of the record, and after them those of the answer.
#[wasm_bindgen(js_name = mergeFinding)]
pub fn merge_finding(record: &[f64], finding: &[f64]) -> Vec<f64> {
    let mut shared = Shared::from_words(record);
    let answer = shared.merge(&Finding::from_words(finding), now());
    [shared.to_words(), answer.to_words()].concat()
}

/// The options of a call, and its mode without flags.
fn read_options(options: &str, mode: u32) -> Result<(CallOptions, u32), Failure> {
    let options = CallOptions {
        over_http: mode & MODE_OVER_HTTP != 0,
        ..CallOptions::from_json(options)?
    };
    Ok((options, mode & !MODE_OVER_HTTP))
}

/// Puts the answers of the calls of one request together, in their order: JSON text of each, and of
/// all.
#[wasm_bindgen(js_name = mergeAnswers)]
pub fn merge_answers(answers: Vec<String>) -> String {
    merge(&answers)
}
