import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where large test material that came from a package registry is kept between runs. */
export function testCache(): string {
	const directory = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "gox-tests");
	mkdirSync(directory, { recursive: true });
	return directory;
}
