import { configurationVariables } from "../../workspace/git/configuration-variables.ts";
import type { ExtensionPlace } from "../place.ts";
import { remoteHost } from "./remote-host.ts";
import type { Credentials } from "./source.ts";
import { SourceError } from "./source-error.ts";

/** A repository as one fetch asks it. */
export interface Remote {
  url: string;
  credentials: Credentials | null;
}

/** Nobody can answer, no protocol starts a program of the address's choice, and large files stay pointers. */
const ENVIRONMENT = {
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "true",
  SSH_ASKPASS: "true",
  SSH_ASKPASS_REQUIRE: "never",
  GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh",
  GIT_LFS_SKIP_SMUDGE: "1",
  GIT_PAGER: "cat",
} as const;

const STRICT_ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
} as const;

const CONFIGURATION: readonly (readonly [key: string, value: string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.autocrlf", "false"],
  ["core.quotePath", "false"],
  ["init.templateDir", ""],
  ["init.defaultBranch", "main"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["maintenance.auto", "false"],
  ["gc.auto", "0"],
  // A redirect could lead to an address that was not judged.
  ["http.followRedirects", "false"],
];

const STRICT_CONFIGURATION: readonly (readonly [key: string, value: string])[] = [["credential.helper", ""]];

/**
 * Judges the address of a remote and gives the variables with which git may ask it. The addresses that its name has now
 * are those that git uses later, from version 2.37 on.
 *
 * @throws SourceError `invalid_source`, `source_not_allowed`, `source_unavailable`
 */
export async function fetchEnvironment(
  place: ExtensionPlace,
  remote: Remote,
  { isStrict }: { isStrict: boolean },
): Promise<Record<string, string>> {
  const configuration = [
    ...CONFIGURATION,
    ...(isStrict ? STRICT_CONFIGURATION : []),
    ...(await pins(place, remote.url)),
    ...authorization(remote),
  ];
  return {
    ...ENVIRONMENT,
    ...(isStrict ? STRICT_ENVIRONMENT : {}),
    ...configurationVariables(configuration),
  };
}

async function pins({ judgeHost }: ExtensionPlace, url: string): Promise<[string, string][]> {
  const target = remoteHost(url);
  if (target === undefined) return [];
  const verdict = await judgeHost(target.host);
  switch (verdict.outcome) {
    case "refused":
      throw new SourceError(
        "source_not_allowed",
        `${target.host} is an address that this server does not open for users`,
      );
    case "unknown":
      throw new SourceError("source_unavailable", `Could not resolve host: ${target.host}`);
    case "proxied":
      return [];
    case "allowed":
      return target.port === null
        ? []
        : [["http.curloptResolve", `${target.host}:${target.port}:${verdict.addresses.join(",")}`]];
  }
}

/** A header in the environment is seen by the user of the server alone, unlike the arguments of a program. */
function authorization({ url, credentials }: Remote): [string, string][] {
  if (credentials === null) return [];
  const bytes = new TextEncoder().encode(`${credentials.user}:${credentials.password}`);
  const basic = btoa(String.fromCharCode(...bytes));
  return [[`http.${new URL(url).origin}/.extraHeader`, `Authorization: Basic ${basic}`]];
}
