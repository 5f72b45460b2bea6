import { HttpClient, HttpError } from "./client.ts";

const CAPABILITY = "conversation_runtime_routes_v1";

interface Call {
  method: "GET" | "POST" | "DELETE";
  /** Path after `/api`. */
  path: string;
  params?: Record<string, unknown>;
  data?: unknown;
  responseType?: "json" | "text" | "arrayBuffer" | "blob";
}

/**
 * Sends the calls of a machine as the package does from 1.49 on, which npm does not have: the first asks what the
 * server can do, and from then on they go below the conversation, or to the plain path with its id in the query.
 */
export class ScopedClient {
  readonly #http: InstanceType<typeof HttpClient>;
  readonly #conversationId: string;
  #isScoped: Promise<boolean> | undefined;

  constructor(options: { host: string; apiKey: string; conversationId: string }) {
    this.#http = new HttpClient({ baseUrl: options.host, apiKey: options.apiKey, timeout: 60_000 });
    this.#conversationId = options.conversationId;
  }

  /** Sends one call; the answer is what the server sent, with the URL that it was asked for. */
  async call<T>({ path, params, ...call }: Call): Promise<{ data: T; url: string }> {
    this.#isScoped ??= this.#askScoped();
    const id = this.#conversationId;
    const isScoped = await this.#isScoped;
    const url = isScoped ? `/api/conversations/${id}${path}` : `/api${path}`;
    const query = isScoped ? params : { ...params, cid: id };
    const { data } = await this.#http.request<T>({
      ...call,
      url,
      ...(query !== undefined && { params: query }),
    });
    return { data, url };
  }

  /** Sends one call to the plain path with the id in the query, as to a server without the capability. */
  async callPlain<T>({ path, params, ...call }: Call): Promise<T> {
    const cid = this.#conversationId;
    return (await this.#http.request<T>({ ...call, url: `/api${path}`, params: { ...params, cid } })).data;
  }

  async #askScoped(): Promise<boolean> {
    try {
      const { data } = await this.#http.get<{ capabilities?: string[] }>("/server_info");
      return data.capabilities?.includes(CAPABILITY) === true;
    } catch (error) {
      if (error instanceof HttpError && error.status === 404) return false;
      throw error;
    }
  }
}
