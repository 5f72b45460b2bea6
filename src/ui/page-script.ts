export interface PageScriptOptions {
  /** Path below which the app and the server lie; empty for the root. */
  prefix: string;
  /** Key of the server. Null lets the app ask its user for one. */
  key: string | null;
}

/** Place in the browser's storage where Agent Canvas keeps the servers it knows. */
const BACKENDS = "openhands-backends";
/** Id of the server that Agent Canvas itself makes of the page's origin. */
const OWN_BACKEND = "default-local";

/**
 * Returns the script that connects Agent Canvas to the server it came from, and that switches its telemetry off. It
 * must run before the scripts of the page.
 */
export function pageScript({ prefix, key }: PageScriptOptions): string {
  const globals: Record<string, unknown> = {
    __AGENT_CANVAS_DO_NOT_TRACK__: true,
    ...(key === null ? { __AGENT_CANVAS_AUTH_REQUIRED__: true } : { __AGENT_CANVAS_SESSION_API_KEY__: key }),
    ...(prefix === "" ? {} : { __AGENT_CANVAS_BASE_PATH__: prefix }),
  };
  const assigned = `Object.assign(window,${literal(globals)});`;
  return prefix === "" ? assigned : assigned + namedBackend(prefix, key);
}

/** The app takes the bare origin for its server, so that one below a path must be named before the app starts. */
function namedBackend(prefix: string, key: string | null): string {
  return `(()=>{
const own=${literal({ id: OWN_BACKEND, name: "Local", kind: "local" })};
let all;
try{all=JSON.parse(localStorage.getItem(${literal(BACKENDS)}))}catch{}
if(!Array.isArray(all))all=[];
const old=all.find((each)=>each?.id===own.id);
own.host=location.origin+${literal(prefix)};
own.apiKey=${literal(key)}??(old?.host===own.host?old.apiKey:"");
localStorage.setItem(${literal(BACKENDS)},JSON.stringify([own,...all.filter((each)=>each?.id!==own.id)]));
})();`;
}

/** JSON that neither ends the script element nor the line. */
function literal(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}
