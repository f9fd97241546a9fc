import { rmSync } from "node:fs";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { replaceSymlink, syncDirectory } from "../fs.ts";
import { makeHome, openHome } from "./home.ts";
import { type Installed, linkedKey } from "./installed.ts";

/**
 * Points `current` at an installed version, in one step: a stable GOROOT for editors.
 * @throws GoxError `usage` for a version of another platform than the machine's.
 */
export function setDefault(context: Context, installed: Installed): void {
	if (installed.platform !== context.host()) {
		throw new GoxError(
			"usage",
			`${installed.key} is for ${installed.platform}; the default must be for this machine, ${context.host()}`,
			{
				hint: `gox install ${installed.release.version} --default`,
			},
		);
	}
	const layout = openHome(context);
	makeHome(layout);
	if (linkedKey(layout.current) === installed.key) return;
	context.checkpoint("default:link");
	replaceSymlink(`versions/${installed.key}`, layout.current);
	syncDirectory(layout.home);
	context.checkpoint("default:done");
}

/** No default: the next `go` on PATH runs where nothing asks for a version. */
export function unsetDefault(context: Context): void {
	rmSync(openHome(context).current, { force: true });
}
