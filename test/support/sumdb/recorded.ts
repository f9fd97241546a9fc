import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What Go's own checksum database answered, as cmd/go caches it. */
export const recordedDirectory = fileURLToPath(new URL("./sum.golang.org", import.meta.url));

export const recordedToolchains = [
	{ version: "v0.0.1-go1.20.14.linux-amd64", record: 22_595_838 },
	{ version: "v0.0.1-go1.21.13.linux-amd64", record: 28_865_944 },
	{ version: "v0.0.1-go1.22.5.linux-amd64", record: 27_869_929 },
	{ version: "v0.0.1-go1.23.4.linux-amd64", record: 32_420_751 },
] as const;

/** Every recorded answer by its path (`latest`, `lookup/…`, `tile/…`). */
export function recordedAnswers(): Map<string, Uint8Array> {
	const answers = new Map<string, Uint8Array>();
	for (const entry of readdirSync(recordedDirectory, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile()) continue;
		const file = join(entry.parentPath, entry.name);
		answers.set(file.slice(recordedDirectory.length + 1), readFileSync(file));
	}
	return answers;
}
