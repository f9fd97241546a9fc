import type { Context } from "../context.ts";
import type { Installed } from "./installed.ts";
import { recover } from "./recover.ts";
import { type Removal, removeVersion } from "./removal.ts";

/** Removes a version from a store in which nothing half is left. Throws as `removeVersion`. */
export async function uninstallVersion(
	context: Context,
	installed: Installed,
	waiting?: (owner: string) => void,
): Promise<Removal> {
	await recover(context);
	return removeVersion(context, installed, waiting);
}
