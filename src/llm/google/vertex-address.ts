import { isObject } from "../../is-object.ts";
import type { Environment } from "../environment.ts";

/** Location of models where none is named. */
const LOCATION = "us-central1";

/** Facts that an address of Vertex AI is made of. */
export interface VertexFacts {
  /** Name of the model, without a provider. */
  model: string;
  /** A service account as JSON, or a token. */
  apiKey: string | null;
  environment: Environment;
}

/**
 * Returns the address of a model at Vertex AI; null where neither the service account nor the environment names a
 * project. Claude has its own API there, and all others one that is compatible with OpenAI.
 */
export function vertexAddress({ model, apiKey, environment }: VertexFacts): string | null {
  const project =
    environment.VERTEXAI_PROJECT ||
    environment.VERTEX_PROJECT ||
    environment.GOOGLE_CLOUD_PROJECT ||
    serviceAccountIn(apiKey)?.project_id;
  if (typeof project !== "string" || project === "") return null;
  const location =
    environment.VERTEXAI_LOCATION ||
    environment.VERTEX_LOCATION ||
    environment.GOOGLE_CLOUD_LOCATION ||
    LOCATION;
  const host = location === "global" ? "aiplatform.googleapis.com" : `${location}-aiplatform.googleapis.com`;
  const path = ["v1", "projects", project, "locations", location].map(encodeURIComponent).join("/");
  return withApi(`https://${host}/${path}`, model);
}

/** Adds to the address of a project the path of the API that serves a model. */
export function withApi(address: string, model: string): string {
  const bare = address.replace(/\/+$/, "");
  if (!/\/projects\/[^/]+\/locations\/[^/]+$/.test(bare)) return bare;
  return bare + (isClaude(model) ? "/publishers/anthropic" : "/endpoints/openapi");
}

/** Whether a model is served by Anthropic's API. */
export function isClaude(model: string): boolean {
  return /^claude/i.test(model);
}

/** The name of a model with its publisher, as the API that is compatible with OpenAI wants it. */
export function publishedName(model: string): string {
  return model.includes("/") || isClaude(model) ? model : `google/${model}`;
}

/** Reads a service account; null for a key of another sort. */
export function serviceAccountIn(apiKey: string | null): Record<string, unknown> | null {
  if (!apiKey?.trim().startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(apiKey);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
