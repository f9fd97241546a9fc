import { lstatSync, statSync } from "node:fs";
import type { Context } from "../context.ts";
import { ifPresent } from "../fs.ts";

/**
 * The uid of the other user who laid a file there, or the link to it: neither root nor this one. Such a file may choose
 * among what is installed, but has nothing installed. Undefined where it is trusted or gone.
 */
export function strangerBehind({ uid }: Pick<Context, "uid">, path: string): number | undefined {
	const owners = [ifPresent(() => statSync(path))?.uid, ifPresent(() => lstatSync(path))?.uid];
	return owners.find((owner) => owner !== undefined && owner !== 0 && owner !== uid);
}
