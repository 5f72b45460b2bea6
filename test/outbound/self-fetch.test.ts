import { expect, it } from "vitest";
import { createSelfFetch } from "../../src/outbound/self-fetch.ts";

const request = { headers: { "x-key": "k" }, signal: new AbortController().signal };

const fetch = createSelfFetch({
  ownUrls: () => ["http://127.0.0.1:8000", "https://agents.example/base"],
  serve: async (served) => new Response(`here: ${served.url} ${served.headers.get("x-key")}`),
  elsewhere: async (url) => new Response(`there: ${url}`),
});

it.each([
  ["http://127.0.0.1:8000/api/settings/secrets/A?b=c", "here: http://localhost/api/settings/secrets/A?b=c k"],
  ["http://localhost:8000/api", "here: http://localhost/api k"],
  ["https://agents.example/base/api", "here: http://localhost/base/api k"],
  ["http://127.0.0.1:8001/api", "there: http://127.0.0.1:8001/api"],
  ["https://localhost:8000/api", "there: https://localhost:8000/api"],
  ["https://agents.example:8443/api", "there: https://agents.example:8443/api"],
  ["http://192.168.0.1:8000/api", "there: http://192.168.0.1:8000/api"],
])("%s is answered %s", async (url, answer) => {
  expect(await (await fetch(new URL(url), request)).text()).toBe(answer);
});
