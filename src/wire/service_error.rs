//! An HTTP status and the body beside it -> an [`Error`], with what there is to check.
//!
//! OCI's body is `{"code":…,"message":…}`; the code is a name or a number in quotes, the message may be another JSON document
//! (OpenAI's, for OpenAI's models), and what stands before the service answers in HTML.

use crate::json::Value;

use crate::error::{Code, Error};
use crate::gather::holds;
use crate::json;
use crate::routing::{Route, Transport};

/// What an answer with a status other than 2xx means.
pub(crate) fn service_error(
    status: u16,
    body: &[u8],
    route: &Route,
    signs: bool,
    opc_request_id: Option<String>,
) -> Error {
    let Said {
        code,
        message,
        param,
    } = Said::of(body);
    let shown = if message.is_empty() {
        format!("the service answered with status {status}")
    } else {
        message.clone()
    };
    let kind = kind(status, &message);
    let mut error = match param {
        Some(param) if kind == Code::BadRequest => Error::param(param, shown).with_code(kind),
        _ => Error::new(kind, shown),
    };
    if let Some(hint) = hint(kind, route, signs) {
        error = error.with_hint(hint);
    }
    error
        .with_status(status)
        .with_service_code(code)
        .with_opc_request_id(opc_request_id)
}

/// The service says that the model behind the endpoint speaks another format.
const WRONG_FORMAT: &str = "does not match serving model";
/// The openai transport says that it does not serve this model.
pub(crate) const NOT_ON_OPENAI: &str = "Unsupported OpenAI operation";

fn kind(status: u16, message: &str) -> Code {
    match status {
        300..=399 => Code::Redirected,
        401 => Code::Unauthorized,
        404 => Code::NotFoundOrUnauthorized,
        409 => Code::Conflict,
        429 => Code::RateLimited,
        400 if holds(message, WRONG_FORMAT) => Code::WrongApiFormat,
        400 if holds(message, "Inappropriate") && holds(message, "blocklist") => {
            Code::ContentFiltered
        }
        400..=499 => Code::BadRequest,
        502..=504 => Code::ServiceUnavailable,
        500..=599 => Code::ServiceError,
        _ => Code::InvalidResponse,
    }
}

fn hint(kind: Code, route: &Route, signs: bool) -> Option<String> {
    let region = route.region();
    Some(match kind {
        Code::Unauthorized if route.transport() == Transport::OpenAi => {
            "check the API key (keys are regional, and stay refused if they were made before their IAM policy), or the signer"
                .into()
        }
        Code::Unauthorized if !signs => {
            "native calls, and so every DAC, want a signature: set `sign`; `apiKey` is for the openai transport only".into()
        }
        Code::Unauthorized => {
            "check the signer: its key and key id, and the clock (5 minutes are allowed); a session token may have \
             expired"
                .into()
        }
        Code::NotFoundOrUnauthorized => format!(
            "OCI says the same for three causes: the model or endpoint does not exist{}, no IAM policy allows its use, or \
             compartmentId is another compartment's",
            if region.is_empty() { String::new() } else { format!(" in {region}") }
        ),
        Code::WrongApiFormat => "set apiFormat to what the model behind the endpoint speaks: GENERIC, COHERE or COHEREV2".into(),
        Code::RateLimited => "the service asks for fewer requests: wait, or add units to the cluster".into(),
        Code::Conflict => "the endpoint may be in the middle of a change: its state in the console tells".into(),
        Code::Redirected => "redirects are never followed, since the signature is for one host: check `endpoint`".into(),
        _ => return None,
    })
}

/// What a body says.
#[derive(Debug, Default, PartialEq)]
struct Said {
    code: Option<String>,
    message: String,
    param: Option<String>,
}

