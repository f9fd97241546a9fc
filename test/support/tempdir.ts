import { accessSync, constants, mkdtempSync, realpathSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "../../src/fs.ts";

/** All temporary directories of a run lie in one, which goes when the run ends. */
export default function setup(): () => void {
	const directory = mkdtempSync(join(realpathSync(roomyMemory() ?? tmpdir()), "gox-tests-"));
	const before = process.env.TMPDIR;
	process.env.TMPDIR = directory;
	return () => {
		if (before === undefined) delete process.env.TMPDIR;
		else process.env.TMPDIR = before;
		removeTree(directory);
	};
}

/** Whole toolchains are unpacked and removed again: in memory where there is room, which spares a slow disk. */
function roomyMemory(): string | undefined {
	try {
		const { bavail, bsize } = statfsSync("/dev/shm");
		accessSync("/dev/shm", constants.W_OK);
		return bavail * bsize > 6e9 ? "/dev/shm" : undefined;
	} catch {
		return undefined;
	}
}
