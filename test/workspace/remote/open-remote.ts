import {
  createServer as createHttpServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import {
  createServer,
  localWorkspace,
  memoryStore,
  type OpenWorkspace,
  type RemoteOptions,
  remoteWorkspace,
  type Workspace,
} from "agent-server";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "../open-local.ts";

export const KEY = "key-of-the-other-server";

/** Another server of ours that listens until the test ends. */
export async function otherServer(
  workspace: OpenWorkspace = localWorkspace(),
): Promise<{ url: string; close(): Promise<void> }> {
  const conversationsPath = await temporaryDirectory();
  const server = createServer({
    apiKeys: [KEY],
    store: memoryStore(),
    conversationsPath,
    workspace,
    logger: "silent",
  });
  const { url } = await server.listen(0);
  onTestFinished(() => server.close());
  return { url, close: () => server.close() };
}

/** A workspace on another server, by default in a new folder, that is closed when the test ends. */
export async function openRemote(
  host: string,
  { folder, ...options }: Omit<RemoteOptions, "host"> & { folder?: string } = {},
): Promise<Workspace> {
  const workingDir = folder ?? (await temporaryDirectory());
  const workspace = await remoteWorkspace({ host, apiKey: KEY, ...options })({
    conversationId: crypto.randomUUID(),
    workingDir,
    dataDir: "/nowhere",
    requested: {},
  });
  onTestFinished(() => workspace.close());
  return workspace;
}

type Misbehave = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Stands before another server. Requests that `misbehave` answers itself, by true, do not reach it. */
export async function standBefore(url: string, misbehave: Misbehave): Promise<string> {
  const server = createHttpServer((request, response) => {
    if (misbehave(request, response)) return;
    const { method, headers } = request;
    const onward = forward(url + request.url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
