import type { Context } from "../context.ts";
import type { Release } from "../version/release.ts";
import { loadCatalog } from "./lookup.ts";

/** The releases that are known without asking anyone: the cached list, however old, and the built-in table; newest first. */
export async function knownReleases(context: Context): Promise<readonly Release[]> {
	const offline = { ...context, env: { ...context.env, GOX_OFFLINE: "1" } };
	const catalog = await loadCatalog(offline, { warn: () => {} }).catch(() => undefined);
	return catalog?.releases.map(({ release }) => release) ?? [];
}
