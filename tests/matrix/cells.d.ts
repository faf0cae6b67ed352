import type { Hub } from "./hub.mjs";

/** One way to load one entry. */
export interface Cell {
  /** The row. */
  where: string;
  /** The column. */
  entry: string;
  /** Whether `make test` runs it too. */
  core?: boolean;
  /** Why it can't run on this machine: it is skipped. */
  skipped?: string;
  /**
   * Where it is known to fail as it is: what to do then. With `cure`, that is run too, and has to pass; without, it is
   * the other column.
   */
  advice?: string;
  cure?: (place: Place) => Promise<unknown>;
  /** Loads the entry, and runs the suite. It may end before the suite does. */
  run(place: Place): Promise<unknown>;
}

/** What a cell has for one run. */
export interface Place {
  hub: Hub;
  /** Empty, but for the suite. */
  folder: string;
}
