import { detailOf, StartError, startCodeOf } from "../acp-error.ts";
import { AcpClient } from "../client/acp-client.ts";
import type { AcpHost } from "../launch/acp-host.ts";
import { activeFileSecrets } from "../launch/active-file-secrets.ts";
import { commandOf } from "../launch/command.ts";
import { settled, variablesOf } from "../launch/environment.ts";
import { SecretFiles } from "../launch/file-secrets.ts";
import { fetchPackages } from "../launch/npx-cache.ts";
import { providerByCommand, providerOf } from "../providers.ts";
import { AcpSession } from "./acp-session.ts";
import { AcpConnection } from "./connection.ts";
import { type EarlierSession, type Launched, SessionStart } from "./session-start.ts";

export interface OpenOptions {
  /** Aborted when nothing waits for the session any more. */
  signal: AbortSignal;
  /** The session to go on with; undefined for a new one. */
  earlier: EarlierSession | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * Starts the program of an agent and begins a session, or goes on with an earlier one that the program still knows.
 * Nothing is left behind by a failure.
 *
 * @throws StartError with the code that clients know; the reason of the signal once that is aborted
 */
export async function openSession(host: AcpHost, options: OpenOptions): Promise<AcpSession> {
  const files = new SecretFiles(host);
  try {
    const launched = await launch(host, files, options.signal);
    return await begin(host, launched, { ...options, files });
  } catch (error) {
    await files.remove();
    options.signal.throwIfAborted();
    throw new StartError(startCodeOf(error), detailOf(error), { cause: error });
  }
}

/** Prepares everything that a program needs before it starts. */
async function launch(host: AcpHost, files: SecretFiles, signal: AbortSignal): Promise<Launched> {
  const { agent } = host;
  const provider = providerOf(agent);
  const variables = await variablesOf(host, provider);
  const inFiles = await files.write(activeFileSecrets(agent, provider));
  const env = settled({ ...variables, ...inFiles }, provider, [...agent.acp_command, ...agent.acp_args]);
  const isKnown = providerByCommand(agent.acp_command) !== undefined;
  const cache = isKnown ? await fetchPackages(host, { env, signal }) : {};
  return { env: { ...env, ...cache }, fileVariables: Object.keys(inFiles) };
}

async function begin(
  host: AcpHost,
  { env, fileVariables }: Launched,
  { signal: ended, earlier, now, files }: OpenOptions & { files: SecretFiles },
): Promise<AcpSession> {
  const { agent, workspace } = host;
  const seconds = agent.acp_startup_timeout;
  const late = AbortSignal.timeout(seconds * 1_000);
  const signal = AbortSignal.any([ended, late]);
  const client = new AcpClient(workspace);
  const command = await commandOf(agent, providerOf(agent), workspace);
  const app = await client.app();
  const connection = new AcpConnection({
    ...{ workspace, command, env, app },
    onUpdate: (params) => client.take(params),
    ready: () => client.ready(),
    onLog: (words) => logWords(host, words),
  });
  const start = new SessionStart(host, connection, signal);
  try {
    const answer = await start.initialize();
    await start.signIn(answer, { env, fileVariables });
    const facts = await start.session(answer, { earlier, now });
    return new AcpSession({ connection, client, files, facts });
  } catch (error) {
    // The reason of the end says more than that the connection is closed.
    const reason = connection.signal.aborted ? connection.signal.reason : error;
    await client.close();
    await connection.close();
    if (late.aborted && !ended.aborted) throw tooLate(seconds);
    throw reason;
  }
}

/** Logs the words of a program that are not messages. They may hold secrets. */
function logWords({ secrets, logger, conversationId }: AcpHost, words: string): void {
  const log = async () => {
    const masked = await (await secrets.mask()).maskLong(words);
    logger.debug({ conversation_id: conversationId, words: masked }, "Words of the program of an agent");
  };
  log().catch(() => {});
}

function tooLate(seconds: number): StartError {
  return new StartError(
    "ACPStartupTimeout",
    `ACP startup timed out after ${seconds}s: the program has not begun a session by then`,
  );
}
