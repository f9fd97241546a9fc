import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rawZip } from "./rawzip.ts";

/** A module proxy in a directory, for GOPROXY=file://…: adds a version of a module, made of these files. */
export function addModule(proxy: string, module: string, version: string, files: Readonly<Record<string, string>>): void {
	const directory = join(proxy, module, "@v");
	mkdirSync(directory, { recursive: true });
	const all = { "go.mod": `module ${module}\n\ngo 1.18\n`, ...files };
	writeFileSync(join(directory, "list"), `${version}\n`, { flag: "a" });
	writeFileSync(join(directory, `${version}.info`), JSON.stringify({ Version: version, Time: "2024-01-02T03:04:05Z" }));
	writeFileSync(join(directory, `${version}.mod`), all["go.mod"]);
	const entries = Object.entries(all).map(([name, content]) => ({ name: `${module}@${version}/${name}`, content }));
	writeFileSync(join(directory, `${version}.zip`), rawZip(entries));
}
