import type { Cipher } from "../../secrets/cipher.ts";
import { openSecrets, sealSecrets } from "../../secrets/secret-fields.ts";
import type { McpServer } from "../../wire/agent/mcp-server.ts";
import { type McpTestRequest, type McpTestResponse, serverOfTest } from "../../wire/settings/mcp-trials.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { memoryState, type OAuthState } from "../oauth/oauth-state.ts";
import type { RemoteAccess } from "../transports/remote-access.ts";
import { failureOf, type TestParts, testServer } from "./test-server.ts";

export interface ServerTestsOptions {
  /** Opens the secrets that clients send back sealed, and seals those of answers. */
  cipher: Cipher | undefined;
  remote: RemoteAccess;
  /** The machine that programs are started on. */
  workspace(): Promise<Workspace>;
}

/** Tries servers out for clients, before they are kept. Nothing is stored. */
export class ServerTests {
  readonly #options: ServerTestsOptions;

  constructor(options: ServerTestsOptions) {
    this.#options = options;
  }

  async test(request: McpTestRequest): Promise<McpTestResponse> {
    const parts = await this.partsOf(request);
    return testServer(parts).catch((error: unknown) => failureOf(error, parts.server));
  }

  /** The parts of a test, with the secrets of the request in clear. */
  async partsOf(request: McpTestRequest): Promise<TestParts> {
    const { cipher, remote, workspace } = this.#options;
    const server = opened(serverOfTest(request), cipher);
    const state = server.auth?.strategy === "oauth2" ? server.auth.state : undefined;
    return {
      ...{ server, request, remote, workspace: await workspace() },
      state: memoryState(state),
      shown: (reached) => (cipher === undefined ? reached : sealed(reached, cipher)),
    };
  }
}

const NAME = "server";

function opened(server: McpServer, cipher: Cipher | undefined): McpServer {
  const { value } = openSecrets({ mcp_config: { [NAME]: server } }, cipher);
  return value.mcp_config[NAME] ?? server;
}

function sealed(state: OAuthState, cipher: Cipher): OAuthState {
  const auth = { strategy: "oauth2" as const, state };
  return sealSecrets({ mcp_config: { [NAME]: { auth } } }, cipher).mcp_config[NAME]?.auth.state ?? {};
}
