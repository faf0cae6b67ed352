//! The event-stream standard's own examples and rules as data, in our words: what a stream is, and
//! which events, id and reconnection time follow from it. Each is parsed whole, cut at every byte
//! and byte by byte. They are held here as well as in `../shared/conformance`, so that a clone
//! without that folder has them too.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>

use oci_genai_edge::sse::Parser;

struct Case {
    name: &'static str,
    stream: &'static [u8],
    /// Type, data and id of each event.
    events: &'static [(&'static str, &'static str, &'static str)],
    last_event_id: &'static str,
    retry: Option<u64>,
}

const fn case(
    name: &'static str,
    stream: &'static [u8],
    events: &'static [(&'static str, &'static str, &'static str)],
) -> Case {
    Case {
        name,
        stream,
        events,
        last_event_id: "",
        retry: None,
    }
}

const CASES: &[Case] = &[
    // The examples of the standard's text, with words of our own.
    case(
        "data over two lines is joined by a newline",
        b"data: first line\ndata: second line\n\n",
        &[("message", "first line\nsecond line", "")],
    ),
    case(
        "three lines, of which one is a number",
        b"data: STOCK\ndata: +2\ndata: 10\n\n",
        &[("message", "STOCK\n+2\n10", "")],
    ),
    case(
        "a named event between others",
        b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
        &[
            ("add", "73857293", ""),
            ("remove", "2153", ""),
            ("add", "113411", ""),
        ],
    ),
    Case {
        last_event_id: "",
        ..case(
            "a comment, ids, one that resets the id, and a leading space that stays",
            b": a test\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n",
            &[
                ("message", "first", "1"),
                ("message", "second", ""),
                ("message", " third", ""),
            ],
        )
    },
    case(
        "data without a colon is empty data, and an event without its blank line is none",
        b"data\n\ndata\ndata\n\ndata:",
        &[("message", "", ""), ("message", "\n", "")],
    ),
    case(
        "one space behind the colon means nothing",
        b"data:test\n\ndata: test\n\n",
        &[("message", "test", ""), ("message", "test", "")],
    ),
    // The grammar and the rules of interpretation.
    case("an empty stream has no event", b"", &[]),
    case(
        "a byte order mark is dropped",
        b"\xEF\xBB\xBFdata: a\n\n",
        &[("message", "a", "")],
    ),
    case(
        "only one byte order mark is dropped",
        b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\ndata: b\n\n",
        &[("message", "b", "")],
    ),
    case(
        "lines end with CR, LF or CRLF, mixed",
        b"data: a\rdata: b\r\ndata: c\n\rdata: d\r\n\r\ndata: e\r\r",
        &[
            ("message", "a\nb\nc", ""),
            ("message", "d", ""),
            ("message", "e", ""),
        ],
    ),
    case(
        "a name with another letter case, or with a space, is another name",
        b"Data: a\ndata : b\n data: c\ndatas: d\ndata: e\n\n",
        &[("message", "e", "")],
    ),
    case(
        "unknown fields and comments are ignored, inside of an event too",
        b"data: a\n: comment\nfoo: bar\nfoo\n:\ndata: b\n\n",
        &[("message", "a\nb", "")],
    ),
    case(
        "only the first colon ends the name, and only one space is dropped",
        b"data: a: b\ndata:: c\ndata:  d\n\n",
        &[("message", "a: b\n: c\n d", "")],
    ),
    case(
        "a tab behind the colon stays",
        b"data:\ta\n\n",
        &[("message", "\ta", "")],
    ),
    case(
        "an event without data resets its type",
        b"event: add\n\ndata: a\n\n",
        &[("message", "a", "")],
    ),
    case(
        "an empty type is a message, and the last type counts",
        b"event: x\nevent:\ndata: a\n\nevent: x\nevent: y\ndata: b\n\n",
        &[("message", "a", ""), ("y", "b", "")],
    ),
    Case {
        last_event_id: "7",
        ..case(
            "an id stays in force, and one with NUL is ignored",
            b"id: 7\ndata: a\n\nid: 8\0\ndata: b\n\ndata: c\n\n",
            &[
                ("message", "a", "7"),
                ("message", "b", "7"),
                ("message", "c", "7"),
            ],
        )
    },
    Case {
        last_event_id: "5",
        ..case(
            "an id counts without data, once a blank line follows",
            b"id: 5\n\nid: 6\n",
            &[],
        )
    },
    Case {
        retry: Some(1500),
        ..case(
            "a retry is of ASCII digits only",
            b"retry: 1500\nretry: 15s\nretry: -1\nretry:\nretry: 1.5\ndata: a\n\n",
            &[("message", "a", "")],
        )
    },
    Case {
        retry: Some(7),
        ..case("a retry needs no event", b"retry:7\n", &[])
    },
    case(
        "invalid UTF-8 is replaced, and does not hide a line end",
        b"data: a\xE2\x82\ndata: \xFFb\n\n",
        &[("message", "a\u{FFFD}\n\u{FFFD}b", "")],
    ),
    case(
        "other line separators of Unicode are data",
        "data: a\u{2028}b\u{85}c\u{B}d\u{C}e\n\n".as_bytes(),
        &[("message", "a\u{2028}b\u{85}c\u{B}d\u{C}e", "")],
    ),
    case(
        "NUL in data stays",
        b"data: a\0b\n\n",
        &[("message", "a\0b", "")],
    ),
    case(
        "the end of the stream completes no event",
        b"data: a\n\ndata: b\n",
        &[("message", "a", "")],
    ),
];

type Parsed = (Vec<(String, String, String)>, String, Option<u64>);

fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Parsed {
    let (mut parser, mut events) = (Parser::new(), Vec::new());
    for piece in pieces {
        parser
            .feed(piece, |it| {
                events.push((it.event.into(), it.data.into(), it.id.into()))
            })
            .unwrap();
    }
    parser
        .end(false, |it| {
            events.push((it.event.into(), it.data.into(), it.id.into()))
        })
        .unwrap();
    (events, parser.last_event_id().to_owned(), parser.retry())
}

#[test]
fn examples_and_rules_of_the_standard() {
    for Case {
        name,
        stream,
        events,
        last_event_id,
        retry,
    } in CASES
    {
        let owned = events
            .iter()
            .map(|(kind, data, id)| ((*kind).to_owned(), (*data).to_owned(), (*id).to_owned()));
        let expected: Parsed = (owned.collect(), (*last_event_id).to_owned(), *retry);
        assert_eq!(parse([*stream]), expected, "{name}");
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(parse([head, tail]), expected, "{name}, cut at {at}");
        }
        assert_eq!(parse(stream.chunks(1)), expected, "{name}, byte by byte");
    }
}
