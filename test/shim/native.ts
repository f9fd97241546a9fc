import { execFile, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { buildWithCc, hostTarget, isFresh, prebuiltDir } from "../../scripts/build-shims.mjs";
import { type Case, layOut, type Refused, rooted } from "./case.ts";

/** The native shim for this machine: as committed, or built by cc where the sources have moved on. */
export function nativeShim(directory: string): string {
	const host = hostTarget();
	if (host && isFresh(host)) return join(prebuiltDir, host, "gox-shim");
	const built = buildWithCc(directory);
	if (!built) throw new Error("shims/prebuilt is older than its source, and there is no cc to build the shim");
	return built;
}

/** One case on disk, with a shim in its home, ready to be asked. */
export interface Machine {
	readonly root: string;
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** Runs `gox/shims/NAME` in the case's directory. */
	run(name: string, args: readonly string[], env?: Readonly<Record<string, string>>): SpawnSyncReturns<string>;
	/** As `run`, without waiting. */
	start(name: string, args: readonly string[]): Promise<Pick<SpawnSyncReturns<string>, "status" | "stdout" | "stderr">>;
}

/** Copies the built gox, which the sh shim asks, to a place that every user may read. Returns the launcher's words. */
export function copyGox(directory: string): readonly string[] {
	const dist = join(import.meta.dirname, "../../dist");
	cpSync(dist, directory, { recursive: true, filter: (path) => basename(path) !== "standalone" });
	openTo(directory);
	return [process.execPath, join(directory, "gox.js")];
}

export function writeLauncher({ root }: Pick<Machine, "root">, words: readonly string[]): void {
	writeFileSync(join(root, "gox/launcher"), words.map((word) => `${word}\n`).join(""));
}

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** A case without its question and answer: the same fields set up a machine for a story. */
export type Setup = Omit<Case, "name" | "expect">;

/** Lays a case out with copies of `shim` as go, gofmt and gox. What is not for the superuser runs as nobody. */
export function machineOf(each: Setup, root: string, shim: string): Machine {
	const unasked: Case = { name: "", expect: { error: "", exit: 0, message: "", hint: null }, ...each };
	const { cwd, env } = layOut(unasked, root, (path) => installShims(shim, dirname(path)));
	const who = each.unless === "root" && isRoot ? { uid: nobody, gid: nobody } : {};
	if ("uid" in who) openTo(root);
	return {
		root,
		cwd,
		env,
		run: (name, args, more = {}) => {
			const [program, words, options] = commandLine(name, args);
			return spawnSync(program, words, { ...options, env: { ...env, ...more } });
		},
		start: (name, args) => {
			const [program, words, options] = commandLine(name, args);
			return new Promise((ended) => {
				const child = execFile(program, words, options, (_, stdout, stderr) => ended({ status: child.exitCode, stdout, stderr }));
			});
		},
	};

	function commandLine(name: string, args: readonly string[]) {
		const program = join(root, "gox/shims", name);
		// A shim that finds itself would go on for ever.
		const options = { encoding: "utf8", timeout: 60_000, ...who, env, cwd } as const;
		if (!each.deleted) return [program, args, options] as const;
		mkdirSync(cwd, { recursive: true });
		const words = ["-c", 'cd "$0" && /bin/rmdir "$0" && exec "$@"', cwd, program, ...args];
		return ["/bin/sh", words, { ...options, cwd: "/" }] as const;
	}
}

/** Lets everybody into the test's own directories above `root`. */
export function openTo(root: string): void {
	for (let above = dirname(root); basename(above).startsWith("gox-"); above = dirname(above)) chmodSync(above, 0o755);
}

export function installShims(shim: string, directory: string, names: readonly string[] = ["go", "gofmt", "gox"]): void {
	for (const name of names) {
		rmSync(join(directory, name), { force: true });
		copyFileSync(shim, join(directory, name));
		chmodSync(join(directory, name), 0o755);
	}
}

/** What a failure looks like on stderr. */
export function failureText({ message, hint }: Refused): string {
	return `gox: ${message}\n${hint === null ? "" : `  ${hint}\n`}`;
}

export function expectationOf(each: Case, root: string): Case["expect"] {
	return rooted(each.expect, root);
}

/** Whether the case's Go is one of the fake ones that say their version. */
export function speaks(goroot: string | null, root: string): boolean {
	return goroot !== null && (goroot.startsWith(`${root}/gox/versions/`) || goroot === `${root}/system/go`);
}
