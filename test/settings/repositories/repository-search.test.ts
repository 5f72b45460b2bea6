import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createGuardedFetch } from "../../../src/outbound/guarded-fetch.ts";
import { RepositorySearch } from "../../../src/settings/repositories/repository-search.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

interface Github {
  search: RepositorySearch;
  asked: URL[];
}

/** A stand-in of GitHub's API, and a search that asks it with these secrets. */
async function openGithub(
  handler: Handler,
  secrets: Record<string, string> = { GH_TOKEN: "tok" },
): Promise<Github> {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://github.test");
    asked.push(url);
    handler(request, response, url);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const search = new RepositorySearch({
    secret: async (name) => secrets[name] ?? null,
    fetch: createGuardedFetch(async () => true, null),
    api: `http://127.0.0.1:${port}`,
  });
  return { search, asked };
}

const repository = (index: number) => ({
  id: index,
  full_name: `Owner/repo-${index}`,
  private: index % 2 === 0,
  stargazers_count: index,
  pushed_at: "2026-01-01T00:00:00Z",
  default_branch: "main",
  clone_url: "https://github.test/x.git",
});

/** Answers as GitHub does, with this number of repositories in all. */
function listing(total: number): Handler {
  return (request, response, url) => {
    const page = Number(url.searchParams.get("page"));
    const size = Number(url.searchParams.get("per_page"));
    const all = [...Array(total).keys()].map(repository);
    const rest = total > page * size;
    const link = `<https://api.github.com/user/repos?page=1>; rel="first", <https://api.github.com/user/repos?per_page=${size}&page=${page + 1}>; rel="next"`;
    const isKnown = request.headers.authorization === "Bearer tok";
    response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json", ...(rest && { link }) });
    response.end(JSON.stringify(isKnown ? all.slice((page - 1) * size, page * size) : { message: "Bad" }));
  };
}

const GITHUB = { provider: "github", limit: 100 } as const;

