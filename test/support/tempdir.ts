import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "../../src/fs.ts";

/** All temporary directories of a run lie in one, which goes when the run ends. */
export default function setup(): () => void {
	const directory = mkdtempSync(join(realpathSync(tmpdir()), "gox-tests-"));
	const before = process.env.TMPDIR;
	process.env.TMPDIR = directory;
	return () => {
		if (before === undefined) delete process.env.TMPDIR;
		else process.env.TMPDIR = before;
		removeTree(directory);
	};
}
