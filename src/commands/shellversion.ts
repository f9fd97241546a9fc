import { basename } from "node:path";
import type { Context } from "../context.ts";
import { wordFor } from "../select/toolchain.ts";
import { toolchainNamed } from "../select/word.ts";

/**
 * What GOX_VERSION has to be for a word of the command line: the exact installed version (`1.22.5`,
 * `1.15.15@darwin-amd64`; `1.20.0` for go1.20), or `system`.
 * @throws GoxError `not-a-version`, `not-installed`, `no-go`
 */
export function shellVersion(context: Context, word: string): string {
	if (word === "system") return word;
	const { goroot, version } = toolchainNamed(context, word);
	return wordFor(basename(goroot ?? version));
}
