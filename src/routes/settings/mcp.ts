import { z } from "zod";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { OAuthJobs } from "../../mcp/probe/oauth-jobs.ts";
import type { ServerTests } from "../../mcp/probe/server-tests.ts";
import {
  mcpOAuthCallbackRequest,
  mcpOAuthStartResponse,
  mcpOAuthStatusResponse,
  mcpTestRequest,
  mcpTestResponse,
} from "../../wire/settings/mcp-trials.ts";
import { errorBody } from "../../wire/validation-error.ts";

const mcpRoute = group({ prefix: "/api/mcp", tags: ["MCP"], auth: "key", access: "admin" });

/** Trials of MCP servers. Loaded when first asked. */
export interface McpTrials {
  tests: ServerTests;
  jobs: OAuthJobs;
}

/** `/api/mcp`: an MCP server is tried out, and authorized by its user, before it is kept in the settings. */
export function mcpRoutes(trials: () => Promise<McpTrials>): Route[] {
  const job = () => z.object({ job_id: z.string() });
  const unknown = { description: "There is no such job any more", body: errorBody };
  return [
    mcpRoute
      .lazy(
        { method: "POST", path: "/test", id: "test_mcp_server", summary: "Test an MCP server configuration" },
        () => ({
          body: mcpTestRequest(),
          responses: {
            200: { description: "The tools, or why there is no connection", body: mcpTestResponse() },
          },
        }),
      )
      .handle(async ({ body }) => ({ status: 200, body: await (await trials()).tests.test(body) })),

    mcpRoute
      .lazy(
        {
          method: "POST",
          path: "/oauth/start",
          id: "start_mcp_oauth",
          summary: "Start an MCP OAuth install probe",
        },
        () => ({
          body: mcpTestRequest(),
          responses: {
            200: { description: "The address that the user opens", body: mcpOAuthStartResponse() },
            400: { description: "The server uses no OAuth", body: errorBody },
            429: { description: "Too many authorizations wait for their users", body: errorBody },
          },
        }),
      )
      .handle(async ({ body }) => ({ status: 200, body: await (await trials()).jobs.start(body) })),

    mcpRoute
      .lazy(
        {
          method: "GET",
          path: "/oauth/status/{job_id}",
          id: "get_mcp_oauth_status",
          runsOn: "holder",
          claimedId: (_request, { job_id: id }) => id,
          summary: "Get an MCP OAuth install probe status",
        },
        () => ({
          params: job(),
          responses: { 200: { description: "How far it is", body: mcpOAuthStatusResponse() }, 404: unknown },
        }),
      )
      .handle(async ({ params }) => ({
        status: 200,
        body: (await trials()).jobs.get(params.job_id).status(),
      })),

    mcpRoute
      .lazy(
        {
          method: "POST",
          path: "/oauth/callback/{job_id}",
          id: "submit_mcp_oauth_callback",
          runsOn: "holder",
          claimedId: (_request, { job_id: id }) => id,
          summary: "Submit an MCP OAuth callback URL",
        },
        () => ({
          params: job(),
          body: mcpOAuthCallbackRequest(),
          responses: {
            200: { description: "How far it is then", body: mcpOAuthStatusResponse() },
            400: { description: "It is not the address of this job", body: errorBody },
            404: unknown,
            409: { description: "The job expects no address yet", body: errorBody },
          },
        }),
      )
      .handle(async ({ params, body }) => {
        const { jobs } = await trials();
        return { status: 200, body: await jobs.get(params.job_id).submit(body.callback_url) };
      }),
  ];
}
