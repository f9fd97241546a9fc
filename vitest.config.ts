import { defineConfig } from "vitest/config";
import faults from "./test/faults.json" with { type: "json" };

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		globalSetup: ["test/support/tempdir.ts"],
		testTimeout: 120_000,
		hookTimeout: 300_000,
		maxWorkers: 2,
		// `npm run test:faults` counts by these.
		tags: Object.entries(faults).map(([kind, description]) => ({ name: `fault-${kind}`, description })),
	},
});
