import type { RequestAbout } from "../request-about.ts";
import type { Auditor } from "./auditor.ts";

/** Refuses requests by throwing. */
interface Guard {
  check(request: Request, about: RequestAbout): void;
}

/** A guard whose refusals are reported. They come before any credentials are looked at. */
export function auditedGuard(guard: Guard, auditor: Auditor | undefined): Guard {
  if (auditor === undefined) return guard;
  return {
    check(request, about) {
      try {
        guard.check(request, about);
      } catch (error) {
        const { id = "unknown", access = "open" } = about.route ?? {};
        auditor.refused({ action: id, access, params: {}, context: about }, error);
        throw error;
      }
    },
  };
}
