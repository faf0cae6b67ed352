//! A table for people on stderr, a JSON line a figure on stdout.

use serde_json::json;

/// One corpus: a row a contender, a column a chunking.
pub(crate) struct Table {
    group: &'static str,
    corpus: &'static str,
    chunkings: Vec<&'static str>,
    rows: Vec<(&'static str, Vec<f64>)>,
}

impl Table {
    pub(crate) fn new(group: &'static str, corpus: &'static str) -> Self {
        Table {
            group,
            corpus,
            chunkings: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// One column, in nanoseconds per event.
    pub(crate) fn add(
        &mut self,
        chunking: &'static str,
        contenders: impl Iterator<Item = &'static str>,
        times: &[f64],
    ) {
        self.chunkings.push(chunking);
        for (at, (contender, ns)) in contenders.zip(times).enumerate() {
            if self.rows.len() <= at {
                self.rows.push((contender, Vec::new()));
            }
            self.rows[at].1.push(*ns);
            let figure = (ns * 10.0).round() / 10.0;
            println!(
                "{}",
                json!({
                    "group": self.group,
                    "contender": contender,
                    "corpus": self.corpus,
                    "chunking": chunking,
                    "ns_per_event": figure,
                })
            );
        }
    }

    pub(crate) fn print(&self) {
        let line = |name: &str, cells: Vec<String>| {
            eprintln!(
                "{name:<28}{}",
                cells
                    .iter()
                    .map(|cell| format!("{cell:>10}"))
                    .collect::<String>()
            );
        };
        eprintln!();
        line(
            &format!("{}: {}", self.group, self.corpus),
            self.chunkings
                .iter()
                .map(|chunking| (*chunking).to_owned())
                .collect(),
        );
        for (contender, times) in &self.rows {
            line(
                &format!("  {contender}, ns"),
                times.iter().map(|ns| format!("{ns:.0}")).collect(),
            );
        }
        let Some((_, own)) = self.rows.first() else {
            return;
        };
        for (contender, times) in self
            .rows
            .iter()
            .filter(|(contender, _)| !contender.starts_with("ours"))
        {
            let ratios = times
                .iter()
                .zip(own)
                .map(|(theirs, ours)| format!("{:.2}x", theirs / ours))
                .collect();
            line(&format!("  {contender} / ours"), ratios);
        }
    }
}

pub(crate) fn linear(tiny: f64, whole: f64) {
    let rounded = |value: f64| (value * 100.0).round() / 100.0;
    let ratio = rounded(tiny / whole);
    eprintln!(
        "\nlinear: a 64 MiB event in 16-byte chunks {tiny:.2} ns/B, in one {whole:.2} ns/B: {ratio}x \
         (the bar: 2x at most)"
    );
    println!(
        "{}",
        json!({
            "group": "linear",
            "contender": "ours",
            "ratio": ratio,
            "tiny_ns_per_byte": rounded(tiny),
            "whole_ns_per_byte": rounded(whole),
        })
    );
}
