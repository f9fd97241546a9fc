import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { SumdbReader } from "../../../src/sumdb/reader.ts";

const source = fileURLToPath(new URL("../go/sumdb", import.meta.url));
const modules = ["sumdb", "module", "semver", "internal"];

export interface GoVerdict {
	readonly Accepted: boolean;
	readonly Lines: readonly string[] | null;
	readonly Error: string;
	readonly Security: boolean;
	/** The head that Go's client remembers afterwards, base64. */
	readonly Latest: string | null;
}

export interface GoCase {
	readonly key: string;
	readonly path: string;
	readonly version: string;
	/** The signed head seen before; empty for none. */
	readonly seen: Uint8Array;
	readonly reader: SumdbReader;
}

/** Go's own golang.org/x/mod, as the Go on this machine carries it; undefined without a Go of 1.24 or later. */
export function findGoModSource(): string | undefined {
	try {
		const [goroot = "", version = ""] = execFileSync("go", ["env", "GOROOT", "GOVERSION"], { encoding: "utf8" }).split("\n");
		const vendored = join(goroot, "src/cmd/vendor/golang.org/x/mod");
		const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0);
		return minor >= 24 && existsSync(join(vendored, "sumdb/client.go")) ? vendored : undefined;
	} catch {
		return undefined;
	}
}

/** Go's checksum-database client in one process that judges any number of cases, one after another. */
export class GoClient {
	readonly #directory = mkdtempSync(join(tmpdir(), "gox-goclient-"));
	readonly #process;
	readonly #lines: AsyncIterator<string>;

	constructor(vendored: string) {
		for (const name of modules) cpSync(join(vendored, name), join(this.#directory, "mod", name), { recursive: true });
		writeFileSync(join(this.#directory, "mod/go.mod"), "module golang.org/x/mod\n\ngo 1.24\n");
		cpSync(join(source, "main.go"), join(this.#directory, "main.go"));
		writeFileSync(
			join(this.#directory, "go.mod"),
			"module gox.test/sumdb\n\ngo 1.24\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n",
		);
		const env = { ...process.env, GOFLAGS: "-mod=mod", GOPROXY: "off", GOTOOLCHAIN: "local", GOWORK: "off", GO111MODULE: "on" };
		const program = join(this.#directory, "goclient");
		execFileSync("go", ["build", "-o", program, "."], { cwd: this.#directory, env, stdio: "inherit" });
		this.#process = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
		this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
	}

	async judge(goCase: GoCase): Promise<GoVerdict> {
		const { key, path, version, seen, reader } = goCase;
		this.#send({ Key: key, Path: path, Version: version, Seen: Buffer.from(seen).toString("base64") });
		for (;;) {
			const line = await this.#lines.next();
			if (line.done) throw new Error("Go's client ended");
			const message = JSON.parse(line.value);
			if (message.Done) return message;
			try {
				this.#send({ Data: Buffer.from(await reader.read(message.Ask)).toString("base64") });
			} catch {
				this.#send({ Missing: true });
			}
		}
	}

	close(): void {
		this.#process.kill();
		rmSync(this.#directory, { recursive: true, force: true });
	}

	#send(value: unknown): void {
		this.#process.stdin.write(`${JSON.stringify(value)}\n`);
	}
}
