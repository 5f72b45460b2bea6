import { createServer } from "node:net";
import { PROVIDERS } from "../../llm/providers.ts";
import { isLoopbackHost } from "../../loopback.ts";
import { companyProxyIn } from "../../outbound/company-proxy/company-proxy.ts";
import { type Finding, fails, ok, type Patient, warns } from "./check.ts";

/** Characters of a key below which it can be guessed. */
const SHORT_KEY = 16;

export function sessionKeys({ options: { apiKeys = [] }, host }: Patient): Finding {
  if (apiKeys.some((key) => key.length < SHORT_KEY)) {
    return warns("Session keys", "one is short enough to be guessed", "make one with: openssl rand -hex 32");
  }
  if (apiKeys.length > 0) return ok("Session keys", `${apiKeys.length} set`);
  if (isLoopbackHost(host)) {
    const cure = "set OH_SESSION_API_KEYS_0 if other users or programs of this machine are not to be trusted";
    return warns("Session keys", "none: every program on this machine may use the server", cure);
  }
  return fails("Session keys", `none, and ${host} is open to other machines`, "set OH_SESSION_API_KEYS_0");
}

export function secretKey({ options }: Patient): Finding {
  if (options.secretKey !== undefined) return ok("Secret key", "set: secrets are encrypted at rest");
  const cure = "set OH_SECRET_KEY, for example to the output of: openssl rand -hex 32";
  return warns("Secret key", "none: secrets of conversations are not kept, those of settings in clear", cure);
}

/** Whether the environment has a key of a model. The settings of the server may have others. */
export function modelKey({ environment }: Patient): Finding {
  const variables = [...new Set(Object.values(PROVIDERS).flatMap(({ keyVariables }) => keyVariables))];
  const set = variables.filter((variable) => environment[variable]?.trim());
  if (set.length > 0) return ok("Model key", `${set.join(", ")} set`);
  const cure = "set one such as ANTHROPIC_API_KEY, or save one in the settings; demo/tour works without";
  return warns("Model key", "none in the environment", cure);
}

export function proxies({ environment }: Patient): Finding {
  const proxy = companyProxyIn(environment);
  if (proxy === null) return ok("Proxy", "none: the internet is reached directly");
  if (proxy.unusable.length > 0) {
    const cure = "they must be http or https, and a password in them percent-encoded";
    return warns("Proxy", `${proxy.unusable.join(", ")} cannot be used`, cure);
  }
  const [secure, plain] = ["https", "http"].map((scheme) =>
    proxy.proxyFor(new URL(`${scheme}://proxied.invalid`)),
  );
  // The address may hold a password, its host does not.
  return ok("Proxy", `https by ${secure?.host ?? "none"}, http by ${plain?.host ?? "none"}`);
}

/** Takes the port for a moment. */
export async function port({ host, port: wanted }: Patient): Promise<Finding> {
  const probe = createServer();
  try {
    await new Promise<void>((done, refuse) => {
      probe.once("error", refuse);
      probe.listen(wanted, host, done);
    });
    return ok("Port", wanted === 0 ? "any free one" : `${host}:${wanted} is free`);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const cure =
      code === "EADDRINUSE"
        ? "stop what uses it, or name another with --port"
        : "name others with --host and --port";
    return fails("Port", `${host}:${wanted} cannot be had (${code})`, cure);
  } finally {
    probe.close();
  }
}