impl Said {
    fn of(body: &[u8]) -> Said {
        let Ok(said) = json::parse(body) else {
            return Said {
                message: excerpt(&String::from_utf8_lossy(body)),
                ..Said::default()
            };
        };
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.as_str().to_owned()),
            _ => None,
        };
        // OpenAI's shape, by itself or as the text of OCI's message.
        let inner = said
            .get("message")
            .and_then(Value::as_str)
            .and_then(|message| json::parse(message.as_bytes()).ok());
        let openai = inner
            .as_ref()
            .and_then(|inner| inner.get("error"))
            .or_else(|| said.get("error"));
        if let Some(error) = openai.filter(|error| !error.is_null()) {
            return Said {
                code: said
                    .get("code")
                    .or_else(|| error.get("code"))
                    .and_then(text),
                message: excerpt(
                    &error
                        .get("message")
                        .and_then(text)
                        .or_else(|| text(error))
                        .unwrap_or_default(),
                ),
                param: error.get("param").and_then(text),
            };
        }
        let message = said
            .get("message")
            .or_else(|| said.get("detail"))
            .and_then(text)
            .unwrap_or_default();
        Said {
            code: said.get("code").and_then(text),
            message: excerpt(&message),
            param: None,
        }
    }
}

/// A line of a message: no markup of a proxy's page, no control characters, no more than a log wants.
fn excerpt(text: &str) -> String {
    const MOST: usize = 500;
    let mut plain = String::new();
    let is_markup = text.trim_start().starts_with('<');
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' if is_markup => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            c if c.is_control() || c.is_whitespace() => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            c => plain.push(c),
        }
    }
    let plain = plain.trim();
    match plain.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", plain.get(..end).unwrap_or_default()),
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{RouteOverrides, RoutingOptions};

    fn error(status: u16, body: &str) -> Error {
        let route = Route::resolve(
            "ocid1.generativeaiendpoint.oc1.us-chicago-1.x",
            &RoutingOptions::default(),
            RouteOverrides::default(),
        )
        .unwrap();
        service_error(status, body.as_bytes(), &route, true, Some("a/b/c".into()))
    }

    #[test]
    fn codes() {
        for (status, body, code) in [
            (
                401,
                r#"{"code":"NotAuthenticated","message":"no"}"#,
                Code::Unauthorized,
            ),
            (
                404,
                r#"{"code":"404","message":"Authorization failed or requested resource not found."}"#,
                Code::NotFoundOrUnauthorized,
            ),
            (
                400,
                r#"{"code":"400","message":"Please pass in correct format of request."}"#,
                Code::BadRequest,
            ),
            (
                400,
                r#"{"code":"400","message":"Chat request type does not match serving model"}"#,
                Code::WrongApiFormat,
            ),
            (
                400,
                r#"{"code":"400","message":"Inappropriate output content detected in output blocklist"}"#,
                Code::ContentFiltered,
            ),
            (
                409,
                r#"{"code":"IncorrectState","message":"x"}"#,
                Code::Conflict,
            ),
            (413, "", Code::BadRequest),
            (429, "{}", Code::RateLimited),
            (500, "oops", Code::ServiceError),
            (
                502,
                "<html><body>Bad Gateway</body></html>",
                Code::ServiceUnavailable,
            ),
            (503, "", Code::ServiceUnavailable),
            (307, "", Code::Redirected),
            (204, "", Code::InvalidResponse),
        ] {
            let error = error(status, body);
            assert_eq!(
                (error.code(), error.status()),
                (code, Some(status)),
                "{status} {body}"
            );
            assert_eq!(error.opc_request_id(), Some("a/b/c"));
            assert!(!error.message().contains('<') && !error.message().is_empty());
        }
        assert_eq!(
            error(404, r#"{"code":"NotAuthorizedOrNotFound","message":"x"}"#).service_code(),
            Some("NotAuthorizedOrNotFound")
        );
        assert!(error(404, "{}").hint().unwrap().contains("us-chicago-1"));
    }

    #[test]
    fn an_error_in_an_error() {
        let body = r#"{"code":"400","message":"{\n \"error\": {\"message\":\"Unsupported value\",\"param\":\"temperature\",\"code\":\"x\"}}"}"#;
        let error = error(400, body);
        assert_eq!(
            (error.message(), error.param_name()),
            ("Unsupported value", Some("temperature"))
        );
        assert_eq!(error.service_code(), Some("400"));
    }

    #[test]
    fn a_page_becomes_a_line() {
        assert_eq!(
            excerpt("<html>\n<h1>502</h1>\n Bad\tGateway</html>"),
            "502 Bad Gateway"
        );
        assert_eq!(excerpt("1 < 2"), "1 < 2");
        assert_eq!(excerpt(&"é".repeat(600)).chars().count(), 501);
    }
}
