// Builds the native shims for all four platforms into shims/prebuilt/, byte for byte the same on every machine.
// npm run build:shims; scripts/build.mjs takes placeShims from here.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { machine, tmpdir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const shimsDir = join(root, "shims");
export const prebuiltDir = join(shimsDir, "prebuilt");
const sumsFile = join(prebuiltDir, "SHA256SUMS");

/** GOOS-GOARCH → zig's name of the target. 11.0 is the oldest macOS that Apple Silicon has. */
export const targets = {
	"darwin-arm64": "aarch64-macos.11.0",
	"darwin-amd64": "x86_64-macos.11.0",
	"linux-amd64": "x86_64-linux-musl",
	"linux-arm64": "aarch64-linux-musl",
};

export const warnings = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic"];
const shape = ["-Os", "-g0", "-s", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables", `-ffile-prefix-map=${shimsDir}=.`];

/** argv of zig's C compiler, or undefined where there is no zig. */
export function findZig() {
	return [["zig"], ["python3", "-m", "ziglang"]].find(([program, ...args]) => runs(program, [...args, "version"]));
}

export function zigVersion([program, ...args]) {
	return execFileSync(program, [...args, "version"], { encoding: "utf8" }).trim();
}

/** The platform that this machine's own compiler builds for; undefined for one gox doesn't know. */
export function hostTarget() {
	const os = { darwin: "darwin", linux: "linux" }[process.platform];
	const cpu = { x86_64: "amd64", aarch64: "arm64", arm64: "arm64" }[machine()];
	return os && cpu ? `${os}-${cpu}` : undefined;
}

/** Compiles one target with zig to `directory/gox-shim`: the name is inside macOS's signature, so it never changes. */
export function buildWithZig(zig, platform, directory) {
	const [program, ...args] = zig;
	const linking = platform.startsWith("linux") ? ["-static", "-Wl,--build-id=none"] : [];
	mkdirSync(directory, { recursive: true });
	execFileSync(
		program,
		[
			...args,
			"cc",
			"-target",
			targets[platform],
			...warnings,
			...shape,
			...linking,
			"gox-shim.c",
			"-o",
			join(directory, "gox-shim"),
		],
		{ cwd: shimsDir, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...zigCache() } },
	);
	return join(directory, "gox-shim");
}

/** Compiles for this machine with `cc`; static where the C library allows it. Undefined where there is no working cc. */
export function buildWithCc(directory) {
	mkdirSync(directory, { recursive: true });
	const output = join(directory, "gox-shim");
	const linking = process.platform === "linux" ? [["-static"], []] : [[]];
	return linking.some((flags) => runs("cc", [...warnings, ...shape, ...flags, "gox-shim.c", "-o", output], shimsDir))
		? output
		: undefined;
}

/** The hashes that shims/prebuilt/SHA256SUMS records (paths relative to it), and the zig that built. */
export function readSums() {
	const text = existsSync(sumsFile) ? readFileSync(sumsFile, "utf8") : "";
	const files = new Map([...text.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)].map(([, hash, path]) => [path, hash]));
	return { files, zig: /^# zig (.+)$/m.exec(text)?.[1] };
}

/** The C sources as SHA256SUMS names them. */
export function sources() {
	return readdirSync(shimsDir)
		.filter((name) => /\.[ch]$/.test(name))
		.sort()
		.map((name) => `../${name}`);
}

export function sha256(path) {
	return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Whether the committed binary of a platform was built from the sources as they are now. */
export function isFresh(platform, sums = readSums()) {
	const recorded = [...sums.files.keys()].filter((path) => path.startsWith("../")).sort();
	if (recorded.join() !== sources().join()) return false;
	return [...recorded, `${platform}/gox-shim`].every((path) => {
		const file = join(prebuiltDir, path);
		return existsSync(file) && sums.files.get(path) === sha256(file);
	});
}

/**
 * Puts `shims/<platform>/gox-shim` and `shims/gox-shim.sh` below `distDir`: the committed binaries where they match the
 * sources, else newly built ones. What can't be built is left out; the host's must be there.
 */
export async function placeShims(distDir, log = console.log) {
	const into = join(resolve(distDir), "shims");
	rmSync(into, { recursive: true, force: true });
	mkdirSync(into, { recursive: true });
	copyFileSync(join(shimsDir, "gox-shim.sh"), join(into, "gox-shim.sh"));
	chmodSync(join(into, "gox-shim.sh"), 0o755);
	const sums = readSums();
	const stale = Object.keys(targets).filter((platform) => !isFresh(platform, sums));
	const zig = stale.length > 0 ? findZig() : undefined;
	for (const platform of Object.keys(targets)) {
		const how = stale.includes(platform)
			? buildShim(platform, zig, join(into, platform))
			: copyPrebuilt(platform, join(into, platform));
		log(`dist/shims/${platform}/gox-shim: ${how}`);
	}
}

function copyPrebuilt(platform, directory) {
	mkdirSync(directory, { recursive: true });
	copyFileSync(join(prebuiltDir, platform, "gox-shim"), join(directory, "gox-shim"));
	chmodSync(join(directory, "gox-shim"), 0o755);
	return "as committed";
}

function buildShim(platform, zig, directory) {
	if (zig) {
		buildWithZig(zig, platform, directory);
		return `built by zig ${zigVersion(zig)}`;
	}
	if (platform !== hostTarget()) return "left out: the committed one is older than its source, and there is no zig to build it";
	if (buildWithCc(directory)) return "built by cc";
	throw new Error(
		`the native shim for ${platform} can't be built: shims/prebuilt is older than shims/*.c and *.h, and neither zig nor a working cc is here`,
	);
}

/** Rebuilds shims/prebuilt/ and records what it was built from. */
export function rebuildPrebuilt() {
	const zig = findZig();
	if (!zig)
		throw new Error(
			"shims/prebuilt is built by zig, for all platforms alike; install it (the ziglang package for Python will do)",
		);
	const staging = mkdtempSync(join(tmpdir(), "gox-shims-"));
	try {
		for (const platform of Object.keys(targets)) {
			mkdirSync(join(prebuiltDir, platform), { recursive: true });
			copyFileSync(buildWithZig(zig, platform, join(staging, platform)), join(prebuiltDir, platform, "gox-shim"));
			chmodSync(join(prebuiltDir, platform, "gox-shim"), 0o755);
		}
	} finally {
		rmSync(staging, { recursive: true, force: true });
	}
	const lines = [...sources(), ...Object.keys(targets).map((platform) => `${platform}/gox-shim`)].map(
		(path) => `${sha256(join(prebuiltDir, path))}  ${path}\n`,
	);
	writeFileSync(sumsFile, `# zig ${zigVersion(zig)}\n${lines.join("")}`);
}

/** zig compiles its C library once and keeps it; outside the repository, and each user's own. */
function zigCache() {
	const directory = `/tmp/gox-zig-cache-${userInfo().uid}`;
	mkdirSync(directory, { recursive: true, mode: 0o700 });
	if (statSync(directory).uid !== userInfo().uid) throw new Error(`${directory} is another user's: remove it`);
	return { ZIG_GLOBAL_CACHE_DIR: directory, ZIG_LOCAL_CACHE_DIR: directory };
}

function runs(program, args, cwd = root) {
	return spawnSync(program, args, { cwd, stdio: "ignore" }).status === 0;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
	rebuildPrebuilt();
	for (const [path, hash] of readSums().files) if (!path.startsWith("../")) console.log(`${hash}  shims/prebuilt/${path}`);
}
