/** A VS Code for the users of this server, in their browsers. It works on this machine as the user of the server. */
export interface VscodeOptions {
  /** Port that the editor listens on. Default: 8001. */
  port?: number;
  /** Address that the editor listens on. Default: `127.0.0.1`. */
  host?: string;
  /** Path below which browsers see the editor, such as `/vscode` behind a proxy. Default: none. */
  basePath?: string | null;
  /**
   * Absolute path of the program. Default: `/openhands/.openvscode-server/bin/openvscode-server`, else
   * `openvscode-server` or `code-server` in the PATH.
   */
  program?: string;
}

/** Options with their defaults filled in. */
export interface ResolvedVscode {
  port: number;
  host: string;
  /** Between slashes it has none at its ends. null for none. */
  basePath: string | null;
  program: string | null;
}

const DEFAULT_PORT = 8001;

/** Fills in the defaults. Throws TypeError for invalid options. */
export function resolveVscode(options: VscodeOptions): ResolvedVscode {
  const { port = DEFAULT_PORT, host = "127.0.0.1", basePath = null, program = null } = options;
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new TypeError("vscode.port: must be a whole number from 1 to 65535");
  }
  if (typeof host !== "string" || host === "") throw new TypeError("vscode.host: must be an address");
  if (program !== null && !program.startsWith("/")) {
    throw new TypeError("vscode.program: must be an absolute path");
  }
  const path = basePath?.replace(/^\/+|\/+$/g, "") || null;
  if (path !== null && !/^[\w.~{}/-]+$/.test(path)) {
    throw new TypeError("vscode.basePath: must be a path such as /vscode");
  }
  return { port, host, basePath: path, program };
}
