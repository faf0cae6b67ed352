// Making elements.

export function make(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

/** A host name in pieces, so that a line ends after a dot and never inside `us-chicago-1`. */
export function breakable(host) {
  return host.split(/(?<=\.)/).flatMap((label) => [make("span", { className: "piece", textContent: label }), make("wbr")]);
}
