import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Context, Env } from "../../src/context.ts";
import type { Platform } from "../../src/version/platform.ts";

export interface TestContext extends Context {
	/** What was written so far. */
	out(): string;
	err(): string;
	/** Interrupts as Ctrl-C would. */
	interrupt(): void;
}

export interface TestContextOptions {
	/** Everything lies below it; made when not given. */
	readonly root?: string;
	readonly env?: Env;
	readonly cwd?: string;
	readonly host?: Platform;
	readonly now?: () => Date;
	/** Answers for `ask`, in order; given, the context is interactive. */
	readonly answers?: readonly string[];
	readonly isTTY?: boolean;
	readonly checkpoint?: (name: string) => void;
}

/** A fresh directory whose path has no symlink in it. */
export function freshRoot(prefix = "gox-test-"): string {
	return realpathSync(mkdtempSync(join(tmpdir(), prefix)));
}

/** A context that touches nothing outside its root. */
export function testContext(options: TestContextOptions = {}): TestContext {
	const root = options.root ?? freshRoot();
	const interruption = new AbortController();
	const written = { out: "", err: "" };
	const answers = [...(options.answers ?? [])];
	const isTTY = options.isTTY ?? false;
	const capture = (name: "out" | "err") => ({
		write: (text: string) => {
			written[name] += text;
		},
		isTTY,
		columns: 80,
	});
	const env: Env = { HOME: root, PATH: "/usr/bin:/bin", ...options.env };
	return {
		env,
		cwd: options.cwd ?? root,
		home: env.GOX_HOME ? resolve(root, env.GOX_HOME) : join(root, ".gox"),
		userHome: env.HOME ?? root,
		cacheDir: join(root, ".cache/gox"),
		configFile: env.GOX_CONFIG ?? join(root, ".config/gox/config"),
		stdout: capture("out"),
		stderr: capture("err"),
		interactive: options.answers !== undefined,
		ask: async () => answers.shift() ?? "",
		now: options.now ?? (() => new Date()),
		host: () =>
			options.host ?? (process.platform === "darwin" ? "darwin-arm64" : process.arch === "arm64" ? "linux-arm64" : "linux-amd64"),
		pid: process.pid,
		uid: process.geteuid?.() ?? 0,
		isAlive: (pid) => {
			try {
				return process.kill(pid, 0);
			} catch {
				return false;
			}
		},
		signalGroup: (group, signal) => {
			try {
				return process.kill(-group, signal);
			} catch {
				return false;
			}
		},
		atExit: () => () => {},
		processors: 2,
		self: [process.execPath, resolve(import.meta.dirname, "../../dist/gox.js")],
		assets: resolve(import.meta.dirname, "../../dist"),
		machineRoot: join(root, "machine"),
		signal: interruption.signal,
		checkpoint: options.checkpoint ?? (() => {}),
		out: () => written.out,
		err: () => written.err,
		interrupt: () => interruption.abort(),
	};
}
