import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { freshRoot } from "./context.ts";

export interface Ran {
	readonly status: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface RunOptions {
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** Relative to the sandbox. */
	readonly cwd?: string;
	readonly input?: string;
	/** Called with the process once it runs. */
	readonly started?: (pid: number) => void;
	/** Called with what it has written to stderr so far, whenever that grows. */
	readonly heard?: (stderr: string) => void;
}

/** The built program, in a home of its own: nothing of the machine's settings reaches it. */
export class Sandbox {
	readonly root = freshRoot("gox-e2e-");
	readonly home = join(this.root, "goxhome");
	readonly env: Readonly<Record<string, string | undefined>>;

	constructor(env: Readonly<Record<string, string | undefined>> = {}) {
		mkdirSync(join(this.root, "user"));
		this.env = {
			HOME: join(this.root, "user"),
			GOX_HOME: this.home,
			PATH: "/usr/bin:/bin",
			LANG: "C.UTF-8",
			// Nothing that runs here may look beyond this machine.
			GOPROXY: "off",
			GOFLAGS: "",
			...env,
		};
	}

	/** The built entry: what `npm run build` leaves. */
	get entry(): string {
		return resolve(import.meta.dirname, "../../dist/gox.js");
	}

	/** argv of the program under test: `node dist/gox.js`, or the self-contained one that GOX_TEST_PROGRAM names. */
	get program(): readonly [string, ...string[]] {
		const standalone = process.env.GOX_TEST_PROGRAM;
		return standalone ? [resolve(standalone)] : [process.execPath, this.entry];
	}

	gox(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
		const [command, ...words] = this.program;
		return this.run(command, [...words, ...args], options);
	}

	run(command: string, args: readonly string[], { env, cwd = ".", input = "", started, heard }: RunOptions = {}): Promise<Ran> {
		const directory = resolve(this.root, cwd);
		return new Promise((done, fail) => {
			const child = spawn(command, args, { cwd: directory, env: defined({ ...this.env, PWD: directory, ...env }) });
			const out = { stdout: "", stderr: "" };
			child.stdout.setEncoding("utf8").on("data", (text: string) => {
				out.stdout += text;
			});
			child.stderr.setEncoding("utf8").on("data", (text: string) => {
				out.stderr += text;
				heard?.(out.stderr);
			});
			child.on("error", fail);
			child.on("close", (status, signal) => done({ status, signal, ...out }));
			child.stdin.on("error", () => {});
			child.stdin.end(input);
			if (child.pid !== undefined) started?.(child.pid);
		});
	}

	/** Writes files below the sandbox: path → content. */
	write(files: Readonly<Record<string, string | Uint8Array>>): void {
		for (const [path, content] of Object.entries(files)) {
			mkdirSync(dirname(join(this.root, path)), { recursive: true });
			writeFileSync(join(this.root, path), content);
		}
	}

	read(path: string): string {
		return readFileSync(join(this.root, path), "utf8");
	}

	/** The names in a directory of GOX_HOME. */
	names(directory: string): string[] {
		const path = join(this.home, directory);
		return existsSync(path) ? readdirSync(path).sort() : [];
	}

	/** What a killed or failed command must not leave for long. */
	leftovers(): string[] {
		return [...this.names("tmp"), ...this.names("locks"), ...this.names("journal")];
	}
}

function defined(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
	return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
