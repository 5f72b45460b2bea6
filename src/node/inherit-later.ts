/**
 * Lets objects inherit from a class of fetch that is named when something first asks for it. Naming `Request` or
 * `Headers` loads Node's whole fetch, a quarter of a start, and most requests need nothing of it.
 */
export function inheritLater(prototype: object, parent: () => object): void {
  const looked = new Proxy(Object.create(null), {
    getPrototypeOf: parent,
    has: (_, name) => name in parent(),
    get: (_, name, receiver) => Reflect.get(parent(), name, receiver),
  });
  Object.setPrototypeOf(prototype, looked);
}
