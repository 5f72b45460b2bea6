import { LIMIT } from "./limit-option.ts";
import type { OptionSpecs } from "./option-spec.ts";
import { STORE_OPTIONS } from "./store-options.ts";

/** Flags of the reference without an effect here. They are accepted, so that its launch scripts work. */
export const IGNORED = ["reload", "import-modules", "extra-python-path"] as const;

const CLUSTER = "Servers that share a store";
const WEB_APP = "Web app";
const SANDBOX = "Sandbox";
const CONTAINERS = "Containers";
const OBSERVED = "Metrics, traces and logs";
const USERS = "Users and keys";

/** The options of a server. */
export const SERVE_OPTIONS = {
  host: {
    value: "HOST",
    about: "address to bind; 127.0.0.1 without session keys, 0.0.0.0 with them",
    brief: "address to bind",
  },
  port: {
    value: "PORT",
    about: "port to bind; 8000, and 0 takes any free one",
    brief: "port to bind (8000)",
  },
  "dangerously-allow-unauthenticated": {
    about: "bind beyond this machine without a key: anyone who reaches the port can run commands here",
  },
  ...STORE_OPTIONS,
  cluster: {
    section: CLUSTER,
    about:
      "serve one store together with other servers, behind any balancer; all need the same OH_SECRET_KEY",
  },
  address: {
    section: CLUSTER,
    value: "URL",
    about: "where the other servers reach this one; default: http://HOST:PORT. Implies --cluster",
  },
  placement: {
    section: CLUSTER,
    value: "pinned|shared|sandbox",
    choices: ["pinned", "shared", "sandbox"],
    about:
      "where a conversation runs: on the machine where it began (pinned, the default), or on any, where all have the same folders (shared) or the --sandboxes",
  },
  machine: {
    section: CLUSTER,
    value: "NAME",
    about:
      "name of this machine, the same for all servers that have its folders; default: an id kept in the folder of conversations",
  },
  "cut-runs": {
    section: CLUSTER,
    value: "continue|mark",
    choices: ["continue", "mark"],
    about:
      "what becomes of a run whose server dies: another one goes on with it (continue, the default), or makes it an error (mark)",
  },
  sandboxes: {
    section: CLUSTER,
    value: "URL",
    about:
      "agent servers in which agents work, with the key OH_SANDBOXES_KEY; {conversation_id} in the URL makes it one for each conversation. In a cluster, implies --placement sandbox",
  },
  limit: { ...LIMIT, section: USERS },
  audit: {
    section: USERS,
    value: "FILE",
    path: "file",
    about: "write what callers were allowed and refused to this file, a JSON object a line",
  },
  ui: {
    section: WEB_APP,
    about: "serve Agent Canvas, the web app, on the same port",
    brief: "serve the web app, too",
  },
  "ui-dir": {
    section: WEB_APP,
    value: "DIR",
    path: "folder",
    about: "folder of its build; default: the installed one. Implies --ui",
  },
  open: {
    section: WEB_APP,
    about: "open it in the browser. Implies --ui",
    brief: "the same, opened in the browser",
  },
  inspector: {
    section: WEB_APP,
    about:
      "serve the inspector at /inspector: conversations, their timelines, waits, tokens and errors, live",
    brief: "serve a page that shows what runs, at /inspector",
  },
  sandbox: {
    section: SANDBOX,
    about: "run commands and file tools in bubblewrap: without the server's files, processes and network",
    brief: "confine agents with bubblewrap",
  },
  "sandbox-root": {
    section: SANDBOX,
    value: "DIR",
    path: "folder",
    about: "folder that working folders lie in; default: workspace/projects",
  },
  "sandbox-network": {
    section: SANDBOX,
    value: "none|host",
    choices: ["none", "host"],
    about: "the network inside; default: none",
  },
  container: {
    section: CONTAINERS,
    value: "IMAGE",
    about: "run commands and file tools in containers of this image, one for each conversation",
    brief: "confine agents to containers",
  },
  "container-engine": {
    section: CONTAINERS,
    value: "podman|docker",
    choices: ["podman", "docker"],
    about: "the program that makes them; default: podman",
  },
  "container-root": {
    section: CONTAINERS,
    value: "DIR",
    path: "folder",
    about: "folder that working folders lie in; default: workspace/projects",
  },
  "container-network": {
    section: CONTAINERS,
    value: "NAME",
    choices: ["none", "host"],
    about: "none, host or another network of the engine; default: none",
  },
  "container-argument": {
    section: CONTAINERS,
    value: "ARGUMENT",
    multiple: true,
    about: "an argument of the engine's run, such as --container-argument=--runtime=runc; may be repeated",
  },
  metrics: {
    section: OBSERVED,
    about: "serve figures for Prometheus at /metrics, to those who have a key; needs the package prom-client",
  },
  "metrics-port": {
    section: OBSERVED,
    value: "PORT",
    about: "serve them on this port instead, without a key. Implies --metrics",
  },
  "metrics-host": {
    section: OBSERVED,
    value: "HOST",
    about: "address of that port; default: 127.0.0.1",
  },
  tracing: {
    section: OBSERVED,
    about:
      "trace requests and agents with the SDK of OpenTelemetry that NODE_OPTIONS has loaded, by OTEL_* variables",
  },
  "tracing-model-host": {
    section: OBSERVED,
    value: "HOST",
    multiple: true,
    about: "a host of models at which traces go on, such as a gateway; may be repeated. Implies --tracing",
  },
  "access-log": {
    section: OBSERVED,
    about: "log every request and socket, without paths and queries",
  },
  "check-browser": {
    section: "Checks",
    about: "only try out whether agents can have a browser on this machine",
  },
  reload: { hidden: true, about: "no effect" },
  "import-modules": { hidden: true, value: "NAMES", about: "no effect" },
  "extra-python-path": { hidden: true, value: "PATH", about: "no effect" },
} as const satisfies OptionSpecs;
