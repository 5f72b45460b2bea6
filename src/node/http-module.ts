/**
 * Node's HTTP, loaded without its rarer names. An `import` of the module reads all of them, and two of them load Node's
 * whole fetch: a quarter of a start.
 */
export const http = process.getBuiltinModule("node:http");
