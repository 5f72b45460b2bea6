export type { FetchServer } from "../http/fetch-server.ts";
export { type Listening, type ListenOptions, listen } from "./listen.ts";
export { toNodeHandler } from "./node-handler.ts";
export { type ServeOptions, serve } from "./serve.ts";
export { type AttachOptions, attachWebSockets } from "./sockets/upgrade.ts";
