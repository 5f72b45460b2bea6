import type { AcpProfile } from "../../wire/settings/agent-profiles/agent-profile.ts";
import type { ProfileDiagnostics } from "../../wire/settings/agent-profiles/diagnostics.ts";

type Names = Pick<
  ProfileDiagnostics,
  "acp_api_key_secret_name" | "acp_base_url_secret_name" | "acp_file_secret_names"
>;

/**
 * Names of the secrets by which a program signs in: a key, the address of a proxy, files. Either a key or a file will
 * do.
 */
export function acpSecretNames({ acp_server: server }: Pick<AcpProfile, "acp_server">): Names {
  switch (server) {
    case "claude-code":
      return named("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL");
    case "codex":
      return named("OPENAI_API_KEY", "OPENAI_BASE_URL", "CODEX_AUTH_JSON");
    case "gemini-cli":
      return named("GEMINI_API_KEY", "GEMINI_BASE_URL", "GOOGLE_APPLICATION_CREDENTIALS_JSON");
    case "kimi-code":
      return named(null, "KIMI_BASE_URL", "KIMI_CODE_CONFIG_TOML");
    case "pi":
      return named("ANTHROPIC_API_KEY", null, "PI_AUTH_JSON");
    case "opencode":
      return named("OPENCODE_API_KEY", null);
    case "custom":
      return named(null, null);
  }
}

function named(key: string | null, address: string | null, ...files: string[]): Names {
  return {
    acp_api_key_secret_name: key,
    acp_base_url_secret_name: address,
    acp_file_secret_names: files,
  };
}
