import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import type { Context, LockTimes } from "../../src/context.ts";
import { GoxError } from "../../src/errors.ts";
import { installVersion } from "../../src/install/install.ts";
import { recover, uninstallVersion } from "../../src/store/abandoned.ts";
import { installedVersions } from "../../src/store/installed.ts";
import { setAlias, setDefault, userAliases } from "../../src/store/links.ts";
import { parseRelease } from "../../src/version/release.ts";
import { sha256 } from "./archives.ts";
import { testContext } from "./context.ts";
import { printingProgram, versionLine } from "./fakego.ts";
import { hostPlatform } from "./mirror.ts";

/** What a process does with the store; every command begins with recovery. */
export interface Deed {
	readonly verb: "install" | "force" | "uninstall" | "default" | "alias" | "list";
	/** `go1.90.1` */
	readonly name: string;
}

export interface Stage {
	readonly root: string;
	readonly home: string;
	readonly assets: string;
	readonly lockTimes: LockTimes;
}

/** Does it; `refused` where another one's uninstall came first. */
export async function act(context: Context, { verb, name }: Deed, waiting: () => void): Promise<"done" | "refused"> {
	await recover(context);
	try {
		const installed = installedVersions(context).find(({ key }) => key === name);
		if (verb === "install" || verb === "force") await install(context, name, verb === "force", waiting);
		else if (verb === "uninstall" && installed) await uninstallVersion(context, installed, waiting);
		else if (verb === "default" && installed) setDefault(context, installed);
		else if (verb === "alias" && installed) setAlias(context, "mine", installed);
		else userAliases(context);
		return "done";
	} catch (error) {
		if (error instanceof GoxError && error.code === "not-installed") return "refused";
		throw error;
	}
}

async function install(context: Context, name: string, force: boolean, waiting: () => void): Promise<void> {
	const release = parseRelease(name);
	if (!release) throw new Error(name);
	const program = printingProgram(hostPlatform, versionLine(name, hostPlatform));
	const contents: readonly (readonly [string, string | Buffer])[] = [
		["VERSION", `${name}\n`],
		["bin/go", program],
		["bin/gofmt", program],
	];
	await installVersion(context, {
		release,
		platform: hostPlatform,
		force,
		asDefault: "if-none",
		dedupe: "off",
		waiting,
		build: async ({ staging }) => {
			const goroot = join(staging, "go");
			for (const [path, content] of contents) {
				mkdirSync(dirname(join(goroot, path)), { recursive: true });
				context.checkpoint("actor:building");
				writeFileSync(join(goroot, path), content, { mode: path.startsWith("bin/") ? 0o755 : 0o644 });
			}
			await delay(0);
			return {
				goroot,
				files: contents.map(([path, content]) => ({
					path,
					sha256: sha256(Buffer.from(content)),
					size: content.length,
					executable: path.startsWith("bin/"),
				})),
				h1: "h1:none",
				source: { kind: "archive", from: "memory" },
				archive: { sha256: "", size: 0 },
				witnesses: [],
				official: true,
			};
		},
	});
}

/** The shared words that say which process ids live: `alive[pid - firstPid]`. Larger than any that Linux gives. */
export const firstPid = 5_000_000;

/** From an actor to its director. */
export type Cue =
	| { readonly kind: "at"; readonly checkpoint: string }
	| { readonly kind: "waits" }
	| { readonly kind: "ended"; readonly how: "done" | "refused" | string };

export interface Part {
	readonly deed: Deed;
	readonly pid: number;
	readonly stage: Stage;
}

/**
 * A thread that plays processes: at every checkpoint it says where it is and stands still until `baton` is moved. A thread
 * that is terminated there ends as by SIGKILL: nothing of it runs any more, no `finally` either.
 */
function play(port: NonNullable<typeof parentPort>, { alive, baton }: { alive: Int32Array; baton: Int32Array }): void {
	const isAlive = (pid: number) => Atomics.load(alive, pid - firstPid) === 1;
	process.kill = (pid) => {
		if (isAlive(pid)) return true;
		throw Object.assign(new Error("no such process"), { code: "ESRCH" });
	};
	const tell = (cue: Cue) => port.postMessage(cue);
	port.on("message", async ({ deed, pid, stage }: Part) => {
		Object.defineProperty(process, "pid", { value: pid, configurable: true });
		const context: Context = {
			...testContext({ root: stage.root, env: { GOX_HOME: stage.home }, host: hostPlatform }),
			assets: stage.assets,
			lockTimes: stage.lockTimes,
			pid,
			isAlive,
			checkpoint: (checkpoint) => {
				const turn = Atomics.load(baton, 0);
				tell({ kind: "at", checkpoint });
				Atomics.wait(baton, 0, turn);
			},
		};
		try {
			tell({ kind: "ended", how: await act(context, deed, () => tell({ kind: "waits" })) });
		} catch (error) {
			tell({ kind: "ended", how: error instanceof Error ? (error.stack ?? error.message) : String(error) });
		}
	});
}

/** Or a process of its own, for signals: `node actor.mjs JSON` of a deed and a stage; it says `at NAME`, `waits`, `ended …`. */
async function playAlone(text: string): Promise<void> {
	const { deed, stage, stopAt } = JSON.parse(text) as { deed: Deed; stage: Stage; stopAt?: string };
	const context: Context = {
		...testContext({ root: stage.root, env: { GOX_HOME: stage.home }, host: hostPlatform }),
		assets: stage.assets,
		lockTimes: stage.lockTimes,
		checkpoint: (name) => {
			if (name !== stopAt) return;
			writeFileSync(2, `checkpoint ${name}\n`);
			process.kill(process.pid, "SIGSTOP");
		},
	};
	const how = await act(context, deed, () => writeFileSync(2, "waiting for another\n")).catch((error: unknown) =>
		error instanceof GoxError ? error.code : String(error),
	);
	process.stdout.write(how);
}

if (!isMainThread && parentPort && workerData) play(parentPort, workerData);
else if (process.argv[2]?.startsWith("{")) await playAlone(process.argv[2]);
