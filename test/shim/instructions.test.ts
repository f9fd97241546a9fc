import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hostTarget } from "../../scripts/build-shims.mjs";
import { countInstructions, hasValgrind, tableFile } from "../../scripts/count-shim.mjs";

/** What kernels differ in (the auxiliary vector) is less. */
const tolerance = 0.02;

describe.skipIf(hostTarget() !== "linux-amd64" || !hasValgrind())(
	"the native shim's instructions (skipped but on linux-amd64 with valgrind)",
	() => {
		const committed: Readonly<Record<string, number>> = JSON.parse(readFileSync(tableFile, "utf8"));

		it("are what test/shim/instructions.json says; where that is meant to change: npm run count:shim", () => {
			const counted = countInstructions();
			expect(Object.keys(counted)).toEqual(Object.keys(committed));
			const astray = Object.entries(counted).filter(([name, count]) => Math.abs(count / (committed[name] ?? 0) - 1) > tolerance);
			expect(astray).toEqual([]);
		});

		it("don't depend on how many versions are installed", () => {
			const nine = "go, .go-version nine levels up";
			expect(committed[`${nine}, 300 versions`]).toBe(committed[nine]);
		});
	},
);
