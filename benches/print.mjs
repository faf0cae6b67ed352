// One cell on the terminal, as soon as it's measured.

export function printCell({ path, corpus, chunking, contenders }) {
  console.log(`\n${path}, ${corpus}, ${chunking}: ns per event, spread, rounds, ratio to ours`);
  for (const { name, note, strings, median, spread, rounds, ratio } of contenders) {
    const times = [median.toFixed(0).padStart(8), `±${(spread * 100).toFixed(0)}%`.padStart(6), `${rounds}`.padStart(4)];
    const columns = [name.padEnd(44), ...times, (ratio?.toFixed(2) ?? "").padStart(8)];
    const said = [strings && `${strings} strings`, note].filter(Boolean).join(", ");
    console.log(`  ${columns.join(" ")}  ${said}`.trimEnd());
  }
}
