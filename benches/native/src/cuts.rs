//! How a stream is cut into network chunks.

pub(crate) struct Cut {
    pub(crate) name: &'static str,
    by: By,
}

enum By {
    Bytes(usize),
    Events(usize),
}

pub(crate) const CUTS: &[Cut] = &[
    Cut {
        name: "1 B",
        by: By::Bytes(1),
    },
    Cut {
        name: "7 B",
        by: By::Bytes(7),
    },
    Cut {
        name: "64 B",
        by: By::Bytes(64),
    },
    Cut {
        name: "1 event",
        by: By::Events(1),
    },
    Cut {
        name: "4 events",
        by: By::Events(4),
    },
    Cut {
        name: "1400 B",
        by: By::Bytes(1400),
    },
    Cut {
        name: "64 KiB",
        by: By::Bytes(64 * 1024),
    },
];

impl Cut {
    /// The pieces, in order, each with memory of its own as a socket's reads have.
    pub(crate) fn of(&self, events: &[String]) -> Vec<Vec<u8>> {
        match self.by {
            By::Bytes(size) => events
                .concat()
                .into_bytes()
                .chunks(size)
                .map(<[u8]>::to_vec)
                .collect(),
            By::Events(count) => events
                .chunks(count)
                .map(|events| events.concat().into_bytes())
                .collect(),
        }
    }
}
