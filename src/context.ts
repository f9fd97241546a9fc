import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism, homedir, machine } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import envPaths from "env-paths";
import { GoxError, systemCode } from "./errors.ts";
import { makerMark } from "./maker.ts";
import { isTerminal, writeText } from "./output.ts";
import { type Platform, parsePlatform } from "./version/platform.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** Where text goes: stdout is data, stderr is talk. */
export interface Output {
	/** Never fails: work goes on whether it is heard or not. */
	write(text: string): void;
	/** What writing failed with; from then on text is dropped. */
	readonly loss?: unknown;
	readonly isTTY: boolean;
	/** Width in characters; 80 where there is no terminal. */
	readonly columns: number;
}

/** Milliseconds: without a sign of life until a lock is taken over, between two signs of life, between two attempts, and of waiting. */
export interface LockTimes {
	readonly stale: number;
	readonly update: number;
	readonly poll: number;
	readonly giveUpAfter: number;
}

/** Everything that a test replaces: no other module reads the process, the clock or the machine. */
export interface Context {
	readonly env: Env;
	/** The physical working directory, or `/` when it has been deleted. */
	readonly cwd: string;
	/** GOX_HOME, absolute; not yet proven fit (see store/home.ts). */
	readonly home: string;
	readonly userHome: string;
	readonly cacheDir: string;
	readonly configFile: string;
	readonly stdout: Output;
	readonly stderr: Output;
	/** Whether a person can be asked: stdin and stderr are terminals. */
	readonly interactive: boolean;
	/**
	 * One line from the person, without its newline; undefined at the end of input. Only where `interactive`.
	 * @throws GoxError `interrupted` for Ctrl-C
	 */
	ask(question: string): Promise<string | undefined>;
	now(): Date;
	/** The machine's own platform, whatever Node was built for (design §1). */
	host(): Platform;
	/** This process, and whether another one of this machine still runs. */
	readonly pid: number;
	/** The user that this process acts as. */
	readonly uid: number;
	isAlive(pid: number): boolean;
	/** Sends a signal to every process of a group; false when the group has none left. */
	signalGroup(group: number, signal: NodeJS.Signals): boolean;
	/** Runs `work` when this process exits, in whatever way but SIGKILL; the function that is returned calls it off. */
	atExit(work: () => void): () => void;
	/** How many programs the machine can run at once. */
	readonly processors: number;
	/** argv that starts this same program again. */
	readonly self: readonly string[];
	/** The directory that holds `shims/` and what else the build leaves. */
	readonly assets: string;
	/** Where /usr, /opt and /home lie, where a test has its own. */
	readonly machineRoot?: string;
	/** Whose signatures of archives count, where a test has a key of its own: a primary key's fingerprint and the key's address. */
	readonly releaseKey?: { readonly fingerprint: string; readonly address: string };
	/** Aborted by Ctrl-C and SIGTERM. */
	readonly signal: AbortSignal;
	/** Named points between two steps that change the disk; a test kills or stops the process there. */
	checkpoint(name: string): void;
	/** How long locks are believed, where a test can't wait as long as a person. */
	readonly lockTimes?: LockTimes;
}

/** The context of a real run. `process` is touched here and in gox.ts only. */
export function processContext(): Context {
	const env: Env = process.env;
	const userHome = env.HOME && isAbsolute(env.HOME) ? env.HOME : homedir();
	const paths = envPaths("gox", { suffix: "" });
	const entry = fileURLToPath(import.meta.url);
	const cwd = workingDirectory();
	const signal = interruption();
	return {
		env,
		cwd,
		home: env.GOX_HOME ? resolve(cwd, env.GOX_HOME) : join(userHome, ".gox"),
		userHome,
		cacheDir: paths.cache,
		configFile: env.GOX_CONFIG ? resolve(cwd, env.GOX_CONFIG) : join(paths.config, "config"),
		stdout: output(1),
		stderr: output(2),
		get interactive() {
			return isTerminal(0) && isTerminal(2);
		},
		ask: (question) => askOnTerminal(question, signal),
		now: () => new Date(),
		host: once(hostPlatform),
		pid: process.pid,
		uid: process.geteuid?.() ?? 0,
		isAlive,
		signalGroup,
		atExit: exitWork(),
		get processors() {
			return availableParallelism();
		},
		self: selfArgv(entry),
		assets: assetsBeside(entry),
		signal,
		checkpoint: checkpoints(env.GOX_CHECKPOINT),
	};
}

/** The first Ctrl-C or SIGTERM ends the work in order; a second one ends the process. */
function interruption(): AbortSignal {
	const controller = new AbortController();
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
		process.on(signal, () => {
			if (controller.signal.aborted) process.exit(130);
			controller.abort(new GoxError("interrupted", `interrupted (${signal})`, { cause: signal }));
		});
	}
	// A file larger than `ulimit -f` allows is then an error of the write (EFBIG), not the end of the process.
	process.on("SIGXFSZ", () => {});
	return controller.signal;
}

/** The mark of this process on what it makes; the one thing that a temporary file's name needs of the process. */
export function ownMark(): string {
	return makerMark(process.pid);
}

/**
 * For tests of what a dead process leaves: `NAME` or `N` kills this process at the first checkpoint of that name, or at
 * the Nth of all; `stop:` in front stops it there; `?` prints every name that is passed, to stderr.
 */
