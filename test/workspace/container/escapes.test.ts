import { describeEscapes } from "../escapes.ts";
import { NO_CONTAINERS, openContainer } from "./open-container.ts";

describeEscapes({ place: "container", missing: NO_CONTAINERS, open: openContainer });
