// What the Worker has beside Node's globals.

declare function addEventListener(type: string, listener: (event: unknown) => void): void;
