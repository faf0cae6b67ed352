// DOM helpers.

/**
 * Creates an element with properties.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Partial<HTMLElementTagNameMap[Name]>} [properties]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function createElement(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

/**
 * The element with an id, which must be of the type.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`the page has no ${type.name} with the id ${id}`);
  return element;
}

/**
 * A host name in pieces, so that lines break after a dot and not inside `us-chicago-1`.
 *
 * @param {string} host
 */
export function breakableHost(host) {
  return host.split(/(?<=\.)/).flatMap((label) => {
    return [createElement("span", { className: "piece", textContent: label }), createElement("wbr")];
  });
}
