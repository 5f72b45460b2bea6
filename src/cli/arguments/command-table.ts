import { LIMIT } from "./limit-option.ts";
import type { CommandSpec, OptionSpec, OptionSpecs } from "./option-spec.ts";
import { SERVE_OPTIONS } from "./serve-options.ts";
import { STORE_OPTIONS } from "./store-options.ts";

const DATA = {
  value: "DIR",
  path: "folder",
  about: "folder of the conversations; default: OH_CONVERSATIONS_PATH",
} as const satisfies OptionSpec;

const SERVER = {
  value: "URL",
  about: "the server; default: http://127.0.0.1:8000",
} as const satisfies OptionSpec;

const STOPPED = "The server that uses the database must be stopped.";

/** Every command. The parser, the help and the completion of shells are readings of this table. */
export const COMMANDS = {
  serve: {
    group: "Serve",
    summary: "serve conversations over HTTP and WebSocket; the default",
    operands: "",
    details: [
      "Settings come from OH_* variables, SESSION_API_KEY and a JSON config file (OPENHANDS_AGENT_SERVER_CONFIG_PATH, else workspace/openhands_agent_server_config.json).",
    ],
    options: SERVE_OPTIONS,
  },
  doctor: {
    group: "Serve",
    summary: "say what this machine and the configuration lack",
    operands: "",
    details: [
      "Nothing is changed. The exit code is 1 when something keeps a server from starting; what only lacks is a remark.",
    ],
    options: {
      host: { value: "HOST", about: "address that the server would bind" },
      port: { value: "PORT", about: "port that the server would bind; default: 8000" },
      data: DATA,
      ...STORE_OPTIONS,
      json: { about: "print the findings as JSON" },
    },
  },
  health: {
    group: "Serve",
    summary: "ask a running server whether it is well",
    operands: "",
    details: [
      "For supervisors of containers. The exit code is 1 when it does not answer with 200 within 30 s.",
    ],
    options: {
      host: SERVER,
      ready: { about: "ask /ready, whether it takes work, instead of /health" },
    },
  },
  chat: {
    group: "Talk",
    summary: "talk to an agent of any agent server in this terminal",
    operands: "[ID]",
    details: [
      "ID is a conversation to go on with; without it, a new one is started. Lines are messages, /help shows the commands, and Ctrl-C stops the agent.",
      "The session key comes from OH_SESSION_API_KEYS_0 or SESSION_API_KEY, or is asked for.",
      "Without a terminal, each line waits for the end of the run before it. The exit code is 1 when the last run failed or waits for a confirmation.",
    ],
    options: {
      host: SERVER,
      "key-file": { value: "FILE", path: "file", about: "file with the session key" },
      model: {
        value: "MODEL",
        about: "model of a new conversation, its key in LLM_API_KEY; default: that of the server's settings",
      },
      workspace: {
        value: "DIR",
        path: "folder",
        about:
          "folder of a new conversation on the server's machine; default: this one, or workspace/project of another machine",
      },
      confirm: { about: "ask before each action of a new conversation" },
    },
  },
  demo: {
    group: "Talk",
    summary: "run one conversation with the built-in demo model",
    operands: "",
    details: ["Needs no key and no network. Its events are printed as they happen."],
    options: {
      workspace: {
        value: "DIR",
        path: "folder",
        about: "folder the agent works in; default: a new temporary one",
      },
    },
  },
  import: {
    group: "Data",
    summary: "import what an OpenHands agent server keeps",
    operands: "DIR [DIR …]",
    details: [
      "Conversations, settings, secrets, profiles. It may be repeated: what is here already is left alone.",
      STOPPED,
    ],
    options: { data: DATA, ...STORE_OPTIONS },
  },
  export: {
    group: "Data",
    summary: "write a stored conversation as a folder, page or fixture",
    operands: "ID",
    details: [
      "The folder is one that an OpenHands agent server opens. Neither it nor the page holds secrets.",
      STOPPED,
    ],
    options: {
      to: {
        value: "DIR",
        path: "folder",
        about: "folder that the exported one, or the page, is made in; default: here",
      },
      html: {
        about: "write one HTML page instead: the timeline, durations, costs and diffs, for a bug report",
      },
      fixture: { about: "print the conversation as a fixture that tests can replay, instead" },
      data: DATA,
      ...STORE_OPTIONS,
    },
  },
  reseal: {
    group: "Data",
    summary: "encrypt every stored secret with today's OH_SECRET_KEY",
    operands: "",
    details: [
      "Secrets are read with OH_SECRET_KEY and OH_PREVIOUS_SECRET_KEYS. The exit code is 1 when one remains that no key opens.",
      STOPPED,
    ],
    options: {
      data: DATA,
      ...STORE_OPTIONS,
      "forget-unreadable": {
        about: "drop the secrets that none of the keys opens; without it they stay as they are",
      },
    },
  },
  keys: {
    group: "Data",
    summary: "make, list and revoke the access keys of clients",
    operands: "create NAME | list | revoke ID | rotate ID",
    words: ["create", "list", "revoke", "rotate"],
    details: [
      "A key is shown once; the store has a digest of it. rotate gives it another text, and the former one ends.",
      "A server on Postgres sees a change within seconds. One with a database file must be stopped, or be asked itself: POST and DELETE /api/access-keys.",
    ],
    options: {
      scope: {
        value: "SCOPE",
        choices: ["read", "write", "admin"],
        about: "what a new key allows: read conversations, work with them, or everything",
      },
      owner: {
        value: "ID",
        about: "principal in whose name a new key acts; default: itself, and it reaches all",
      },
      tag: { value: "NAME=VALUE", multiple: true, about: "tag of the conversations that a new key reaches" },
      limit: LIMIT,
      expires: { value: "TIME", about: "end of a new key, such as 12h, 30d or 8w; default: none" },
      json: { about: "print JSON" },
      data: DATA,
      ...STORE_OPTIONS,
    },
  },
  migrate: {
    group: "Data",
    summary: "bring the tables of a store in Postgres to this version",
    operands: "",
    details: ["A server does the same at its start. Servers of the version before go on working meanwhile."],
    options: { ...STORE_OPTIONS, "dry-run": { about: "only say which migrations are missing" } },
  },
  ui: {
    group: "More",
    summary: "get the pages of Agent Canvas, which --ui serves",
    operands: "install [VERSION]",
    words: ["install"],
    options: {},
  },
  "mock-llm": {
    group: "More",
    summary: "serve a scripted model, for tests",
    operands: "",
    details: ["It speaks OpenAI's and Anthropic's protocols."],
    options: {
      script: {
        value: "FILE",
        path: "file",
        about: 'JSON list of steps, such as ["Hello", {"call": "terminal", "arguments": {"command": "ls"}}]',
      },
      port: { value: "PORT", about: "port of the scripted model; default: any free one" },
    },
  },
  completion: {
    group: "More",
    summary: "print the completion script of bash, zsh or fish",
    operands: "SHELL",
    words: ["bash", "zsh", "fish"],
    details: [
      "bash: keep it in ~/.local/share/bash-completion/completions/agent-server",
      "zsh: keep it as _agent-server in a folder of fpath, before compinit runs",
      "fish: keep it in ~/.config/fish/completions/agent-server.fish",
    ],
    options: {},
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;

type OptionsOf<C extends CommandName> = (typeof COMMANDS)[C]["options"];
type OptionName = { [C in CommandName]: keyof OptionsOf<C> }[CommandName];
/** The specs of an option, of every command that has it. */
type SpecOf<N> = {
  [C in CommandName]: N extends keyof OptionsOf<C> ? OptionsOf<C>[N] : never;
}[CommandName];

/** The options that were given, by name. */
export type Values = {
  [N in OptionName | "help" | "version"]?: SpecOf<N> extends never
    ? boolean
    : SpecOf<N> extends { multiple: true }
      ? string[]
      : SpecOf<N> extends { value: string }
        ? string
        : boolean;
};

/** Options that every command has. */
export const COMMON_OPTIONS = {
  help: { about: "show this help" },
  version: { about: "print the version" },
} as const satisfies OptionSpecs;

/** Every command with its name, in the order of the help. */
export function allCommands(): [name: CommandName, spec: CommandSpec][] {
  return Object.entries(COMMANDS) as [CommandName, CommandSpec][];
}

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
