import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";

/** The figures that the route shows. */
export interface MetricsDeps {
  /** Media type of the text. */
  contentType: string;
  /** Returns all figures as they are now. */
  text(): Promise<string>;
}

/** Builds the route that Prometheus reads. */
export function metricsRoutes({ contentType, text }: MetricsDeps, auth: "key" | "open"): Route[] {
  const route = group({ prefix: "/metrics", tags: ["Server Details"], auth });
  return [
    route({
      method: "GET",
      path: "",
      id: "get_metrics",
      summary: "Figures for Prometheus",
      responses: { 200: { description: "In the text format of Prometheus" } },
    }).handle(async () => new Response(await text(), { headers: { "content-type": contentType } })),
  ];
}
