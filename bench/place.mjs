// Where a benchmark works: a directory of its own in memory where there is one, gone at the end.
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `GOX_BENCH_WORK`, `TMPDIR`, or /dev/shm where it has two gigabytes. */
function workParent() {
	const named = process.env.GOX_BENCH_WORK ?? process.env.TMPDIR;
	if (named) return named;
	const memory = "/dev/shm";
	if (!existsSync(memory)) return tmpdir();
	const { bavail, bsize } = statfsSync(memory);
	return bavail * bsize > 2 * 2 ** 30 ? memory : tmpdir();
}

const tmpfs = 0x01021994;

export function openPlace() {
	const parent = workParent();
	mkdirSync(parent, { recursive: true });
	const path = realpathSync(mkdtempSync(join(parent, "gox-bench-")));
	let count = 0;
	const fresh = (name) => {
		const made = join(path, `${++count}-${name.replace(/\W+/g, "-")}`);
		mkdirSync(made, { recursive: true });
		return made;
	};
	/**
	 * For a directory that isn't needed any more. In memory it goes at once; on a disk, where making files soon after a
	 * big removal can be many times slower, it stays to the end.
	 */
	const done = (directory) => {
		if (statfsSync(path).type === tmpfs) rmSync(directory, { recursive: true, force: true });
	};
	return { path, fresh, done, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}