describe("the search of repositories", () => {
  it("lists what the token may read, page by page", async () => {
    const { search, asked } = await openGithub(listing(130));
    const first = await search.search({ ...GITHUB, limit: 60 });
    expect([first.items.length, first.next_page_id, first.missing_token]).toEqual([60, "1:60", false]);
    expect(first.items[0]).toEqual({
      id: "0",
      full_name: "Owner/repo-0",
      git_provider: "github",
      is_public: false,
      stargazers_count: 0,
      pushed_at: "2026-01-01T00:00:00Z",
      main_branch: "main",
    });
    const second = await search.search({ ...GITHUB, limit: 60, pageId: first.next_page_id ?? "" });
    expect([second.items[0]?.id, second.items.length, second.next_page_id]).toEqual(["60", 40, "2"]);
    const third = await search.search({ ...GITHUB, limit: 60, pageId: second.next_page_id ?? "" });
    expect([third.items[0]?.id, third.items.length, third.next_page_id]).toEqual(["100", 30, null]);
    expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
      per_page: "100",
      page: "1",
      sort: "pushed",
      affiliation: "owner,collaborator,organization_member",
    });
  });

  it("finds names in any case over several pages, a bounded number of them", async () => {
    const { search, asked } = await openGithub(listing(350));
    const found = await search.search({ ...GITHUB, query: "OWNER/REPO-3", limit: 20 });
    expect(found.items.map(({ id }) => id).slice(0, 3)).toEqual(["3", "30", "31"]);
    expect([found.items.length, found.next_page_id]).toEqual([20, "4:9"]);
    const rest = await search.search({ ...GITHUB, query: "repo-3", pageId: found.next_page_id ?? "" });
    expect([rest.items.length, rest.next_page_id]).toEqual([41, null]);

    const many = await openGithub(listing(5_000));
    expect(await many.search.search({ ...GITHUB, query: "nothing" })).toEqual({
      items: [],
      next_page_id: "11",
      missing_token: false,
    });
    expect(many.asked).toHaveLength(10);
    expect(asked.length).toBeLessThan(10);
  });

  it("leaves out the line end that was copied with a token, and names a secret that is no token", async () => {
    const sent: (string | undefined)[] = [];
    const answer: Handler = (request, response) => {
      sent.push(request.headers.authorization);
      response.end("[]");
    };
    const copied = await openGithub(answer, { GITHUB_TOKEN: "tok\n" });
    await copied.search.search({ provider: "github", limit: 1 });
    expect(sent).toEqual(["Bearer tok"]);
    const wrong = await openGithub(answer, { GITHUB_TOKEN: "two\nlines" });
    await expect(wrong.search.search({ provider: "github", limit: 1 })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("GITHUB_TOKEN"),
    });
    expect(wrong.asked).toEqual([]);
  });

  it("takes the first of the secrets that may hold the token, and says when there is none", async () => {
    const { search } = await openGithub(listing(1), { github: "no", GITHUB_TOKEN: "tok", GH_TOKEN: "no" });
    expect((await search.search(GITHUB)).items).toHaveLength(1);
    const without = await openGithub(listing(1), {});
    const page = { items: [], next_page_id: null, missing_token: true };
    expect(await without.search.search({ ...GITHUB, pageId: "nope" })).toEqual(page);
    expect(without.asked).toEqual([]);
  });

  it.each(["0", "-1", "x", "1:x", "1:-1", "1:2:3", "", "1".repeat(20)])(
    "refuses the page %j",
    async (pageId) => {
      const { search, asked } = await openGithub(listing(1));
      await expect(search.search({ ...GITHUB, pageId })).rejects.toMatchObject({
        status: 400,
        detail: "Invalid repository page_id",
      });
      expect(asked).toEqual([]);
    },
  );

  it("refuses other providers", async () => {
    const { search } = await openGithub(listing(1));
    await expect(search.search({ provider: "gitlab", limit: 1 })).rejects.toMatchObject({
      status: 400,
      detail: "Repository discovery is not supported for provider 'gitlab'",
    });
  });

  it.each([
    [401, 401],
    [403, 403],
    [404, 400],
    [429, 400],
    [302, 400],
    [500, 502],
    [503, 502],
  ])("answers a status %i of GitHub with %i, without the token", async (theirs, ours) => {
    const { search } = await openGithub((_, response) =>
      response.writeHead(theirs, { location: "http://127.0.0.1:1/" }).end("tok"),
    );
    const refusal = await search.search(GITHUB).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ status: ours, detail: "GitHub repository search failed" });
    expect(JSON.stringify(refusal)).not.toContain("tok");
  });

  it.each([
    ["no JSON", "<html>"],
    ["no list", '{"message": "x"}'],
    ["too much", `[${'"x",'.repeat(3_000_000)}"x"]`],
  ])("answers %s of GitHub with 502", async (_, body) => {
    const { search } = await openGithub((_request, response) => response.writeHead(200).end(body));
    await expect(search.search(GITHUB)).rejects.toMatchObject({ status: 502 });
  });

  it("answers a connection that ends, and one that nobody takes, with 502", async () => {
    const { search } = await openGithub((request) => request.socket.destroy());
    await expect(search.search(GITHUB)).rejects.toMatchObject({ status: 502 });
    const closed = new RepositorySearch({
      secret: async () => "tok",
      fetch: createGuardedFetch(async () => true, null),
      api: "http://127.0.0.1:1",
    });
    await expect(closed.search(GITHUB)).rejects.toMatchObject({ status: 502 });
  });

  it("leaves out what is missing of a repository", async () => {
    const { search } = await openGithub((_, response) => response.writeHead(200).end('[{"id": 1}, 3, null]'));
    expect((await search.search(GITHUB)).items).toEqual([
      {
        id: "1",
        full_name: "",
        git_provider: "github",
        is_public: true,
        stargazers_count: null,
        pushed_at: null,
        main_branch: null,
      },
    ]);
  });
});
