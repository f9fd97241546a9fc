import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A program of `test/support/go` that answers a JSON list of questions with a JSON list of answers. */
export type Oracle = <Answer>(questions: readonly unknown[]) => readonly Answer[];

/**
 * Go's own word on a question: runs the program of that name in `test/support/go`, with the `go` on PATH.
 * Undefined where there is no go, it is too old for the program, or what the program needs can't be fetched.
 */
export function goOracle(program: "versions" | "modfiles"): Oracle | undefined {
	const directory = mkdtempSync(join(tmpdir(), "gox-oracle-"));
	try {
		const binary = join(directory, program);
		const env = { ...process.env, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local", GOWORK: "off" };
		execFileSync("go", ["build", "-o", binary, `./${program}`], {
			cwd: join(import.meta.dirname, "go"),
			env,
			stdio: "ignore",
		});
		return (questions) => {
			try {
				return JSON.parse(execFileSync(binary, { input: JSON.stringify(questions), maxBuffer: 1 << 28, encoding: "utf8" }));
			} finally {
				rmSync(directory, { recursive: true, force: true });
			}
		};
	} catch {
		rmSync(directory, { recursive: true, force: true });
		return undefined;
	}
}
