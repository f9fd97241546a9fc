// npm run build:standalone [-- --platform linux-amd64]: dist/standalone/GOOS-GOARCH/gox, the same program as dist/gox.js
// in one executable that needs no Node. The runtimes come from npm, each checked against the digest in runtimes.json.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostTarget } from "./build-shims.mjs";
import { bundleAsModules } from "./bundle.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtimes = JSON.parse(readFileSync(join(root, "scripts/runtimes.json"), "utf8"));
const all = Object.keys(runtimes).filter((key) => key !== "version");
const out = join(root, "dist/standalone");

const named = process.argv.indexOf("--platform");
const wanted =
	named === -1 ? all : (process.argv[named + 1] ?? "").split(",").map((word) => (word === "host" ? hostTarget() : word));
for (const platform of wanted) {
	if (!all.includes(platform)) {
		console.error(`no self-contained gox for ${platform}; there are ${all.join(", ")}`);
		process.exit(2);
	}
}

if (!existsSync(join(root, "dist/NOTICES.txt")))
	execFileSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
const compiler = runtimeFor(hostTarget());
for (const platform of wanted) await compile(platform, runtimeFor(platform));

/** The path of a platform's runtime, fetched once and kept under node_modules/.cache. */
function runtimeFor(platform) {
	const { package: name, integrity } = runtimes[platform];
	const kept = join(root, "node_modules/.cache/gox-runtimes", runtimes.version, platform, "bun");
	if (existsSync(kept)) return kept;
	const place = mkdtempSync(join(tmpdir(), "gox-runtime-"));
	try {
		const archive = join(place, JSON.parse(npm(["pack", "--json", `${name}@${runtimes.version}`], place))[0].filename);
		const digest = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
		if (digest !== integrity) throw new Error(`${name}@${runtimes.version} has the digest ${digest}, not ${integrity}`);
		execFileSync("tar", ["-xzf", archive, "-C", place, "package/bin/bun"]);
		mkdirSync(dirname(kept), { recursive: true });
		cpSync(join(place, "package/bin/bun"), `${kept}.new`);
		chmodSync(`${kept}.new`, 0o755);
		renameSync(`${kept}.new`, kept);
		return kept;
	} finally {
		rmSync(place, { recursive: true, force: true });
	}
}

function npm(args, cwd) {
	return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

async function compile(platform, runtime) {
	const place = mkdtempSync(join(tmpdir(), "gox-standalone-"));
	try {
		await bundleAsModules(join(place, "modules"));
		// Its own shims only; the directory's name is where the program looks for them.
		mkdirSync(join(place, "shims"));
		cpSync(join(root, "dist/shims/gox-shim.sh"), join(place, "shims/gox-shim.sh"));
		cpSync(join(root, "dist/shims", platform), join(place, "shims", platform), { recursive: true });
		const directory = join(out, platform);
		mkdirSync(directory, { recursive: true });
		execFileSync(
			compiler,
			[
				"build",
				"--compile",
				`--target=${runtimes[platform].target}`,
				`--compile-executable-path=${runtime}`,
				// What lies in the directory where gox is called is none of the runtime's business.
				"--no-compile-autoload-dotenv",
				"--no-compile-autoload-bunfig",
				"--format=esm",
				"--splitting",
				"--bytecode",
				"--minify",
				"--asset=shims",
				`--outfile=${join(directory, "gox")}`,
				join(place, "modules/gox.js"),
			],
			{ cwd: place, stdio: ["ignore", "ignore", "inherit"] },
		);
		cpSync(join(root, "dist/NOTICES.txt"), join(directory, "NOTICES.txt"));
		const program = join(directory, "gox");
		const digest = createHash("sha256").update(readFileSync(program)).digest("hex");
		writeFileSync(join(directory, "gox.sha256"), `${digest}  gox\n`);
		console.log(`dist/standalone/${platform}/gox, ${Math.round(statSync(program).size / 1e6)} MB`);
	} finally {
		rmSync(place, { recursive: true, force: true });
	}
}
