import { machineIdentity } from "./machine-identity.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Names of the variables that commands may see of the server's environment. A list of what is allowed, because keys of
 * model providers, `OH_*` and session keys have too many names to forbid.
 */
const ALLOWED: ReadonlySet<string> = new Set([
  // The user and the machine.
  ...[
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "PATH",
    "TMPDIR",
    "TEMP",
    "TMP",
    "TZ",
    "LANG",
    "LANGUAGE",
    "HOSTNAME",
  ],
  ...["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "DISPLAY"],
  // Proxies and certificates: without them commands cannot reach the network on many company machines. A proxy
  // address may contain a password, which commands then see.
  ...[
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
  ],
  ...[
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
  ],
  // Folders of tool chains.
  ...["NVM_DIR", "NVM_BIN", "VOLTA_HOME", "FNM_DIR", "PNPM_HOME", "BUN_INSTALL", "DENO_DIR", "COREPACK_HOME"],
  ...[
    "PYENV_ROOT",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "CONDA_EXE",
    "UV_CACHE_DIR",
    "PIP_CACHE_DIR",
  ],
  ...["CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOROOT", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOTOOLCHAIN"],
  ...["JAVA_HOME", "JDK_HOME", "MAVEN_HOME", "M2_HOME", "GRADLE_HOME", "GRADLE_USER_HOME", "SDKMAN_DIR"],
  ...["RBENV_ROOT", "GEM_HOME", "GEM_PATH", "DOTNET_ROOT", "ANDROID_HOME", "ANDROID_SDK_ROOT", "ASDF_DIR"],
  ...["ASDF_DATA_DIR", "MISE_DATA_DIR", "HOMEBREW_PREFIX", "NIX_PATH", "NIX_PROFILES", "PKG_CONFIG_PATH"],
  ...["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PLAYWRIGHT_BROWSERS_PATH", "DOCKER_HOST"],
]);

const FALLBACK_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Makes the environment of commands from the server's own. `extra` is added as it is and wins. `AI_AGENT` tells
 * programs that an agent runs them, and pagers are off because an agent does not press keys.
 */
export function childEnvironment(parent: Environment, extra: Environment = {}): Record<string, string> {
  const allowed = Object.entries(parent).filter(([name]) => ALLOWED.has(name) || name.startsWith("LC_"));
  const merged: Environment = {
    PATH: FALLBACK_PATH,
    HOME: machineIdentity().home,
    TERM: "xterm-256color",
    ...Object.fromEntries(allowed),
    AI_AGENT: parent.AI_AGENT ?? "openhands",
    PAGER: "cat",
    GIT_PAGER: "cat",
    ...extra,
  };
  const environment = Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  // Output is read as UTF-8. Without a locale many programs write question marks instead.
  const hasLocale = ["LC_ALL", "LC_CTYPE", "LANG"].some((name) => environment[name]);
  return hasLocale ? environment : { ...environment, LANG: "C.UTF-8" };
}