function checkpoints(wanted: string | undefined): Context["checkpoint"] {
	if (!wanted) return () => {};
	let passed = 0;
	const stops = wanted.startsWith("stop:");
	const at = wanted.replace(/^stop:/, "");
	return (name) => {
		passed++;
		if (at === "?" || (stops && (at === name || at === String(passed)))) writeText(2, `checkpoint ${name}\n`);
		if (at === name || at === String(passed)) process.kill(process.pid, stops ? "SIGSTOP" : "SIGKILL");
	};
}

/** Whether a process of this machine runs. EPERM says that it does, as another user. */
export function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch (error) {
		return systemCode(error) === "EPERM";
	}
}

/** One listener, however many are registered: Node warns of more than ten. */
function exitWork(): Context["atExit"] {
	const registered = new Set<() => void>();
	process.on("exit", () => {
		for (const work of registered) work();
	});
	return (work) => {
		registered.add(work);
		return () => void registered.delete(work);
	};
}

/** EPERM says that processes are left which are no longer this user's. */
function signalGroup(group: number, signal: NodeJS.Signals): boolean {
	try {
		return process.kill(-group, signal);
	} catch (error) {
		return systemCode(error) === "EPERM";
	}
}

function workingDirectory(): string {
	try {
		return process.cwd();
	} catch {
		return "/";
	}
}

function output(descriptor: 1 | 2): Output {
	const terminal = once(() => isTerminal(descriptor));
	let loss: unknown;
	return {
		write(text) {
			if (loss !== undefined) return;
			try {
				writeText(descriptor, text);
			} catch (error) {
				loss = error;
			}
		},
		get loss() {
			return loss;
		},
		get isTTY() {
			return terminal();
		},
		get columns() {
			return (this.isTTY && (descriptor === 1 ? process.stdout : process.stderr).columns) || 80;
		},
	};
}

/**
 * The terminal edits the line itself, so that Ctrl-C is the signal that it is elsewhere. What fails to be read, because the
 * terminal is gone, is the end of input.
 */
async function askOnTerminal(question: string, signal: AbortSignal): Promise<string | undefined> {
	const { stdin } = process;
	writeText(2, question);
	if (stdin.readableEnded || stdin.destroyed) return endLine();
	let text = "";
	const answer = await new Promise<string | undefined>((resolve, reject) => {
		const heard = (bytes: Buffer) => {
			text += bytes.toString("utf8");
			if (text.includes("\n")) done(() => resolve(text.slice(0, text.indexOf("\n"))));
		};
		const ended = () => done(() => resolve(undefined));
		const interrupted = () => done(() => reject(signal.reason));
		const done = (settle: () => void) => {
			stdin.off("data", heard).off("end", ended).off("error", ended).pause();
			signal.removeEventListener("abort", interrupted);
			settle();
		};
		signal.addEventListener("abort", interrupted);
		stdin.on("data", heard).on("end", ended).on("error", ended).resume();
	}).catch((error: unknown) => {
		endLine();
		throw error;
	});
	return answer === undefined ? endLine() : answer;
}

/** What comes next starts on a line of its own. */
function endLine(): undefined {
	try {
		writeText(2, "\n");
	} catch {
		// The terminal is gone.
	}
}

/** The entry is `dist/gox.js` or one of its chunks; from source it is `src/context.ts`. */
function assetsBeside(entry: string): string {
	for (const candidate of [dirname(entry), dirname(dirname(entry)), join(dirname(dirname(entry)), "dist")]) {
		if (existsSync(join(candidate, "shims", "gox-shim.sh"))) return candidate;
	}
	return dirname(entry);
}

/** The self-contained executable (Bun) has its modules and assets in a file system of its own, and is the program itself. */
function selfArgv(entry: string): readonly string[] {
	if (entry.startsWith("/$bunfs/")) return [process.execPath];
	const script = process.argv[1];
	const main = join(assetsBeside(entry), "gox.js");
	return [process.execPath, existsSync(main) ? main : (script ?? entry)];
}

/**
 * The hardware, not the process: Node under Rosetta says x64 on an arm64 Mac.
 * `hw.optional.arm64` is 1 on Apple Silicon and missing (exit 1) on Intel.
 */
function hostPlatform(): Platform {
	if (process.platform === "darwin") {
		return process.arch === "arm64" || sysctl("hw.optional.arm64") === "1" ? "darwin-arm64" : "darwin-amd64";
	}
	const cpu = { x86_64: "amd64", aarch64: "arm64", arm64: "arm64" }[machine()];
	if (process.platform === "linux" && cpu) return parsePlatform(`linux-${cpu}`);
	throw new GoxError(
		"no-such-platform",
		`gox installs Go for macOS and Linux on arm64 and x86-64; this is ${process.platform} on ${machine()}`,
	);
}

function sysctl(name: string): string {
	try {
		return execFileSync("/usr/sbin/sysctl", ["-n", name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
	} catch {
		return "";
	}
}

/**
 * Where programs of the XDG base directories keep their files, on macOS as well: fish, mise, Neovim, and VS Code on Linux.
 * The specification tells to ignore a relative variable. env-paths names gox's own places; on macOS it means ~/Library.
 */
export function xdgHome({ env, userHome }: Pick<Context, "env" | "userHome">, kind: "config" | "data"): string {
	const named = kind === "config" ? env.XDG_CONFIG_HOME : env.XDG_DATA_HOME;
	return named && isAbsolute(named) ? named : join(userHome, kind === "config" ? ".config" : ".local/share");
}

/** Computes a value when it is first asked for. */
export function once<T>(compute: () => T): () => T {
	let value: { of: T } | undefined;
	return () => {
		value ??= { of: compute() };
		return value.of;
	};
}
